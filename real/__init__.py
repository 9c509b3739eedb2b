"""REAL: reinforcement learning from program analysis, for code that is correct, secure and maintainable."""

__version__ = "0.1.0"
