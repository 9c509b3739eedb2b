"""The tokenizer reaches each engine once, by OpenRLHF's own trainer and Ray's own store."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from real.training.openrlhf import once_per_process
from real.training.openrlhf.entry import share_tokenizer
from real.training.openrlhf.once_per_process import OncePerProcess


class Counted:
    """Notes each time that it is unpickled."""

    made = 0

    def __init__(self, text: str) -> None:
        self.text = text

    def __setstate__(self, state: dict[str, Any]) -> None:
        type(self).made += 1
        self.__dict__.update(state)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once_per_process, "_here", {})
    monkeypatch.setattr(Counted, "made", 0)


def sent(content: object) -> tuple[bytes, list[Any]]:
    """As Ray serialises an argument: large buffers beside the pickle."""
    buffers: list[Any] = []
    return pickle.dumps(content, protocol=5, buffer_callback=buffers.append), buffers


def test_a_process_makes_one_object_of_what_it_is_sent_often() -> None:
    small, buffers = sent(OncePerProcess(Counted("a" * 100_000)))
    assert len(small) < 1000
    first, again = (pickle.loads(small, buffers=buffers) for _ in range(2))
    assert first is again
    assert (first.text, Counted.made) == ("a" * 100_000, 1)
    other, more = sent(OncePerProcess(Counted("b")))
    assert pickle.loads(other, buffers=more).text == "b"


@pytest.fixture
def trainers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Stand-ins for Ray and OpenRLHF's module of trainers, with the attributes that Ray gives an actor class."""
    module: Any = types.ModuleType("openrlhf.trainer.ppo_trainer")
    ray: Any = types.ModuleType("ray")
    ray.remote = lambda plain: SimpleNamespace(
        __ray_metadata__=SimpleNamespace(modified_class=SimpleNamespace(__ray_actor_class__=plain))
    )
    ray.put = lambda content: ("a reference to", pickle.loads(pickle.dumps(content, protocol=5)))
    package: Any = types.ModuleType("openrlhf.trainer")
    package.ppo_trainer = module
    stand_ins = {"openrlhf": types.ModuleType("openrlhf"), "openrlhf.trainer": package, "ray": ray}
    for name, found in {**stand_ins, "openrlhf.trainer.ppo_trainer": module}.items():
        monkeypatch.setitem(sys.modules, name, found)

    class PPOTrainer:
        def __init__(self, tokenizer: object, *, mode: str) -> None:
            self.samples_generator = SimpleNamespace(tokenizer=tokenizer)
            self.tokenizer, self.mode = tokenizer, mode

    module.PPOTrainer = ray.remote(PPOTrainer)
    yield module


def test_the_trainer_passes_a_reference_on(trainers: Any) -> None:
    assert share_tokenizer()
    made = trainers.PPOTrainer.__ray_metadata__.modified_class.__ray_actor_class__(Counted("words"), mode="x")
    assert made.mode == "x"
    assert made.tokenizer.text == "words"  # its own uses are as they were
    kind, content = made.samples_generator.tokenizer
    assert (kind, content.text) == ("a reference to", "words")


def test_another_trainer_is_left_alone(trainers: Any) -> None:
    trainers.PPOTrainer = plain = object()
    assert not share_tokenizer()
    assert trainers.PPOTrainer is plain
