"""Self-repair: the findings of detector and type checker go back to the model, which writes the program again.

Our row, not in the paper: what a practitioner without a cluster would do. No test is run to decide anything. A program
without findings is never touched, and a repair is kept only where it has fewer findings. Repairs may still break what
worked: the tests are run on both versions for ``repairs.jsonl`` and for the note that counts what was broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from real.generation.respond import respond
from real.methods.base import AnsweringMethod
from real.methods.common.answer_log import record_answers
from real.methods.common.findings import all_findings, analyses_of, defects, programs_of
from real.methods.common.seeds import part_seed
from real.methods.common.user_files import problems, user_text
from real.policy.chat import encode_prompt
from real.settings import RootCfg
from real.training.workspace import Workspace
from real.types import Completion, Finding, JsonValue, Message, Task
from real.verdicts import function_passed

REQUEST = Path(__file__).parent / "request.txt"
LOG = "repairs.jsonl"


class SelfRepair(AnsweringMethod):
    """Nothing is trained."""

    def missing(self, root: RootCfg) -> list[str]:
        """The file with the request, where one is named and it cannot be used."""
        return super().missing(root) + problems(lambda: _request(root))

    def answer(self, ws: Workspace, tasks: Sequence[Task], seed: int) -> list[Completion]:
        """The greedy answers, repaired."""
        return repair(ws, tasks, respond(ws.policy, ws.generator, tasks, seed=seed), seed)

    def answers_a_task(self, root: RootCfg) -> tuple[int, int]:
        """See ``AnsweringMethod``."""
        return 1, 1 + root.method.self_repair.rounds

    def describe(self, root: RootCfg) -> str:
        """See ``Method``."""
        return f"answer, and repair what is found up to {root.method.self_repair.rounds} times"


METHOD = SelfRepair()


def repair(ws: Workspace, tasks: Sequence[Task], first: Sequence[Completion], seed: int) -> list[Completion]:
    """The answers after up to ``rounds`` repairs; ``first`` are those before any."""
    request = _request(ws.cfg)
    best = list(first)
    analyses = analyses_of(ws, tasks, programs_of(ws, tasks, best))
    rounds = [0] * len(tasks)
    for number in range(1, ws.cfg.method.self_repair.rounds + 1):
        # Where nothing could be analysed there is nothing to tell but that; a program that parses is worth asking for.
        broken = [row for row, found in enumerate(analyses) if defects(found) > 0]
        asked = [_asked(tasks[row], best[row], request, all_findings(analyses[row])) for row in broken]
        fitting = [(row, task) for row, task in zip(broken, asked, strict=True) if _fits(ws, task)]
        if not fitting:
            break
        rows = [row for row, _ in fitting]
        turn = [task for _, task in fitting]
        again = respond(ws.policy, ws.generator, turn, seed=part_seed(seed, turn, number))
        subset = [tasks[row] for row in rows]
        repaired = analyses_of(ws, subset, programs_of(ws, subset, again))
        for row, completion, found in zip(rows, again, repaired, strict=True):
            if defects(found) < defects(analyses[row]):
                best[row], analyses[row], rounds[row] = completion, found, number
    _record(ws, tasks, first, best, rounds)
    return best


def _record(
    ws: Workspace, tasks: Sequence[Task], first: Sequence[Completion], best: Sequence[Completion], rounds: Sequence[int]
) -> None:
    """Say what the repairs did to the tests; nothing is decided by it."""
    rows = [row for row, number in enumerate(rounds) if number]
    subset = [tasks[row] for row in rows]
    before = ws.judge.judge(subset, [first[row] for row in rows])
    after = ws.judge.judge(subset, [best[row] for row in rows])
    records: list[dict[str, JsonValue]] = []
    lost = 0
    for row, old, new in zip(rows, before, after, strict=True):
        passed = function_passed(old), function_passed(new)
        lost += passed == (True, False)
        texts = {"before": first[row].text, "after": best[row].text}
        records.append({"task_id": tasks[row].task_id, "round": rounds[row], "function": list(passed), **texts})
    record_answers(ws.store / LOG, records)
    if lost:
        print(f"self_repair: {lost} of {len(rows)} repaired programs passed their tests before and fail now ({LOG})")


def _asked(task: Task, answer: Completion, request: str, findings: Sequence[Finding]) -> Task:
    """The task with the earlier answer and the request as two more turns."""
    told = "\n".join(map(describe_finding, findings)) or "- it is no valid Python program"
    turns = Message("assistant", answer.text), Message("user", request.replace("{findings}", told))
    return replace(task, prompt=(*task.prompt, *turns))


def describe_finding(finding: Finding) -> str:
    """One list item: rule, line and message, the way from source to sink, and what would silence it."""
    way = "".join(f"\n    line {step.line}: {step.note}" for step in finding.trace)
    fix = f"\n  Fix: {finding.fix}" if finding.fix else ""
    return f"- {finding.rule}, line {finding.line}: {finding.message}{way}{fix}"


def _fits(ws: Workspace, task: Task) -> bool:
    """Whether the model's context has room for a whole answer; otherwise the answer stays as it is."""
    context = getattr(ws.policy.model.config, "max_position_embeddings", None)
    needed = len(encode_prompt(ws.policy.tokenizer, task)) + ws.cfg.generation.max_new_tokens
    return context is None or needed <= context


def _request(root: RootCfg) -> str:
    own = root.method.self_repair.text
    return user_text(REQUEST if own is None else Path(own), "method.self_repair.text", ["findings"])
