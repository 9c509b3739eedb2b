"""An engine and tokenizer that are none, and the way OpenRLHF 0.11.2 calls a reward function."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import torch

from real.types import Task

END = "<|im_end|>"


class CharacterTokenizer:
    """One token a character; enough to encode a prompt and decode prompt and response together."""

    def __call__(self, text: str, add_special_tokens: bool = False, return_tensors: str = "pt") -> dict[str, Any]:
        return {"input_ids": torch.tensor([[ord(letter) for letter in text]])}

    def decode(self, tokens: Sequence[int], skip_special_tokens: bool = False) -> str:
        return "".join(map(chr, tokens))


@dataclass
class FakeEngine:
    """Answers each prompt with what ``respond`` says, ended as Qwen ends a message."""

    respond: Callable[[], str]

    async def generate(self, tokens: Sequence[int], params: Any, multi_modal_data: Any = None) -> Any:
        await asyncio.sleep(0)
        text = self.respond()
        output = SimpleNamespace(
            token_ids=[ord(letter) for letter in text + END], text=text, finish_reason="stop", logprobs=None
        )
        return SimpleNamespace(outputs=[output])


@dataclass
class Parameters:
    """The fields of vLLM's sampling parameters that are read."""

    max_tokens: int = 10_000
    logprobs: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def through_openrlhf(executor: Any, prompt: str, label: str, response: str) -> dict[str, Any]:
    """One rollout by OpenRLHF's own executor."""
    found = asyncio.run(
        executor.execute(
            prompt=prompt,
            label=label,
            sampling_params=Parameters(),
            max_length=1_000_000,
            hf_tokenizer=CharacterTokenizer(),
            llm_engine=FakeEngine(lambda: response),
        )
    )
    return dict(found)


def label_of(task: Task, row: int, mode: str = "train") -> str:
    """The label column of a prompt row."""
    return json.dumps({"task": task.dataset, "id": task.task_id, "mode": mode, "row": row})


HOSTILE = (
    "import os\nos._exit(0)",
    "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    "while True:\n    pass",
    "x = []\nwhile True:\n    x.append(bytearray(10**7))",
    "import sys\nsys.stdout.write('x' * 10**8)",
    "raise SystemExit(3)",
    "def f():\n    f()\nf()",
    "import threading\n[threading.Thread(target=lambda: None).start() for _ in range(10**5)]",
    "(" * 5000,
    "\x00",
)
BROKEN_LABELS: tuple[Any, ...] = (
    "",
    "{",
    "null",
    "[]",
    '{"task": 1}',
    '{"task":"a","id":"b","mode":"x","row":1}',
    "[" * 5000,
)


def responses(task: Task, rng: random.Random) -> str:
    """A response of some kind: right, wrong, hostile, or none at all."""
    kind = rng.random()
    if kind < 0.45:
        return f"```python\n{task.reference}\n```"
    if kind < 0.6:
        return f"```python\n{task.unsafe}\n```"
    if kind < 0.8:
        return f"```python\nprint({rng.randrange(200)})\n```"
    if kind < 0.87:
        return f"```python\n{rng.choice(HOSTILE)}\n```"
    return rng.choice(["", "no code", "```python\nopen", "\ud800", "```python\n```", "a" * 20_000])


def is_sound(answer: Any, keys: Sequence[str]) -> bool:
    """A finite reward in range and every log."""
    if not isinstance(answer, dict) or not isinstance(answer.get("rewards"), float):
        return False
    logs = answer.get("extra_logs")
    return isinstance(logs, dict) and tuple(logs) == tuple(keys) and -10.0 <= answer["rewards"] <= 10.0
