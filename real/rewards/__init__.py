"""Verdicts to scalars: the hybrid reward of the paper and its variants."""

from real.rewards.config import RewardCfg, Variant
from real.rewards.reward import is_runnable, reward

__all__ = ["RewardCfg", "Variant", "is_runnable", "reward"]
