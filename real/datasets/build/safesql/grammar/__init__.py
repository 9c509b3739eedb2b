"""Candidates from a grammar: domains x query patterns, evolved without a model. The same seed, the same bytes."""

from __future__ import annotations

from real.datasets.build.safesql.grammar.generator import VERSION, Grammar, seed_ids

__all__ = ["VERSION", "Grammar", "seed_ids"]
