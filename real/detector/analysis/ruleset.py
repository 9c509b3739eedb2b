"""The tables of all rules, merged for one analysis: rule ``i`` owns bit ``i`` of every taint mask."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from real.detector.analysis.charsets import Charset
from real.detector.analysis.tables import Sink, TaintRule


class RuleSet:
    """Rules in the order of their bits, and which bits a library name, a charset or a conversion concerns."""

    def __init__(self, rules: Sequence[TaintRule]) -> None:
        self.rules = tuple(rules)
        self.all = (1 << len(self.rules)) - 1
        self.typed = 1 << len(self.rules)  # a bit of no rule: see ``exposure``
        # for which a number may do harm
        self.numbers = self._bits(lambda rule: not rule.numbers_are_harmless) | self.typed
        self.sizes = self._bits(lambda rule: rule.limits_matter)  # which ask how large a number may be
        self.stored = self._bits(lambda rule: rule.stored_matters)  # for which rows of a database are untrusted
        self.testable = self._bits(lambda rule: rule.tests_prove)
        self.choices = self._bits(lambda rule: rule.choice_matters)
        self.cleans: dict[str, int] = {}  # qualified call -> the rules for which its result is clean
        self.cleaning_methods: dict[str, int] = {}
        self.no_allow_list: dict[str, int] = {}
        self.charsets: dict[Charset, int] = {}
        self.builders = frozenset(root for rule in self.rules for root in rule.builders)
        self.methods: dict[str, list[tuple[int, Sink]]] = {}
        self.calls: dict[str, list[tuple[int, Sink]]] = {}
        self.rooted: dict[str, list[tuple[int, str, Sink]]] = {}  # by method name
        self.watched: set[str] = set()
        for index, rule in enumerate(self.rules):
            self._add(index, rule)
        self.sink_names = {*self.methods, *self.rooted}  # methods to be found however they are reached
        self.names = {*self.watched, *self.sink_names, *(path.rpartition(".")[2] for path in self.calls)}

    def _add(self, index: int, rule: TaintRule) -> None:
        bit = 1 << index
        for table, names in (
            (self.cleans, rule.sanitizers),
            (self.cleaning_methods, rule.sanitizer_methods),
            (self.no_allow_list, rule.no_allow_list),
        ):
            for name in names:
                table[name] = table.get(name, 0) | bit
        if rule.harmless is not None:
            self.charsets[rule.harmless] = self.charsets.get(rule.harmless, 0) | bit
        for name, sink in rule.methods.items():
            self.methods.setdefault(name, []).append((index, sink))
        for path, sink in rule.calls.items():
            self.calls.setdefault(path, []).append((index, sink))
        for root, rooted in rule.rooted.items():
            for name, sink in rooted.items():
                self.rooted.setdefault(name, []).append((index, root, sink))
        self.watched |= rule.watches

    def _bits(self, condition: Callable[[TaintRule], bool]) -> int:
        return sum(1 << index for index, rule in enumerate(self.rules) if condition(rule))

    def harmless_where(self, condition: Callable[[Charset], bool]) -> int:
        """The rules whose harmless characters satisfy ``condition``."""
        return sum(bits for charset, bits in self.charsets.items() if condition(charset))

    def passing(self, characters: str) -> int:
        """The rules for which all of these characters are harmless."""
        return self.harmless_where(lambda charset: charset.harmless_text(characters))

    def is_builder(self, path: str) -> bool:
        """Whether what the call returns binds or quotes the data it is given."""
        while path and path not in self.builders:
            path = path.rpartition(".")[0]
        return bool(path)

    def sinks(self, name: str, path: str) -> list[tuple[int, Sink]]:
        """The sinks that a call of this method name or qualified name is, at most one for each rule.

        ``path`` is empty for a method of an unknown object.
        """
        found = dict(self.methods.get(name, ()))
        for index, root, sink in self.rooted.get(name, ()):  # a library's own method says more than any of that name
            if _is_below(root, path):
                found[index] = sink
        found.update(self.calls.get(path, ()))
        return sorted(found.items(), key=lambda item: item[0])


def _is_below(root: str, path: str) -> bool:
    if root.startswith("*."):
        return f"{root[1:]}." in path
    return path.startswith(root) and path[len(root) : len(root) + 1] == "."
