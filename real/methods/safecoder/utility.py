"""What keeps a model useful while it learns to avoid insecure code: answers that work."""

from __future__ import annotations

from real.errors import DataError
from real.generation.respond import respond
from real.io.disk import read_lines, write_lines
from real.methods.common.masks import UTILITY, Sample
from real.methods.config import UtilitySource
from real.policy.chat import encode_prompt
from real.training.workspace import Workspace
from real.verdicts import function_passed

FILE = "utility.jsonl"  # in the run directory: a resumed run learns from the same answers


def utility_samples(ws: Workspace) -> list[Sample]:
    """Utility answers to training tasks as samples whose every response token counts.

    Raises ``DataError`` where utility data are asked for and there are none.
    """
    cfg, words = ws.cfg.method.safecoder, ws.policy.tokenizer
    if cfg.utility is UtilitySource.none:
        return []
    answers = _references(ws) if cfg.utility is UtilitySource.references else _distilled(ws)
    if not answers:
        raise DataError(
            f"safecoder has no utility data: no answer of {ws.cfg.model.name} to a training task passes its tests"
            if cfg.utility is UtilitySource.distilled
            else f"safecoder has no utility data: no training task of {ws.cfg.dataset.name} has a reference",
            hint="Choose method.safecoder.utility=references or none, or a stronger model.",
        )
    samples = []
    for task in ws.train:
        if task.task_id in answers:
            response = (*words(answers[task.task_id])["input_ids"], words.eos_token_id)
            prompt = tuple(encode_prompt(words, task))
            if len(prompt) + len(response) <= cfg.max_tokens:
                samples.append(Sample(prompt, response, (True,) * len(response), True, UTILITY))
    return samples


def _references(ws: Workspace) -> dict[str, str]:
    tasks = ws.train[: ws.cfg.method.safecoder.max_utility]
    return {task.task_id: f"```python\n{task.reference}\n```" for task in tasks if task.reference is not None}


def _distilled(ws: Workspace) -> dict[str, str]:
    """The untrained model's greedy answers that pass their tests, once for a run."""
    path = ws.store / FILE
    if not path.exists():
        tasks = ws.train[: ws.cfg.method.safecoder.max_utility]
        answers = respond(ws.policy, ws.generator, tasks, seed=ws.cfg.seed)
        verdicts = ws.judge.judge(tasks, answers)
        passing = [a for a, verdict in zip(answers, verdicts, strict=True) if function_passed(verdict) is True]
        write_lines(path, [{"task_id": answer.task_id, "response": answer.text} for answer in passing])
        print(f"safecoder: {len(passing)} of {len(tasks)} own answers pass their tests and are utility data ({path})")
    return {str(line["task_id"]): str(line["response"]) for line in read_lines(path)}
