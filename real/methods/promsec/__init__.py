"""PromSec (Nazzal et al., CCS 2024): bandit finds, a model turns code into a better prompt, and writes it anew.

The loop starts from the model's own answer and ends when bandit finds nothing or after ``rounds``; an answer that never
became clean stays as it was. ``graph=true`` adds the paper's graph GAN: the statements that it gates out are left open
in the program that the inverter sees. What the released code does instead stands in docs/methods.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from real.generation.respond import respond, to_completions
from real.methods.base import AnsweringMethod
from real.methods.common.answer_log import record_answers
from real.methods.common.findings import programs_of
from real.methods.common.seeds import part_seed
from real.methods.common.tasks_at_hand import check_cwes, tasks_at_hand
from real.methods.common.user_files import problems
from real.methods.promsec.inverters import ask, check_endpoint, missing_endpoint
from real.methods.promsec.scan import Issue, scan
from real.policy.chat import encode_prompt
from real.settings import RootCfg
from real.training.workspace import Workspace, evaluation_generator
from real.types import Completion, Message, Task

PROMPTS = Path(__file__).parent / "prompts"
LOG = "promsec.jsonl"  # in the run directory: a record an answer


class Promsec(AnsweringMethod):
    """Nothing is trained but the small networks of ``graph=true``, anew in each round."""

    def packages(self, root: RootCfg) -> tuple[str, ...]:
        """See ``Method``."""
        return ("bandit",)

    def missing(self, root: RootCfg) -> list[str]:
        """The endpoint, where one is named, and tasks that name a CWE."""
        tasks = tasks_at_hand(root, "test")
        lacks = [] if tasks is None else problems(lambda: check_cwes("promsec", root.dataset.name, tasks))
        return super().missing(root) + lacks + missing_endpoint(root.method.promsec)

    def check(self, ws: Workspace) -> None:
        """Raise where no task names a CWE, or the endpoint does not answer."""
        check_cwes("promsec", ws.cfg.dataset.name, ws.test)
        check_endpoint(ws.cfg.method.promsec)

    def answer(self, ws: Workspace, tasks: Sequence[Task], seed: int) -> list[Completion]:
        """The greedy answers, after the loop."""
        return refine(ws, tasks, respond(ws.policy, ws.generator, tasks, seed=seed), seed)

    def answers_a_task(self, root: RootCfg) -> tuple[int, int]:
        """A round is a prompt, where the model itself inverts, and a program."""
        own = root.method.promsec
        return 1, 1 + own.rounds * (2 if own.endpoint is None else 1)

    def describe(self, root: RootCfg) -> str:
        """See ``Method``."""
        own = root.method.promsec
        inverter = own.endpoint or "the local model"
        return f"answer, and rewrite what bandit finds up to {own.rounds} times (prompts by {inverter})"


METHOD = Promsec()


def refine(ws: Workspace, tasks: Sequence[Task], first: Sequence[Completion], seed: int) -> list[Completion]:
    """The answers after the loop; ``first`` are those before it."""
    own = ws.cfg.method.promsec
    answers = list(first)
    accepted: dict[int, int] = {}  # row to the round in which bandit found nothing
    issues = _scan(ws, tasks, answers)
    for number in range(own.rounds + 1):
        accepted |= {row: number for row in range(len(tasks)) if issues[row] == [] and row not in accepted}
        rows = [row for row in range(len(tasks)) if row not in accepted]
        if not rows or number == own.rounds:
            break
        subset = [tasks[row] for row in rows]
        found = [issues[row] for row in rows]
        again = _rewrite(ws, subset, [answers[row] for row in rows], found, part_seed(seed, subset, number))
        for row, completion, result in zip(rows, again, _scan(ws, subset, again), strict=True):
            if result is not None:  # an answer without a readable program would leave nothing to invert
                answers[row], issues[row] = completion, result
    record_answers(
        ws.store / LOG,
        [{"task_id": t.task_id, "clean": row in accepted, "round": accepted.get(row)} for row, t in enumerate(tasks)],
    )
    return [answers[row] if row in accepted else first[row] for row in range(len(tasks))]


def _scan(ws: Workspace, tasks: Sequence[Task], answers: Sequence[Completion]) -> list[list[Issue] | None]:
    """Bandit's issues of each answer's program; ``None`` where there is none that it can read."""
    programs = programs_of(ws, tasks, answers)
    found = scan([program.code or "" for program in programs], ws.cfg.method.promsec.severity)
    return [None if program.code is None else issues for program, issues in zip(programs, found, strict=True)]


def _rewrite(
    ws: Workspace,
    tasks: Sequence[Task],
    answers: Sequence[Completion],
    issues: Sequence[list[Issue] | None],
    seed: int,
) -> list[Completion]:
    """One round: programs to prompts, prompts to answers."""
    own = ws.cfg.method.promsec
    programs = programs_of(ws, tasks, answers)
    shown = [program.code or answer.text for program, answer in zip(programs, answers, strict=True)]
    if own.graph:
        shown = edited(ws, shown, issues, seed)
    questions = [
        _text("invert").replace("{findings}", _list(found or [])).replace("{code}", code)
        for code, found in zip(shown, issues, strict=True)
    ]
    inverted = ask(ws, questions, seed)
    asked = [
        replace(task, prompt=(Message("user", _text("regenerate").replace("{prompt}", text.strip())),))
        for task, text in zip(tasks, inverted, strict=True)
    ]
    settings = replace(ws.cfg.generation, temperature=own.temperature, top_p=own.top_p)
    generator = evaluation_generator(ws.cfg, ws.policy, settings)
    prompts = [encode_prompt(ws.policy.tokenizer, task) for task in asked]
    return to_completions(ws.policy, tasks, generator.generate(prompts, greedy=False, seed=seed))


def edited(ws: Workspace, programs: Sequence[str], issues: Sequence[list[Issue] | None], seed: int) -> list[str]:
    """The programs with the statements left open that the graph GAN gates out; as they are where there is no graph."""
    from real.methods.promsec.graph_network import train_gates
    from real.methods.promsec.program_graph import program_graph, without

    graphs = [program_graph(code, found or []) for code, found in zip(programs, issues, strict=True)]
    known = [graph for graph in graphs if graph is not None]
    gates = iter(train_gates(known, ws.cfg.method.promsec, seed) if known else [])
    return [
        code if graph is None else without(code, graph, next(gates))
        for code, graph in zip(programs, graphs, strict=True)
    ]


def _list(issues: Sequence[Issue]) -> str:
    named = [f"- {issue.text} (CWE-{issue.cwe}, line {issue.line})" for issue in issues]
    return "\n".join(named) or "- the program cannot be read: it is not valid Python"


def _text(name: str) -> str:
    return (PROMPTS / f"{name}.txt").read_text(encoding="utf-8").strip()
