"""CodeGuard+ (Fu et al., 2024): decoding under lexical constraints, one lexicon a CWE, then rejection of what fails.

The released code has constraints for single prompts; ``lexicon/`` has ours for the paper's CWEs. ``nucleus`` samples
under the negative constraints and keeps the first answer that holds the positive phrases, too; ``beam`` reaches for
them. Both constrain fenced code only. The first answer stands where no try is accepted, and is counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from real.methods.base import AnsweringMethod
from real.methods.codeguard_plus.phrases import LEXICON, Phrases, lexicon_files, phrases_for, read_lexicon
from real.methods.common.answer_log import record_answers
from real.methods.common.seeds import part_seed
from real.methods.common.tasks_at_hand import check_cwes, tasks_at_hand
from real.methods.common.user_files import problems
from real.methods.common.workload import Sizes, Workload
from real.methods.config import CodeguardPlusCfg, Decoding
from real.policy.chat import encode_prompt
from real.settings import RootCfg
from real.training.workspace import Workspace
from real.types import Completion, Task

LOG = "constraints.jsonl"  # in the run directory: a record an answer


class CodeguardPlus(AnsweringMethod):
    """Nothing is trained."""

    def missing(self, root: RootCfg) -> list[str]:
        """The lexicon, and the backend whose choice of tokens can be constrained."""
        folder = _folder(root.method.codeguard_plus)
        tasks = tasks_at_hand(root, "test")
        if not lexicon_files(folder):
            lacks = [f"the lexicon method.codeguard_plus.lexicon={folder} (no cwe_NNN.toml in it)"]
        elif tasks is not None:
            lacks = problems(lambda: _check(root, tasks))
        else:
            lacks = problems(*(partial(read_lexicon, file) for file in lexicon_files(folder).values()))
        if root.generation.backend == "vllm" and root.trainer.engine == "local":
            lacks.append("generation=hf (the constraints of codeguard_plus need the logits of each step)")
        return super().missing(root) + lacks

    def check(self, ws: Workspace) -> None:
        """Raise ``DataError`` for a test task whose CWE has no lexicon, or an empty one."""
        _check(ws.cfg, ws.test)

    def answer(self, ws: Workspace, tasks: Sequence[Task], seed: int) -> list[Completion]:
        """One answer a task; tasks under the same phrases are sampled together."""
        groups: dict[Phrases, list[Task]] = defaultdict(list)
        for task in tasks:
            groups[phrases_for(task, _folder(ws.cfg.method.codeguard_plus))].append(task)
        found = {c.task_id: c for phrases, part in groups.items() for c in _answers(ws, part, phrases, seed)}
        return [found[task.task_id] for task in tasks]

    def answers_a_task(self, root: RootCfg) -> tuple[int, int]:
        """A beam counts as a response of its own."""
        own = root.method.codeguard_plus
        tries = -(-own.max_samples // own.batch)
        return (own.beams, own.beams * tries) if own.decoding is Decoding.beam else (own.batch, own.max_samples)

    def workload(self, root: RootCfg, sizes: Sizes) -> Workload | None:
        """Beams are searched one task at a time."""
        own, made = root.method.codeguard_plus, super().workload(root, sizes)
        return replace(made, rows=own.beams) if made and own.decoding is Decoding.beam else made

    def describe(self, root: RootCfg) -> str:
        """See ``Method``."""
        own = root.method.codeguard_plus
        return f"answer under lexical constraints ({own.decoding.value}), up to {own.max_samples} tries a task"


METHOD = CodeguardPlus()


def _folder(cfg: CodeguardPlusCfg) -> Path:
    return Path(cfg.lexicon) if cfg.lexicon is not None else LEXICON


def _check(root: RootCfg, tasks: Sequence[Task]) -> None:
    check_cwes("codeguard_plus", root.dataset.name, tasks)
    for task in {task.cwe: task for task in tasks}.values():
        phrases_for(task, _folder(root.method.codeguard_plus))


def _answers(ws: Workspace, tasks: Sequence[Task], phrases: Phrases, seed: int) -> list[Completion]:
    """The first accepted answer to each task, else the first one of all."""
    own = ws.cfg.method.codeguard_plus
    kept: dict[str, Completion] = {}
    first: dict[str, Completion] = {}
    tries = 0
    draw = _beam if own.decoding is Decoding.beam else _nucleus
    while tries < own.max_samples and len(kept) < len(tasks):
        open_tasks = [task for task in tasks if task.task_id not in kept]
        count = min(own.batch, own.max_samples - tries)
        for completion in draw(ws, open_tasks, phrases, count, part_seed(seed, open_tasks, tries)):
            first.setdefault(completion.task_id, completion)
            if completion.task_id not in kept and phrases.accept(completion.text):
                kept[completion.task_id] = completion
        tries += count
    record_answers(ws.store / LOG, [{"task_id": t.task_id, "accepted": t.task_id in kept} for t in tasks])
    if len(kept) < len(tasks):
        print(f"codeguard_plus: {len(tasks) - len(kept)} of {len(tasks)} tasks have no accepted answer ({LOG})")
    return [kept.get(task.task_id) or first[task.task_id] for task in tasks]


def _nucleus(ws: Workspace, tasks: Sequence[Task], phrases: Phrases, count: int, seed: int) -> list[Completion]:
    """``count`` samples a task under the negative phrases."""
    from real.generation.hf import HfGenerator
    from real.generation.respond import to_completions
    from real.methods.codeguard_plus.negatives import NegativePhrases

    own, words = ws.cfg.method.codeguard_plus, ws.policy.tokenizer
    settings = replace(ws.cfg.generation, temperature=own.temperature, top_p=own.top_p)
    generator = HfGenerator(ws.policy.model, words, settings)
    generator.constraint = NegativePhrases(words, phrases)
    repeated = [task for task in tasks for _ in range(count)]
    prompts = [encode_prompt(words, task) for task in repeated]
    return to_completions(ws.policy, repeated, generator.generate(prompts, greedy=False, seed=seed))


def _beam(ws: Workspace, tasks: Sequence[Task], phrases: Phrases, count: int, seed: int) -> list[Completion]:
    """One beam-sampled answer a task, a fresh draw at each call; ``count`` samples are taken to be its beams."""
    import torch

    from real.methods.codeguard_plus.beams import CachedModel, ConstrainedBeams

    own, words = ws.cfg.method.codeguard_plus, ws.policy.tokenizer
    answers = []
    for number, task in enumerate(tasks):
        random = torch.Generator().manual_seed((seed + number) % 2**63)
        search = ConstrainedBeams(
            words,
            phrases,
            min(own.beams, count),
            ws.cfg.generation.max_new_tokens,
            temperature=own.temperature,
            generator=random,
        )
        model = CachedModel(ws.policy.model, encode_prompt(words, task))
        tokens = search.search(model.first, model)
        text = "" if tokens is None else words.decode(list(tokens), skip_special_tokens=True)
        answers.append(Completion(task.task_id, text, tokens is not None))
    return answers
