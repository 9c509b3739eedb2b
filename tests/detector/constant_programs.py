"""Small random programs about constants and containers, to compare what is claimed of them with what they do."""

from __future__ import annotations

import random

MARK = "OUTSIDE"
_WORDS = ("'a'", "'b'", "'cd'", "wish", "None", "0", "1", "2")
_TEXTS = ("a", "b")
_TESTS = (
    "{n} > {m}",
    "{n} == {m}",
    "flag",
    "not flag",
    "{t} == 'a'",
    "len({s}) > {m}",
    "{t} in {s}",
    "'k' in d",
    "{s}",
    "flag and {n} < {m}",
    "{t} is None",
    "xs is ys",
)


class Writer:
    """Writes one program from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.sinks = 0
        self.lines: list[str] = []

    def program(self) -> str:
        """A function ``run(wish, flag)`` that shows values to ``sink(number, value)`` and hands over to ``keep``."""
        self.lines = [
            "import os",
            "LIMIT = 2",
            "kept = []",
            "def keep(x):",
            "    kept.append(x)",
            "    return x",
            "def run(wish, flag):",
            "    a, b, n = 'a', wish, 1",
            "    xs = ['a', 'b']",
            "    ys = [wish, 'z']",
            "    d = {'k': 'a', 'w': wish}",
            "    s = {'a', 'b'}",
            "    tu = ('a', wish, 'c')",
        ]
        self.block(1, 7)
        return "\n".join([*self.lines, "    " + self.sink(), ""])

    def block(self, depth: int, count: int) -> None:
        """Some statements at a depth."""
        for _ in range(self.random.randint(1, count)):
            self.statement(depth)

    def text(self) -> str:
        """An expression."""
        choose = self.random.choice
        return choose(
            (
                choose(_WORDS),
                choose(_TEXTS),
                "xs[0]",
                "xs[-1]",
                "ys[1]",
                "tu[n]",
                "tu[1:][0]",
                "d.get('k')",
                "d['w']",
                "f'{a}-{n}'",
                "a",
                "b",
                "'x' + str(a)",
                "str(b).upper()",
                "xs[n]",
                "ys[0] if flag else 'q'",
                "len(xs)",
                "' '.join(map(str, xs))",
                "sorted(map(str, d))[0]",
                "n + 1",
                "n * LIMIT",
                "(a, b)[0]",
                "[*xs, b][-1]",
                "list(d.values())[0]",
                "xs[:1]",
                "str(xs)",
                "'%s!' % (a,)",
                "d.get('zz', 'no')",
                "str(sorted(map(str, s)))",
            )
        )

    def sink(self) -> str:
        """A call that shows a value."""
        self.sinks += 1
        return f"sink({self.sinks}, {self.text()})"

    def test(self) -> str:
        """A condition."""
        choose = self.random.choice
        return choose(_TESTS).format(
            n=choose(("n", "1", "LIMIT", "len(ys)")),
            m=choose(("0", "1", "2", "n")),
            t=choose(_TEXTS),
            s=choose(("xs", "ys", "tu")),
        )

    def statement(self, depth: int) -> None:
        """One statement, simple or compound."""
        choose = self.random.choice
        pad = "    " * depth
        kind = self.random.random()
        if depth < 4 and kind < 0.16:
            self.lines.append(f"{pad}if {self.test()}:")
            self.block(depth + 1, 3)
            if self.random.random() < 0.5:
                self.lines.append(f"{pad}else:")
                self.block(depth + 1, 3)
        elif depth < 3 and kind < 0.24:
            over = choose(
                ("range(2)", "range(n)", "('a', wish)", "list(xs)", "range(0)", "[1, 2]", "range(LIMIT)", "d.copy()")
            )
            self.lines.append(f"{pad}for item in {over}:")
            self.block(depth + 1, 3)
            if self.random.random() < 0.3:
                self.lines += [f"{pad}    if {self.test()}:", f"{pad}        {choose(('break', 'continue'))}"]
                self.block(depth + 1, 2)
            elif self.random.random() < 0.5:
                self.lines.append(f"{pad}    {choose(_TEXTS)} = item")
        elif depth < 3 and kind < 0.28:
            self.lines += [
                f"{pad}i{depth} = 0",
                f"{pad}while i{depth} < {choose(('2', 'n % 3', '0', '3'))}:",
                f"{pad}    i{depth} += 1",
            ]
            self.block(depth + 1, 3)
        elif depth < 3 and kind < 0.36:
            self.lines.append(f"{pad}try:")
            self.block(depth + 1, 3)
            self.lines.append(f"{pad}    {choose(('int(wish)', 'pass', 'd[chr(65)]', 'raise ValueError'))}")
            self.block(depth + 1, 2)
            self.lines.append(f"{pad}except (ValueError, LookupError, TypeError, AttributeError):")
            self.block(depth + 1, 2)
            if self.random.random() < 0.3:
                self.lines.append(f"{pad}finally:")
                self.block(depth + 1, 2)
        elif depth < 3 and kind < 0.42:
            self.lines.append(f"{pad}match {choose(('a', 'n', 'tu', 'xs', 'd', 'b'))}:")
            for pattern in self.random.sample(
                ("'a'", "'b' | 'cd'", "1", "[x, *_]", "(x, _, _)", "{'k': x}", "None"), 2
            ):
                self.lines.append(f"{pad}    case {pattern}:")
                if "x" in pattern:
                    self.lines.append(f"{pad}        {choose(_TEXTS)} = x")
                self.block(depth + 2, 2)
            if self.random.random() < 0.5:
                self.lines.append(f"{pad}    case _:")
                self.block(depth + 2, 2)
        elif kind < 0.58:
            self.lines.append(pad + self.sink())
        else:
            self.lines.append(pad + self.simple())

    def simple(self) -> str:
        """A simple statement; those that may fail are caught where the program is run."""
        choose = self.random.choice
        x, y = choose(("xs", "ys")), choose(("xs", "ys"))
        return choose(
            (
                f"{choose(_TEXTS)} = {self.text()}",
                f"n = {choose(('0', '1', '(n + 1) % 4', 'len(xs) % 4', '2'))}",
                f"{x}.append({self.text()})",
                f"{x}.insert(0, {self.text()})",
                f"{x}.pop(0)",
                f"a = {x}.pop()",
                f"{x}.clear()",
                f"{x}.reverse()",
                f"{x}.extend([{self.text()}, 'e'])",
                f"{x} = {y}",
                f"{x} = {y}[1:]",
                f"{x} = {y} + ['p']",
                f"{x}[0] = {self.text()}",
                f"del {x}[0]",
                f"d['k'] = {self.text()}",
                f"d[a] = {self.text()}",
                "del d['w']",
                "d.update({'w': a})",
                "d.clear()",
                f"b = d.pop('k', {self.text()})",
                "keep(xs)",
                "keep(d)",
                "d = {**d, 'w': 'c'}",
                "s.add(b)",
                "s.discard('a')",
                "s.discard(b)",
                "s.clear()",
                f"a, *{x} = ['h', {self.text()}, 'l']",
                "a, b = tu[:2]",
                f"*{x}, b = tu",
                f"{x} += ['q', b]",
                f"{x} = [str(v) for v in {y}]",
                f"{x} = [str(v) for v in (a, b)]",
                "kept and kept[0].clear()",
                "xs, ys = ys, xs",
                "d = {'k': xs, 'w': a}",
                "xs = d['k'] if isinstance(d.get('k'), list) else ['f']",
                "xs.append(d)",
                "xs = [*s, b]",
                "ys.extend(d)",
                "s.add(wish)",
                "ys = [*d, *s]",
                "tu = (a, b, 'c')",
                "d['w'] = {'in': b}",
                "xs = [ys, 'o']",
                f"{x}.remove('a')",
                f"{x} = {y}.copy()",
                f"{x} = list({y})",
                f"{x} = {y} * 2",
                f"{x}.sort(key=str)",
                "fn = lambda: xs.append('late')",
                "fn()",
                "a = 'x' if flag else 'y'",
                "a = a or b",
                "b = b and 'r'",
            )
        )
