"""``build safesql``: SafeSQL-style tasks from seed programs and an evolver."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from real.datasets.build.journal import BuildJournal
from real.datasets.build.safesql.builder import Builder, Built, Plan
from real.datasets.build.safesql.candidate import Candidate
from real.datasets.build.safesql.evolver import Evolver
from real.datasets.build.safesql.gates import Gates
from real.datasets.build.safesql.grammar import Grammar
from real.datasets.build.safesql.llm.options import add_options, open_evolver
from real.datasets.build.safesql.manifest import Manifest, entry
from real.datasets.build.safesql.recipes import RECIPES, Splits
from real.datasets.commands.options import at_least_one, folder
from real.datasets.sources import local_folders
from real.errors import DataError
from real.io import disk
from real.io.progress import duration
from real.types import Task

HELP = "evolve seed queries into SafeSQL-style tasks and keep those that pass every gate"


def add(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="safesql_gen", help="which corpus (safesql_gen)")
    parser.add_argument(
        "--out", type=folder, default=Path("outputs/build/safesql"), help="folder of all that is written"
    )
    parser.add_argument("--evolver", choices=("grammar", "llm"), default="grammar", help="what evolves (grammar)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the grammar and of what is drawn (0)")
    parser.add_argument("--per-cell", type=at_least_one, default=1, help="seeds for each domain and pattern (1)")
    parser.add_argument("--rounds", type=int, help="rounds of evolution (the recipe's)")
    parser.add_argument("--children", type=at_least_one, help="children of each candidate in a round (the recipe's)")
    parser.add_argument("--limit", type=at_least_one, help="candidates at most (the recipe's)")
    parser.add_argument(
        "--data", help="folder that holds the released safesql, to be no near-duplicate of ($REAL_DATA)"
    )
    parser.add_argument("--workers", type=int, default=0, help="sandbox workers (one per core)")
    parser.add_argument(
        "--min-isolation", default="medium", choices=("weak", "medium", "strong"), help="refuse to run below this level"
    )
    add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Build, print the funnel, write splits, funnel, refused candidates and (of the grammar) a manifest."""
    began = time.monotonic()
    recipe = RECIPES[args.recipe]
    rounds = recipe.rounds if args.rounds is None else args.rounds
    plan = Plan(args.seed, rounds, args.children or recipe.children, args.limit or recipe.limit, recipe.distinct)
    journal = BuildJournal(args.out / "journal.jsonl")
    disk.atomic_write(args.out / "command.txt", " ".join(sys.argv) + "\n")  # fails now where the folder is no use
    evolver: Evolver = Grammar(args.seed) if args.evolver == "grammar" else open_evolver(args)
    foreign = _released(args.data)
    seeds = recipe.seeds(args.seed, args.per_cell, round(plan.limit * recipe.seed_share))
    with Gates(args.workers, min_isolation=args.min_isolation) as gates:
        print(f"sandbox: {gates.pool.describe()}", file=sys.stderr)
        if len(journal):
            print(f"{journal.path} knows {len(journal)} results", file=sys.stderr)
        built = Builder(plan, evolver, gates, journal, foreign).build(seeds.items)
    splits = seeds.splits(built.kept)
    _write(args, built, splits, time.monotonic() - began, len(foreign))
    return 0


def _released(data: str | None) -> list[Task]:
    """The released tasks, or none where they are not at hand; said, because it weakens a gate."""
    from real.datasets import load_path

    root = next((folder for folder in _places(data) if folder.is_dir()), None)
    if root is None:
        print("the released SafeSQL is not at hand: not compared with it (see --data)", file=sys.stderr)
        return []
    return [task for split in ("train", "test") for task in load_path(str(root), split).tasks]


def _places(data: str | None) -> Sequence[Path]:
    if data is None:
        return local_folders("safesql")
    if not (root := Path(data) / "safesql").is_dir():
        raise DataError(f"{root} does not exist", hint="--data names the folder that holds safesql.")
    return [root]


def _write(args: argparse.Namespace, built: Built, splits: Splits, seconds: float, foreign: int) -> None:
    from real.datasets.local_jsonl import to_row

    funnel = {**built.funnel.record(), "compared_with_released": foreign, "evolver": args.evolver, "seed": args.seed}
    for split, tasks in splits.items():
        rows = [json.dumps(to_row(task), ensure_ascii=False) + "\n" for task in tasks]
        disk.atomic_write(args.out / f"{split}.jsonl", "".join(rows))
    disk.write_json(args.out / "funnel.json", {**funnel, "seconds": round(seconds, 1)})
    refused = [
        {"id": r.candidate_id, "operators": list(r.operators), "reason": str(r.reason), "detail": r.detail}
        for r in built.refused
    ]
    disk.write_lines(args.out / "refused.jsonl", refused)
    if args.evolver == "grammar" and args.recipe == "safesql_gen":
        _manifest(args.recipe, args.seed, built.kept, splits, funnel).write(args.out / "manifest.json")
    print(built.funnel.render())
    sizes = ", ".join(f"{split} {len(tasks)}" for split, tasks in splits.items())
    print(f"{args.recipe}: {sizes}; took {duration(seconds)}; written: {args.out}")


def _manifest(name: str, seed: int, kept: Sequence[Candidate], splits: Splits, funnel: dict[str, object]) -> Manifest:
    by_id = {candidate.candidate_id: candidate for candidate in kept}
    entries = {split: [entry(task, by_id[task.task_id]) for task in tasks] for split, tasks in splits.items()}
    return Manifest(name, seed, entries, json.loads(json.dumps(funnel)))
