"""Programs in which data take one way through the language, and what happens when they run.

``tests/fixtures/flows/scenes.txt`` holds ways of few lines, from ``IN`` to ``OUT`` (``_N`` is a number of their own):
some keep what they get, others drop it. A program reads a line, sends it one or several ways, and runs a command with
what is left. Whether that holds the line is seen by running the program, with a marker as the line and a command that
is only noted: so the right verdict is never a matter of opinion.

    python tests/detector/flows.py < programs.json     # a list of programs -> a list of truths
"""

from __future__ import annotations

import builtins
import contextlib
import io
import json
import os
import random
import re
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

SCENES = Path(__file__).parents[1] / "fixtures" / "flows" / "scenes.txt"
MARKER = "zqmk;"
_SHAPES = {
    "module": "import os\n\ns0 = input()\n{body}\nos.system('echo ' + {end})\n",
    "function": (
        "import os\n\n\ndef main():\n    s0 = input('name: ')\n{body1}\n    os.system(f'echo {{{end}}}')\n\n\nmain()\n"
    ),
    "helper": (
        "import os\n\n\ndef run(s0):\n{body1}\n    return {end}\n\n\n"
        "if __name__ == '__main__':\n    os.system('echo ' + run(input()))\n"
    ),
    "method": (
        "import os\n\n\nclass App:\n    def __init__(self):\n        self.value = ''\n\n"
        "    def read(self, s0):\n{body2}\n        self.value = {end}\n\n"
        "    def go(self):\n        os.system('echo ' + self.value)\n\n\n"
        "app = App()\napp.read(input())\napp.go()\n"
    ),
}
SHAPES = tuple(_SHAPES)


def scenes() -> dict[str, str]:
    """The ways, by name."""
    blocks = (block.partition("\n") for block in SCENES.read_text(encoding="utf-8").split("### ")[1:])
    return {name: body.rstrip() for name, _, body in blocks}


def program(ways: Sequence[str], shape: str) -> str:
    """One way after the other, in a program of this shape."""
    parts = [
        re.sub(r"_N\b", f"_{n}", re.sub(r"\bOUT\b", f"s{n + 1}", re.sub(r"\bIN\b", f"s{n}", way)))
        for n, way in enumerate(ways)
    ]
    body = "\n".join(parts)
    once, twice = (textwrap.indent(body, " " * width) for width in (4, 8))
    return _SHAPES[shape].format(body=body, body1=once, body2=twice, end=f"s{len(ways)}")


def chains(count: int, draw: random.Random) -> dict[str, str]:
    """Programs of two or three ways after one another, by a name of their own."""
    ways = scenes()
    made = {}
    for number in range(count):
        chosen = draw.choices(list(ways), k=draw.choice((2, 3)))
        shape = draw.choice(SHAPES)
        made[f"{number} {shape} {' '.join(chosen)}"] = program([ways[name] for name in chosen], shape)
    return made


def truths(programs: Sequence[str]) -> list[bool]:
    """Whether the marker reaches the command, of each program, as another process runs it; raises where one fails."""
    told = subprocess.run(
        [sys.executable, __file__], input=json.dumps(list(programs)), capture_output=True, text=True, check=True
    )
    found: list[bool] = json.loads(told.stdout)
    return found


def _runs(text: str) -> bool:
    commands: list[str] = []
    environment = dict(os.environ)
    os.system = lambda command: commands.append(str(command)) or 0  # type: ignore[assignment, func-returns-value]
    builtins.input = lambda *_: MARKER
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(text, "scene", "exec"), {"__name__": "__main__"})
    os.environ.clear()
    os.environ.update(environment)
    (command,) = commands
    return MARKER[1:] in command


if __name__ == "__main__":
    print(json.dumps([_runs(text) for text in json.load(sys.stdin)]))
