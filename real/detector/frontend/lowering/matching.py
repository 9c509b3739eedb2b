"""Lowering of ``match``: patterns become comparisons, so that a matched constant guards like ``==``."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Sequence

from real.detector.frontend.lowering.expressions import ExprLowerer
from real.detector.ir.builder import connect
from real.detector.ir.instructions import Block


class MatchLowerer(ExprLowerer):
    """Lowers one ``match`` statement at a time."""

    @abstractmethod
    def body(self, statements: Sequence[ast.stmt]) -> None:
        """Lower statements in order."""

    def stmt_Match(self, node: ast.Match) -> None:
        tested: list[str] = []
        self._subject(node.subject, tested)
        subject_var = f"?{next(self.fresh)}"
        self.assign(subject_var, "assign", [self.expr(node.subject)], None, node.lineno)
        subject = self.pin(subject_var)
        tested.append(subject_var)
        after = self.new_block()
        for case in node.cases:
            matched, other = self.new_block(), self.new_block()
            self._pattern(case.pattern, subject, tested, matched, other)
            self.start(matched)
            if case.guard is not None:
                passed = self.new_block()
                self.condition(case.guard, passed, other)
                self.start(passed)
            self.body(case.body)
            connect(self.block, after)
            self.start(other)
        self.continue_in(after)

    def _pattern(self, pattern: ast.pattern, subject: int, tested: list[str], matched: Block, other: Block) -> None:
        if isinstance(pattern, (ast.MatchValue, ast.MatchSingleton)):
            line = pattern.lineno
            value = self.expr(pattern.value) if isinstance(pattern, ast.MatchValue) else self.const(pattern.value)
            self.branch(self.emit("compare", [subject, value], ("Eq",), line), matched, other, tested)
        elif isinstance(pattern, ast.MatchOr):
            for alternative in pattern.patterns:
                rest = self.new_block()
                self._pattern(alternative, subject, tested, matched, rest)
                self.start(rest)
            connect(self.block, other)
        elif isinstance(pattern, ast.MatchAs):
            if pattern.pattern is None:
                if pattern.name:
                    self.store_name(pattern.name, subject, pattern)
                connect(self.block, matched)
                return
            inner = self.new_block()
            self._pattern(pattern.pattern, subject, tested, inner, other)
            self.start(inner)
            if pattern.name:
                self.store_name(pattern.name, tested[-1] if tested else subject, pattern)
            connect(self.block, matched)
        else:
            self._structure(pattern, subject, matched, other)

    def _structure(self, pattern: ast.pattern, subject: int, matched: Block, other: Block) -> None:
        if isinstance(pattern, ast.MatchStar):
            parts: list[ast.pattern] = []
            names = [pattern.name] if pattern.name else []
        elif isinstance(pattern, ast.MatchMapping):
            parts, names = pattern.patterns, [pattern.rest] if pattern.rest else []
        elif isinstance(pattern, ast.MatchClass):
            parts, names = [*pattern.patterns, *pattern.kwd_patterns], []
        else:
            parts, names = pattern.patterns if isinstance(pattern, ast.MatchSequence) else [], []
        connect(self.block, other)
        part = self.emit("part", [subject], None, pattern.lineno)
        for name in names:
            self.store_name(name, part, pattern)
        for inner in parts:
            passed = self.new_block()
            self._pattern(inner, part, [], passed, other)
            self.start(passed)
        connect(self.block, matched)
