"""Rows of the paper's tables: what is done with a model before it is evaluated."""

from real.methods.base import METHODS, Workspace
from real.methods.config import MethodCfg

__all__ = ["METHODS", "MethodCfg", "Workspace"]
