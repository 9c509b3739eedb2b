"""Optimising the policy: SFT, single-device PPO, and OpenRLHF for clusters."""
