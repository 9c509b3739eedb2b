"""Verdicts to scalars: the hybrid reward of the paper and its variants."""

from real.rewards.config import CreditMode, RewardCfg, Variant
from real.rewards.credit import blame
from real.rewards.reward import is_runnable, reward

__all__ = ["CreditMode", "RewardCfg", "Variant", "blame", "is_runnable", "reward"]
