"""``python -m real.policy.warm_start --seed S``: make the miniature that is shipped, and the card beside it.

Everything is made anew: examples, tokenizer, weights, and the pass rates of the result on the test split (greedy).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from real.datasets import load
from real.errors import RealError
from real.evaluation.evaluate import evaluate
from real.evaluation.rates import summarize
from real.evaluation.run_facts import judge_versions
from real.generation.hf import HfGenerator
from real.io import console, disk
from real.judge import Judge, JudgeCfg
from real.policy.policy import Policy
from real.policy.warm_start.build import CARD, SHIPPED, build
from real.policy.warm_start.card import make_card
from real.policy.warm_start.recipe import Recipe
from real.runs.store import RunStore
from real.settings import RootCfg
from real.training.determinism import fix_determinism


def main(arguments: list[str]) -> int:
    """Build, evaluate and store; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m real.policy.warm_start", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of examples and weights (default 0, the quickstart's)")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="folder below which tiny-sSEED is written")
    parser.add_argument("--threads", type=int, default=2, help="of the CPU; others round differently (default 2)")
    asked = parser.parse_args(arguments)
    try:
        made = make(asked.seed, asked.out, asked.threads)
    except RealError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(f"made {made}")
    return 0


def make(seed: int, out: Path, threads: int) -> Path:
    """The folder ``tiny-sSEED`` below ``out``, replaced as a whole; raises ``RealError`` where a person can act."""
    fix_determinism(seed, threads)
    root = RootCfg(seed=seed)
    train, test = load(root.dataset, "train"), load(root.dataset, "test")
    recipe = Recipe.of(root.model, train.tasks, seed)
    target = out / f"tiny-s{seed}"
    with tempfile.TemporaryDirectory() as scratch, disk.disk_errors(out):
        build(recipe, Path(scratch), torch.device("cpu"))
        model = Path(scratch) / "model"
        policy = Policy(
            AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval(),
            AutoTokenizer.from_pretrained(model),
        )
        generator = HfGenerator(policy.model, policy.tokenizer, root.generation)
        with Judge(JudgeCfg.of(root)) as judge:
            batch, store = root.generation.batch, RunStore(Path(scratch) / "evaluation")
            judged = evaluate(policy, generator, judge, test.tasks, store, "before", batch=batch, seed=seed)
        measured = summarize([verdict for verdict, _ in judged])
        rates = {"n": measured.n, **{name: rate.rate for name, rate in measured.rates().items()}}
        disk.write_json(model / CARD, make_card(recipe, model, train, test, rates, judge_versions(), threads))
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(model, target)
    return target


if __name__ == "__main__":
    console.protect()
    sys.exit(main(sys.argv[1:]))
