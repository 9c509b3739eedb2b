"""A model's answers to questions of a file: ``python -m real.generate --tasks FILE --model PLACE --out FILE``.

Questions are those of ``real.generation.questions``, or the tasks of a data set of ours (``--dataset NAME --split S``).
The model is a hub id, a folder, a GGUF file or the folder of one of our runs. Each line of the output is ``{"task_id",
"sample", "completion", "finished"}``, as ``real.score`` and others read it; ``finished`` is false where an answer was
cut off at ``--max-tokens``. Beside it, ``FILE.settings.json`` says what made the answers. The same command resumes:
answers that are there are kept, and the rest comes out as it would have without the interruption. Exit codes: 0 all
answered, 2 wrong usage, 3 unusable data, 4 no machine, 130 interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from real.datasets import load_path
from real.errors import DataError, UsageError
from real.evaluation.sampling import Sampling
from real.generation.answer_file import AnswerFile
from real.generation.config import GenerationBackend, GenerationCfg
from real.generation.questions import Question, read_questions
from real.io import console, disk
from real.io.json_records import read_json_records
from real.io.progress import Progress
from real.prompts import messages
from real.types import Message

if TYPE_CHECKING:  # torch comes with these
    from real.generation.base import Generator, Response
    from real.policy.policy import Policy

_BATCHES = 4  # of decoding between two writes: rows that finish early are followed by waiting ones meanwhile


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    console.protect()
    arguments = _parser().parse_args(argv)
    interrupted = f"interrupted: {arguments.out} keeps what was answered; the same command goes on"
    return console.ended(lambda: _run(arguments), interrupted)


def _run(arguments: argparse.Namespace) -> int:
    sampling = _sampling(arguments)
    cfg = _generation_cfg(arguments)
    disk.check_output(Path(arguments.out), "--out", {"--tasks": arguments.tasks or ""})
    questions = _questions(arguments)
    policy = _policy(arguments)
    generator = _generator(policy, cfg, arguments)
    prompts = {question.task_id: _prompt(policy, question, arguments.raw) for question in questions}
    context = getattr(policy.model.config, "max_position_embeddings", None)
    if long := [task for task, prompt in prompts.items() if context is not None and len(prompt) >= context]:
        raise DataError(
            f"{len(long)} questions have no room in the model's context of {context} tokens: {', '.join(long[:3])} …",
            hint="Take them out of the file, or use a model with a longer context.",
        )
    file = AnswerFile(Path(arguments.out), _settings(arguments, questions, policy, cfg, sampling))
    known = file.known()
    wanted = [(question.task_id, sample) for question in questions for sample in range(sampling.samples)]
    size = cfg.batch * _BATCHES
    parts = [(start, wanted[start : start + size]) for start in range(0, len(wanted), size)]
    missing = [(start, part) for start, part in parts if not known.issuperset(part)]
    print(f"{len(questions)} questions, {sampling.describe()}; {len(known)} of {len(wanted)} answers are there already")
    with Progress(sum(len(part) for _, part in missing), "answering", "answers") as progress:
        for start, part in missing:
            seed = sampling.seed(arguments.seed, "generate", start)
            asked = [prompts[task] for task, _ in part]
            responses = generator.generate(asked, greedy=sampling.greedy, seed=seed)
            answers = zip(part, responses, strict=True)
            file.append([_record(policy, key, made, arguments.stop) for key, made in answers if key not in known])
            progress.advance(len(part))
    print(f"{len(wanted)} answers in {arguments.out}")
    return 0


def _record(policy: Policy, key: tuple[str, int], response: Response, stop: Sequence[str]) -> dict[str, object]:
    text = policy.tokenizer.decode(response.tokens, skip_special_tokens=True)
    ends = [at for at in map(text.find, stop) if at >= 0]
    task, sample = key
    whole = text[: min(ends)] if ends else text
    return {"task_id": task, "sample": sample, "completion": whole, "finished": response.finished}


def _prompt(policy: Policy, question: Question, raw: bool) -> list[int]:
    from real.policy.chat import encode_chat

    if not raw:
        return encode_chat(policy.tokenizer, question.turns)
    if len(question.turns) > 1:
        raise UsageError(f"--raw gives a prompt as it is, and {question.task_id} is a chat of several messages")
    return list(policy.tokenizer(question.turns[0].content)["input_ids"])


def _questions(arguments: argparse.Namespace) -> list[Question]:
    if arguments.tasks:
        questions, skipped = read_questions(read_json_records(arguments.tasks), arguments.tasks)
        for problem in skipped:
            print(f"skipped {arguments.tasks} {problem}", file=sys.stderr)
    else:
        loaded = load_path(arguments.dataset, arguments.split)
        questions = [Question(task.task_id, tuple(messages(task))) for task in loaded.tasks]
    if arguments.system is None:
        return questions
    system = Message("system", arguments.system)
    return [Question(one.task_id, (system, *(t for t in one.turns if t.role != "system"))) for one in questions]


def _policy(arguments: argparse.Namespace) -> Policy:
    import torch
    from transformers.utils import logging

    from real.policy.load import device
    from real.policy.policy import Policy
    from real.policy.pretrained import load_pretrained

    logging.disable_progress_bar()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    place = Path(arguments.model)
    trained = place / "model" / "config.json"  # the folder of one of our runs
    where = str(trained.parent) if trained.is_file() else arguments.model
    model, words = load_pretrained(where, getattr(torch, arguments.dtype))
    return Policy(model.to(device()).eval(), words, f"from {arguments.model}")


def _generator(policy: Policy, cfg: GenerationCfg, arguments: argparse.Namespace) -> Generator:
    from real.generation.hf import HfGenerator
    from real.generation.open import open_generator

    generator = open_generator(policy.model, policy.tokenizer, cfg)
    if arguments.stop and not isinstance(generator, HfGenerator):
        raise UsageError("--stop is known to --backend hf only")
    if isinstance(generator, HfGenerator):
        generator.stop = tuple(arguments.stop)
    return generator


def _settings(
    arguments: argparse.Namespace, questions: Sequence[Question], policy: Policy, cfg: GenerationCfg, sampling: Sampling
) -> dict[str, object]:
    """All that an answer depends on; the place of the model does not count, its weights do."""
    import torch
    import transformers

    from real.policy.fingerprint import fingerprint

    asked = json.dumps([[q.task_id, [[turn.role, turn.content] for turn in q.turns]] for q in questions])
    return {
        "model": fingerprint(policy), "questions": hashlib.sha256(asked.encode()).hexdigest(), "raw": arguments.raw,
        "samples": sampling.samples, "temperature": sampling.temperature, "top_p": cfg.top_p, "seed": arguments.seed,
        "max_tokens": cfg.max_new_tokens, "batch": cfg.batch, "stop": list(arguments.stop), "dtype": arguments.dtype,
        "backend": str(cfg.backend), "torch": torch.__version__, "transformers": transformers.__version__,
    }  # fmt: skip


def _sampling(arguments: argparse.Namespace) -> Sampling:
    temperature = arguments.temperature if arguments.temperature is not None else float(arguments.n > 1)
    if arguments.n < 1:
        raise UsageError(f"--n is {arguments.n}, but it must be at least 1")
    if temperature < 0:
        raise UsageError(f"--temperature is {temperature:g}, but it must not be negative")
    if temperature == 0 and arguments.n > 1:
        raise UsageError(
            f"--n {arguments.n} with --temperature 0 would give the same answer {arguments.n} times",
            hint="Use --temperature 1, or --n 1.",
        )
    return Sampling(arguments.n, temperature)


def _generation_cfg(arguments: argparse.Namespace) -> GenerationCfg:
    temperature = arguments.temperature or 1.0  # of sampling; greedy decoding has none
    cfg = GenerationCfg(
        GenerationBackend(arguments.backend), arguments.max_tokens, temperature, arguments.top_p, arguments.batch
    )
    try:
        cfg.check()
    except UsageError as error:
        flags = {"generation.max_new_tokens": "--max-tokens", "generation.": "--"}
        told = str(error.args[0])
        for key, flag in flags.items():
            told = told.replace(key, flag)
        raise UsageError(told.replace("_", "-"), hint=error.hint) from None
    return cfg


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m real.generate", description="Answers of a model to questions.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--tasks", metavar="FILE", help='lines {"task_id", "prompt"} or "messages"; - reads stdin')
    source.add_argument("--dataset", metavar="NAME", help="the tasks of a data set, or of its folder, instead")
    parser.add_argument("--split", default="test", help="of --dataset: train or test (default: test)")
    parser.add_argument("--model", required=True, metavar="PLACE", help="hub id, folder, GGUF file, or folder of a run")
    parser.add_argument("--out", required=True, metavar="FILE", help="JSON Lines; the same command resumes")
    parser.add_argument("--n", type=int, default=1, metavar="N", help="answers a question (default: 1)")
    parser.add_argument(
        "--temperature", type=float, help="0 decodes greedily (default: 0 for one answer, 1 for several)"
    )
    parser.add_argument("--top-p", type=float, default=1.0, help="default: 1, the whole distribution")
    parser.add_argument("--max-tokens", type=int, default=1024, metavar="N", help="of an answer (default: 1024)")
    parser.add_argument("--seed", type=int, default=0, help="of the sampling (default: 0)")
    parser.add_argument("--batch", type=int, default=32, metavar="N", help="answers decoded at a time (default: 32)")
    parser.add_argument("--system", metavar="TEXT", help="a system message in front of every question")
    parser.add_argument("--raw", action="store_true", help="prompts as they are, without the chat template")
    parser.add_argument("--stop", action="append", default=[], metavar="TEXT", help="ends an answer; repeatable")
    parser.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float32", "float16"))
    parser.add_argument("--backend", default="hf", choices=tuple(GenerationBackend), help="default: hf, here")
    parser.add_argument("--threads", type=int, default=0, help="of torch on a CPU (default: its own choice)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
