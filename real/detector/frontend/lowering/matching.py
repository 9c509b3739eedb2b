"""Lowering of ``match``: patterns become comparisons, so that a matched constant guards like ``==``."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Iterator, Sequence

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
        connect(self.block, other)
        for inner, where in _parts(pattern):
            part = self.emit("part", [subject], where, pattern.lineno)
            if isinstance(inner, str):
                self.store_name(inner, part, pattern)
                continue
            passed = self.new_block()
            self._pattern(inner, part, [], passed, other)
            self.start(passed)
        connect(self.block, matched)


def _parts(pattern: ast.pattern) -> Iterator[tuple[ast.pattern | str, object]]:
    """The patterns and names within one, each with the index or key of what it takes, where that is known."""
    if isinstance(pattern, ast.MatchSequence):
        count = len(pattern.patterns)
        star = next((i for i, inner in enumerate(pattern.patterns) if isinstance(inner, ast.MatchStar)), count)
        for index, inner in enumerate(pattern.patterns):
            if isinstance(inner, ast.MatchStar) and not inner.name:
                continue  # it takes what nobody reads
            yield inner, index if index < star else index - count if index > star else None
    elif isinstance(pattern, ast.MatchStar):
        if pattern.name:
            yield pattern.name, None
    elif isinstance(pattern, ast.MatchMapping):
        if pattern.rest:
            yield pattern.rest, None
        for key, inner in zip(pattern.keys, pattern.patterns, strict=True):
            yield inner, key.value if isinstance(key, ast.Constant) else None
    elif isinstance(pattern, ast.MatchClass):
        yield from ((inner, None) for inner in (*pattern.patterns, *pattern.kwd_patterns))
