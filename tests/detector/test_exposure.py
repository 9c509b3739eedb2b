"""Who can call a function decides what its parameters are: nobody's example proves anything."""

import pytest

from real.detector import scan

FUNCTION = "import os\n\n\ndef remove(path):\n    os.system('rm -r ' + path)\n\n\n"
PRIVATE = FUNCTION.replace("remove", "_remove")

# Calls of the program that say nothing of what others pass.
EXAMPLES = {
    "top level": "remove('a')\n",
    "main guard": "if __name__ == '__main__':\n    remove('a')\n",
    "guard, turned round": "if __name__ != '__main__':\n    pass\nelse:\n    remove('a')\n",
    "main": "def main():\n    remove('a')\nmain()\n",
    "assertion": "assert remove('a') is None\n",
    "another function": "def clear():\n    remove('/tmp/cache')\n",
    "another function with parameters": "def clear(user):\n    print(user)\n    remove('/tmp/cache')\n",
    "a method": "class Cache:\n    def clear(self):\n        remove('/tmp/cache')\n",
    "unittest": "import unittest\nclass TestRemove(unittest.TestCase):\n    def test_it(self):\n        remove('a')\n",
    "pytest": "def test_it(tmp_path):\n    assert remove('a') is None\n",
    "a registry": "ACTIONS = {'remove': remove}\nACTIONS['remove']('a')\n",
    "map": "list(map(remove, ['a', 'b']))\n",
    "a pool": "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor().submit(remove, 'a')\n",
    "a thread": "import threading\nthreading.Thread(target=remove, args=('a',)).start()\n",
    "partial": "import functools\nfunctools.partial(remove, 'a')()\n",
    "timeit": "import timeit\nprint(timeit.timeit(lambda: remove('a'), number=1))\n",
    "timeit of a literal": "import timeit\nprint(timeit.timeit(\"remove('a')\", globals=globals()))\n",
    "exec of a literal": "exec(\"remove('a')\")\n",
    "__all__": "__all__ = ['other']\nremove('a')\n",
    "argparse": (
        "import argparse\ndef main():\n    parser = argparse.ArgumentParser()\n    parser.add_argument('n', type=int)\n"
        "    remove(str(int(parser.parse_args().n)))\nif __name__ == '__main__':\n    main()\n"
    ),
    "input that is cleaned under a guard": "if __name__ == '__main__':\n    remove(str(int(input())))\n",
    "input under a guard, called before": "remove('a')\nif __name__ == '__main__':\n    remove(str(int(input())))\n",
    "input that does not get there": "name = input()\nprint(name)\nremove('a')\n",
    "input of another function": "def greet(name):\n    print(name)\ngreet(input())\nremove('a')\n",
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_proves_nothing_of_a_public_function(example: str) -> None:
    assert [finding.rule for finding in scan(FUNCTION + EXAMPLES[example]).findings] == ["CWE-77"]


def test_an_endpoint_is_an_example_where_others_call_the_function() -> None:
    """Elsewhere the file is an application, whose outside are its clients: see ``test_escapes``."""
    endpoint = (
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/x/{n}')\ndef show(n: int):\n    remove(str(n))\n"
    )
    assert [finding.rule for finding in scan(FUNCTION + endpoint, is_imported=True).findings] == ["CWE-77"]


@pytest.mark.parametrize(
    "call", ["_remove('a')", "if __name__ == '__main__':\n    _remove('a')", "def clear():\n    _remove('/tmp/cache')"]
)
def test_a_private_function_takes_what_it_is_passed(call: str) -> None:
    assert scan(f"{PRIVATE}{call}\n").status.value == "clean"
    assert scan(f"{PRIVATE}{call}\ndef other(path):\n    _remove(path)\n").status.value == "findings"


@pytest.mark.parametrize(
    "given",
    [
        "remove = _remove",
        "import lib\nlib.on_change(_remove)",
        "import lib\n@lib.handler\ndef _view(path):\n    os.system(path)\n_view('a')",
        "def make():\n    def inner(path):\n        os.system(path)\n    inner('a')\n    return inner",
        "run = lambda path: os.system(path)\nrun('a')",
        "class Jobs:\n    def run(self, path):\n        os.system(path)\nJobs().run('a')",
        "class Jobs:\n    @staticmethod\n    def run(path):\n        os.system(path)\nJobs.run('a')",
        "class Jobs:\n    def __init__(self, path):\n        self.path = path\n"
        "    def run(self):\n        os.system(self.path)\nJobs('a').run()",
        "from dataclasses import dataclass\n@dataclass\nclass Job:\n    path: str\n"
        "    def run(self):\n        os.system(self.path)\nJob('a').run()",
        "def remove(path, again=False):\n    if again:\n        remove('a', False)\n    os.system(path)",
        "def remove(path='a'):\n    os.system(path)\nremove()",
    ],
)
def test_what_is_given_away_or_public_is_open(given: str) -> None:
    assert "CWE-77" in {finding.rule for finding in scan(f"{PRIVATE}_remove('a')\n{given}\n").findings}


STEPS = {
    "a number": "number = str(int(input()))\nremove(number)\n",
    "one of some": "name = input()\nif name not in ('a', 'b'):\n    raise SystemExit\nremove(name)\n",
    "in main()": "def main():\n    remove(str(int(input())))\nmain()\n",
    "another step": "def twice(path):\n    remove(path)\n    remove(path)\ntwice(str(int(input())))\n",
}


@pytest.mark.parametrize("flow", STEPS)
def test_functions_of_a_script_are_steps_of_its_flow(flow: str) -> None:
    """A file that reads what is typed while it is imported is imported by nobody."""
    assert scan(FUNCTION + STEPS[flow]).status.value == "clean"
    tainted = STEPS[flow].replace("str(int(input()))", "input()").replace("raise SystemExit", "pass")
    assert scan(FUNCTION + tainted).status.value == "findings"


@pytest.mark.parametrize(
    "between",
    [
        "    print(ping('localhost'))",
        "    for _ in range(2):\n        print(ping('localhost'))",
        "    import sys\nelse:\n    pass",
    ],
)
def test_a_second_main_guard_is_one_too(between: str) -> None:
    """What is read behind it is not read while the module is imported."""
    guard = 'if __name__ == "__main__":\n'
    code = f"import os\ndef ping(host):\n    return os.system('ping ' + host)\n{guard}{between}\n"
    code += f"{guard}    n = int(input())\n    print(ping(str(n)))\n"
    assert scan(code).status.value == "findings"
