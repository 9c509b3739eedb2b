"""The analysis always ends, by steps that are the same everywhere, and at last by the clock."""

import time

import pytest

from real.detector import scan
from real.detector.limits import Budget, Limits, UnanalyzableError

CALLBACKS = {
    "a callback that calls itself back": (
        "import contextvars\nclass Runner:\n    def __init__(self, run, loop):\n        self.ctx_run = run\n"
        "        self.loop = loop\n    def run(self):\n        while self.step():\n            pass\n"
        "    def step(self):\n        self.loop.add_callback(self.ctx_run, self.run)\n"
        "def start(loop):\n    return Runner(contextvars.copy_context().run, loop)\n"
    ),
    "a timer of itself": "import threading\ndef tick(x):\n    threading.Timer(1, tick, [x]).start()\ntick(1)\n",
    "a partial of itself": "import functools\np = print\nwhile True:\n    p = functools.partial(p, p)\n    p()\n",
    "a list of callbacks that grows": (
        "class Bus:\n    def __init__(self):\n        self.all = [self.go]\n    def go(self, *a):\n"
        "        for f in self.all:\n            f(self.go, *a)\n            self.all.append(f)\n"
    ),
    "a method of itself": "def loop(f):\n    while True:\n        f = f.map(f).run(f).filter(f)\n",
}


@pytest.mark.parametrize("name", CALLBACKS)
def test_callbacks_of_callbacks_end_early(name: str) -> None:
    assert scan(CALLBACKS[name]).status.value == "clean"


def test_steps_end_an_analysis() -> None:
    budget = Budget(steps=10)
    budget.spend(10)
    with pytest.raises(UnanalyzableError, match="steps"):
        budget.spend(1)


def test_the_clock_ends_an_analysis(monkeypatch: pytest.MonkeyPatch) -> None:
    started = time.thread_time()
    analysis = scan("x = 1\n", limits=Limits(seconds=-1))
    assert (analysis.status.value, analysis.reason) == ("partial", "the analysis took more than -1 s of CPU")
    monkeypatch.setattr(time, "thread_time", lambda: started)
    assert scan("x = 1\n", limits=Limits(seconds=0)).status.value == "clean"


def test_a_long_condition_is_ended_by_its_steps() -> None:
    """The ways through its joins multiply; on a slow machine the verdict has to be the same."""
    test = " and ".join(f"(x == {n} or x != {n} and not x)" for n in range(2000))
    analysis = scan(f"def f(x):\n    if {test}:\n        return eval(x)\n", limits=Limits(seconds=1e6))
    assert (analysis.status.value, analysis.reason) == ("partial", "the analysis exceeded its budget of steps")
