"""Sampling the policy, behind one protocol."""

from real.generation.base import Generator, Response
from real.generation.config import GenerationCfg

__all__ = ["GenerationCfg", "Generator", "Response"]
