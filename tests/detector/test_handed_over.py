"""Functions that are handed over by name are called, those of libraries too."""

import pytest

from real.detector import scan
from real.types import AnalysisStatus

IMPORTS = (
    "import _thread, asyncio, atexit, functools, itertools, multiprocessing, os, pickle, sched, subprocess, threading\n"
    "import starlette.background\nfrom tools import retry\n"
)
CALLS = {
    "map": "list(map({0}, xs))",
    "filter": "list(filter({0}, xs))",
    "sorted": "sorted(xs, key={0})",
    "max": "max(xs, key={0})",
    "reduce": "functools.reduce({0}, xs)",
    "starmap": "list(itertools.starmap({0}, xs))",
    "takewhile": "list(itertools.takewhile({0}, xs))",
    "partial": "functools.partial({0}, x)()",
    "timer": "threading.Timer(1, {0}, [x]).start()",
    "thread": "threading.Thread(target={0}, args=(x,)).start()",
    "submit": "pool.submit({0}, x)",
    "map of a pool": "pool.map({0}, xs)",
    "apply_async": "pool.apply_async({0}, (x,))",
    "executor": "asyncio.get_event_loop().run_in_executor(None, {0}, x)",
    "to_thread": "asyncio.to_thread({0}, x)",
    "call_later": "asyncio.get_event_loop().call_later(1, {0}, x)",
    "atexit": "atexit.register({0}, x)",
    "groupby": "list(itertools.groupby(xs, {0}))",
    "cache": "functools.lru_cache({0})(x)",
    "call_soon": "asyncio.get_event_loop().call_soon(functools.partial({0}, x))",
    "a process": "multiprocessing.Process(target={0}, args=[x]).start()",
    "a scheduler": "sched.scheduler().enter(1, 1, {0}, (x,))",
    "a thread of old": "_thread.start_new_thread({0}, (x,))",
    "a task of a web application": "starlette.background.BackgroundTask({0}, x)",
    "a library's own word for a call": "retry({0}, x)",
    "by keyword": "pool.apply_async(func={0}, args=(x,))",
    "a table": "{{'a': {0}}}['a'](x)",
    "a loop": "[go(x) for go in ({0}, len)]",
    "the elements of a column": "x.column.apply({0})",
    "the elements of a stream": "x.map({0}).collect()",
}


FUNCTIONS = {"os.system": "CWE-77", "pickle.loads": "CWE-502", "eval": "CWE-95"}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_of_a_library_that_is_handed_over_is_called(call: str, function: str) -> None:
    code = f"{IMPORTS}def run(pool, x, xs):\n    {CALLS[call].format(function)}\n"
    assert FUNCTIONS[function] in {finding.rule for finding in scan(code).findings}
    constant = code.replace("xs", "['a']").replace("x)", "'a')").replace("(x,)", "('a',)").replace("[x]", "['a']")
    harmless = constant.replace("def run(pool, x, ['a'])", "def run(pool)").replace(function, "len")
    assert scan(harmless).status.value == "clean"


def test_what_is_packed_is_unpacked() -> None:
    timer = f"{IMPORTS}def later(name):\n    threading.Timer(1, subprocess.run, {{}}).start()\n"
    assert scan(timer.format('[["touch", "--", name]]')).status.value == "clean"
    assert scan(timer.format('["touch " + name], {"shell": True}')).status.value == "findings"


def test_a_future_holds_what_the_function_returns() -> None:
    code = "import os\ndef _line():\n    return input()\ndef run(pool):\n    os.system(pool.submit(_line).result())\n"
    assert scan(code).status.value == "findings"


# A parameter may be the function of a library that the program gives it: by default, or where it calls the function.
GIVEN = {
    "a default": "import os\ndef f(x, go=os.system):\n    go(x)\n",
    "a default given by keyword": "import os\ndef f(x, *, go=os.popen):\n    return go(x).read()\n",
    "an example": "import os\ndef f(x, go):\n    go(x)\nf('df', os.system)\n",
}


@pytest.mark.parametrize("code", GIVEN.values(), ids=GIVEN)
def test_a_function_given_to_a_parameter_is_called(code: str) -> None:
    assert scan(code).status is AnalysisStatus.FINDINGS


def test_a_harmless_function_given_to_a_parameter_is_no_sink() -> None:
    assert scan("def f(x, go=print):\n    go(x)\n").status is AnalysisStatus.CLEAN


@pytest.mark.parametrize("beside", ['"alice", {"name": "alice"}', "[], {}", '"alice"'])
def test_what_stands_beside_a_function_that_is_handed_over_hides_nothing_of_its_parameters(beside: str) -> None:
    code = (
        "import cProfile, hashlib\n\n\ndef digest(name, data):\n    if name in ('md5', 'sha256'):\n"
        f"        return hashlib.new(name, data).digest()\n\n\ncProfile.Profile().runcall(digest, {beside})\n"
    )
    assert [finding.rule for finding in scan(code).findings] == ["CWE-327"]
