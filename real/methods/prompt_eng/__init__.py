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
from real.methods.base import Method
from real.settings import RootCfg
from real.training.workspace import Workspace
from real.types import Check, Completion, Message, Task

PROMPTS = Path(__file__).parent / "prompts"


class PromptEng(Method):
    """An instruction after the task's own prompt; nothing is trained."""

    def missing(self, root: RootCfg) -> list[str]:
        """The text file, where one is named."""
        path = root.method.prompt_eng.text
        return [] if path is None or Path(path).is_file() else [f"the file method.prompt_eng.text={path}"]

    def check(self, ws: Workspace) -> None:
        """Raise ``DataError`` for an empty text."""
        _instruct(ws, ws.test[:1])

    def run(self, ws: Workspace) -> int:
        """Leave a responder."""

        def answer(tasks: Sequence[Task], seed: int) -> list[Completion]:
            asked = _instruct(ws, tasks)
            return respond(ws.policy, ws.generator, asked, seed=seed)

        ws.responder = answer
        return 0

    def describe(self, root: RootCfg) -> str:
        """See ``Method``."""
        return "answer with the instruction added to each prompt"


METHOD = PromptEng()


def _instruct(ws: Workspace, tasks: Sequence[Task]) -> list[Task]:
    path, judged = ws.cfg.method.prompt_eng.text, [Check(name) for name in ws.cfg.reward.checks]
    return [with_instruction(task, instruction(judged or task.checks, path)) for task in tasks]


def instruction(checks: Sequence[Check], path: str | None = None) -> str:
    """The text of ``path``, else those of the qualities ``checks``; raises ``DataError`` for an empty one."""
    files = [Path(path)] if path is not None else [PROMPTS / f"{check.value}.txt" for check in checks]
    text = "\n".join(file.read_text(encoding="utf-8").strip() for file in files)
    if not text:
        raise DataError(f"the instruction of prompt_eng is empty: {', '.join(map(str, files)) or 'no check'}")
    return text


def with_instruction(task: Task, text: str) -> Task:
    """``task`` with ``text`` at the end of its last message, as a paragraph of its own."""
    *earlier, last = task.prompt
    return replace(task, prompt=(*earlier, Message(last.role, f"{last.content}\n\n{text}")))
