"""PromptEng (the paper's Table 3): the same model, asked explicitly for maintainable code.

The paper publishes no prompt; ours stand in ``prompts/``, one file a quality, to be read and changed. The one for
security is our addition: the paper has no such row in Table 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from real.errors import DataError
from real.generation.respond import respond
from real.methods.base import AnsweringMethod
from real.methods.common.user_files import problems, user_text
from real.settings import RootCfg
from real.training.workspace import Workspace
from real.types import Check, Completion, Message, Task

PROMPTS = Path(__file__).parent / "prompts"
SETTING = "method.prompt_eng.text"


class PromptEng(AnsweringMethod):
    """An instruction after the task's own prompt; nothing is trained."""

    def missing(self, root: RootCfg) -> list[str]:
        """The text file, where one is named and it cannot be used."""
        path = root.method.prompt_eng.text
        lacks = [] if path is None else problems(lambda: user_text(Path(path), SETTING))
        return super().missing(root) + lacks

    def check(self, ws: Workspace) -> None:
        """Raise ``DataError`` where there is nothing to ask for."""
        _instruct(ws, ws.test[:1])

    def answer(self, ws: Workspace, tasks: Sequence[Task], seed: int) -> list[Completion]:
        """Greedy answers to the tasks with the instruction."""
        return respond(ws.policy, ws.generator, _instruct(ws, tasks), seed=seed)

    def describe(self, root: RootCfg) -> str:
        """See ``Method``."""
        return "answer with the instruction added to each prompt"


METHOD = PromptEng()


def _instruct(ws: Workspace, tasks: Sequence[Task]) -> list[Task]:
    path, judged = ws.cfg.method.prompt_eng.text, [Check(name) for name in ws.cfg.reward.checks]
    return [with_instruction(task, instruction(judged or task.checks, path)) for task in tasks]


def instruction(checks: Sequence[Check], path: str | None = None) -> str:
    """The text of ``path``, else those of the qualities ``checks``; raises ``DataError`` where there is none."""
    if path is not None:
        return user_text(Path(path), SETTING)
    if not checks:
        raise DataError("prompt_eng has no instruction: no quality is checked", hint=f"Give one with {SETTING}=FILE.")
    return "\n".join((PROMPTS / f"{check.value}.txt").read_text(encoding="utf-8").strip() for check in checks)


def with_instruction(task: Task, text: str) -> Task:
    """``task`` with ``text`` at the end of its last message, as a paragraph of its own."""
    *earlier, last = task.prompt
    return replace(task, prompt=(*earlier, Message(last.role, f"{last.content}\n\n{text}")))
