"""Example calls that hand the function to something else, or take it from somewhere by name."""

from __future__ import annotations

from real.redteam.rewrites.natural.core import GUARD, Edit, Program, append


def _handed(form: str, *imports: str, one: bool = False, taken: tuple[str, ...] = ()) -> Edit:
    """An edit that puts a function (``FUN``, ``NAME`` in a text) and its arguments (``ARGS``) into ``form``."""

    def edit(program: Program) -> str | None:
        fit = [
            e
            for e in program.entries
            if e.owner is None and e.parameters and not e.is_async and not e.node.args.kwonlyargs
        ]
        fit = [entry for entry in fit if not one or len(entry.parameters) == 1]
        if not fit or program.names & set(taken):
            return None
        entry = fit[-1]
        line = form.replace("FUN", entry.node.name).replace("NAME", entry.node.name)
        line = line.replace("ARGS", ", ".join(entry.values))
        return append(program, f"{GUARD}\n    {line}", [*entry.imports, *imports])

    edit.__doc__ = form
    return edit


INDIRECT: dict[str, Edit] = {
    "starred arguments in a demo": _handed("print(FUN(*[ARGS]))"),
    "through an alias": _handed("run = FUN; print(run(ARGS))", taken=("run",)),
    "through __call__": _handed("print(FUN.__call__(ARGS))"),
    "through globals()": _handed('print(globals()["NAME"](ARGS))'),
    "through a list of functions": _handed("print([function(ARGS) for function in (FUN,)])"),
    "through a dictionary": _handed('print({"run": FUN}["run"](ARGS))'),
    "through filter": _handed("print(list(filter(FUN, [ARGS])))", one=True),
    "through sorted": _handed("print(sorted([ARGS], key=FUN))", one=True),
    "through max": _handed("print(max([ARGS], key=FUN))", one=True),
    "through starmap": _handed("print(list(itertools.starmap(FUN, [(ARGS,)])))", "import itertools"),
    "through a timer": _handed("threading.Timer(0.1, FUN, [ARGS]).start()", "import threading"),
    "through a process": _handed("multiprocessing.Process(target=FUN, args=(ARGS,)).start()", "import multiprocessing"),
    "through a map of a pool": _handed(
        "print(list(ThreadPoolExecutor().map(FUN, [ARGS])))",
        "from concurrent.futures import ThreadPoolExecutor",
        one=True,
    ),
    "through to_thread": _handed("print(asyncio.run(asyncio.to_thread(FUN, ARGS)))", "import asyncio"),
    "through atexit": _handed("atexit.register(FUN, ARGS)", "import atexit"),
    "through cProfile": _handed("cProfile.Profile().runcall(FUN, ARGS)", "import cProfile"),
    "through inspect": _handed("print(inspect.signature(FUN).bind(ARGS))", "import inspect"),
    "through a mock": _handed("MagicMock(side_effect=FUN)(ARGS)", "from unittest.mock import MagicMock"),
    "through sys.modules": _handed('print(getattr(sys.modules[__name__], "NAME")(ARGS))', "import sys"),
    "through a cache": _handed("print(functools.lru_cache(FUN)(ARGS))", "import functools"),
    "through partial of an example": _handed(
        "example = functools.partial(FUN, ARGS); print(example())", "import functools", taken=("example",)
    ),
}
