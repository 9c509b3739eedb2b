"""What a program finds in the sandbox, beside what ``python3 program.py`` gives it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from real.execution import Pool
from real.types import ExecutionRequest, Limits, OutcomeStatus, ScriptSuite, StdinCase

# Each fact is an expression or a function of the probe. What stands in DIFFERENT is told in docs/execution.md.
PROBE = r"""
import builtins, inspect, json, locale, os, resource, signal, sys, tempfile, threading, time, traceback, warnings
facts = {}
def fact(name, find):
    try:
        facts[name] = find()
    except BaseException as error:
        facts[name] = f"{type(error).__name__}: {error}"
    facts[name] = repr(facts[name]).replace(os.getcwd(), "HERE")
def depth(n=0):
    try:
        return depth(n + 1)
    except RecursionError:
        return n
def raise_limit(name, soft, hard=resource.RLIM_INFINITY):
    resource.setrlimit(getattr(resource, name), (soft, hard))
def failing():
    try:
        1 / 0
    except ZeroDivisionError:
        return traceback.format_exc()
def stream(name):
    each = getattr(sys, name)
    raw = each.buffer.raw
    kept = each is getattr(sys, f"__{name}__")
    return (each.encoding, each.errors, each.line_buffering, each.name, each.mode, type(each), kept,
            raw.name, raw.mode, each.isatty(), each.fileno())
def own_module():
    with open("helper_of_program.py", "w") as file:
        file.write("word = 7")
    import helper_of_program
    return helper_of_program.word
def deeper():
    sys.setrecursionlimit(5000)
    return sys.getrecursionlimit(), depth()
def wrong_limit(limit):
    return lambda: sys.setrecursionlimit(limit)
fact("builtins", lambda: sorted(dir(builtins)))
for name in ("exit", "quit", "help", "copyright", "credits", "license"):
    fact(name, lambda: (type(getattr(builtins, name)).__name__, repr(getattr(builtins, name))))
fact("input", lambda: (input.__name__, input.__qualname__, input.__module__))
for name in ("argv", "byteorder", "maxsize", "platform", "version", "dont_write_bytecode", "warnoptions"):
    fact(name, lambda: getattr(sys, name))
fact("own folder first", lambda: sys.path[0])
fact("own module", own_module)
fact("names", lambda: sorted(globals().keys() - {"__file__"}))
for name in ("__name__", "__file__", "__spec__", "__package__", "__doc__", "__cached__", "__annotations__"):
    fact(name, lambda: globals()[name])
fact("__loader__", lambda: __loader__.get_source("__main__") == open(__file__).read())
fact("__main__", lambda: vars(sys.modules["__main__"]) is globals())
fact("recursion limit", sys.getrecursionlimit)
fact("depth", depth)
fact("deeper", deeper)
for limit in (0, -1, 2**31 - 1, 2**31, "x"):
    fact(f"recursion limit {limit}", wrong_limit(limit))
fact("signals", lambda: {int(n): str(signal.getsignal(n)) for n in signal.valid_signals()})
fact("blocked signals", lambda: signal.pthread_sigmask(signal.SIG_BLOCK, []))
fact("locale", lambda: (locale.setlocale(locale.LC_ALL), locale.getlocale(), locale.getpreferredencoding()))
fact("encodings", lambda: (sys.getfilesystemencoding(), sys.getfilesystemencodeerrors(), sys.getdefaultencoding()))
for name in ("stdin", "stdout", "stderr"):
    fact(name, lambda: stream(name))
fact("source", lambda: inspect.getsource(depth))
fact("source file", lambda: inspect.getsourcefile(depth))
fact("traceback", failing)
fact("stack without limit", lambda: raise_limit("RLIMIT_STACK", resource.RLIM_INFINITY))
fact("stack of 256 MiB", lambda: raise_limit("RLIMIT_STACK", 1 << 28))
fact("more memory", lambda: raise_limit("RLIMIT_AS", 1 << 36))
fact("more files", lambda: raise_limit("RLIMIT_NOFILE", 4096, 4096))
fact("wrong limits", lambda: resource.setrlimit(resource.RLIMIT_STACK, (1,)))
fact("umask", lambda: os.umask(0o022))
fact("thread", lambda: (threading.current_thread().name, threading.active_count()))
fact("time zone", lambda: time.tzname)
fact("warnings", lambda: [each[:1] + each[2:] for each in warnings.filters])
fact("hooks", lambda: (sys.displayhook.__name__, sys.excepthook.__name__, sys.gettrace(), sys.getprofile()))
fact("temporary file", lambda: tempfile.TemporaryFile().write(b"x"))
fact("stdin", lambda: sys.stdin.read())
fact("numbers as text", lambda: len(str(7 ** 10804)))
fact("flags", lambda: [name for name in dir(sys.flags) if not name.startswith("_") and name not in ("count", "index")])
fact("no site, no user site, safe path", lambda: (sys.flags.no_site, sys.flags.no_user_site, sys.flags.safe_path))
fact("hash randomization", lambda: sys.flags.hash_randomization)
fact("thread stack", threading.stack_size)
fact("frames", lambda: [each.function for each in inspect.stack()][-1])
fact("type of input", lambda: type(input).__name__)
fact("seekable", lambda: sys.stdin.seekable())
print(json.dumps(facts))
"""
DIFFERENT = {
    "numbers as text": ("ValueError", "9131"),
    "no site, no user site, safe path": ("0, 0, False", "1, 1, True"),
    "hash randomization": ("1", "0"),
    "thread stack": ("0", "4194304"),
    "type of input": ("builtin_function_or_method", "function"),
    "seekable": ("False", "True"),
}

ENDS = {
    "exit": "print(7)\nexit()\nprint(8)",
    "quit with a number": "print(7)\nquit(0)\nprint(8)",
    "exit with a text": "print(7)\nexit('bad')",
    "last words": "class A:\n    def __del__(self): print('bye')\na = A()\n_b = A()\nprint('hello')",
    "a thread that ends later": (
        "import threading, time\ndef late():\n    time.sleep(0.05)\n    print('late')\n"
        "threading.Thread(target=late).start()\nprint(1)"
    ),
    "exit functions before last words": (
        "import atexit\nclass A:\n    def __del__(self): print('del')\na = A()\natexit.register(print, 'atexit')"
    ),
    "its own text": "import sys\nprint(open(__file__).read())\nprint(open(sys.argv[0]).read())",
    "its folder": "import os\nprint(os.listdir(os.path.dirname(os.path.abspath(__file__))))",
    "help": "help(len)",
    "a closed output": "import sys\nprint(1)\nsys.stdout.close()",
    "an error at the end": "class A:\n    def __del__(self): raise ValueError\na = A()\nprint(1)",
}


def ran(folder: Path, program: str, stdin: str = "") -> tuple[int, str]:
    """The exit code and the output of ``python3 program.py`` in a fresh folder, without the machine's packages."""
    (folder / "program.py").write_text(program, "utf-8")
    done = subprocess.run(
        [getattr(sys, "_base_executable", sys.executable), "program.py"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def real_facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the probe says outside the sandbox."""
    code, output = ran(tmp_path_factory.mktemp("real"), PROBE, "a\nb\n")
    assert code == 0, output
    return json.loads(output)


def test_a_program_finds_what_the_interpreter_gives(any_pool: Pool, real_facts: dict[str, str]) -> None:
    suite = ScriptSuite((StdinCase("a\nb\n", ""),))
    # The facts are longer than what an outcome keeps: the probe prints them in parts.
    parts = [
        f"{PROBE.rsplit('print', 1)[0]}\nprint(json.dumps(facts)[{at}:{at + 4000}])" for at in range(0, 60_000, 4000)
    ]
    results = any_pool.run([ExecutionRequest(str(at), part, suite, Limits(cpu_s=5.0)) for at, part in enumerate(parts)])
    text = "".join(result.outcomes[0].output.removesuffix("\n") for result in results)
    assert text, results[0].outcomes
    facts = json.loads(text)
    assert facts.keys() == real_facts.keys()
    found = {name: (real_facts[name], facts[name]) for name in facts if real_facts[name] != facts[name]}
    assert found.keys() == DIFFERENT.keys(), found
    for name, words in DIFFERENT.items():
        assert all(word in fact for word, fact in zip(words, found[name], strict=True)), found[name]


@pytest.mark.parametrize("name", ENDS)
def test_programs_end_as_in_the_interpreter(pool: Pool, tmp_path: Path, name: str) -> None:
    code, output = ran(tmp_path, ENDS[name])
    (result,) = pool.run([ExecutionRequest(name, ENDS[name], ScriptSuite((StdinCase("", output),)))])
    (outcome,) = result.outcomes
    assert outcome.status is (OutcomeStatus.PASS if code == 0 else OutcomeStatus.ERROR), (outcome, output)
    assert outcome.output.rstrip("\n") == output.rstrip("\n")
