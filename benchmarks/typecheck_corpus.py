"""Programs to measure the type checker with: references of three benchmarks, answers like a model's, damaged ones."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from real.datasets import load
from real.datasets.build.mini.mixture import warm_start_pairs
from real.datasets.config import DatasetCfg
from real.extract import extract

ANSWERS = 300  # of the warm-start mixture


def programs(data: Path, seed: int = 0) -> dict[str, list[str]]:
    """Distinct programs by origin; ``data`` holds ``apps_plus``, ``safesql`` and ``seccodeplt_plus``."""
    found = {
        "APPS+": [row["reward_model"]["ground_truth"] for row in _rows(data / "apps_plus")],
        "SafeSQL": [row["execute_sql"] for row in _rows(data / "safesql")],
        "SecCodePLT+": [code for row in _rows(data / "seccodeplt_plus") for code in _secure_and_not(row)],
        "answers": list(_answers(seed)),
    }
    found = {origin: list(dict.fromkeys(filter(None, codes))) for origin, codes in found.items()}
    everything = [code for codes in found.values() for code in codes]
    rng = random.Random(seed)
    damaged = [damage(rng.choice(everything), rng) for _ in range(len(everything) // 4)]
    return {**found, "damaged": list(dict.fromkeys(damaged))}


def starters(data: Path) -> list[tuple[str, str]]:
    """APPS+ references with the starter code of their task."""
    return [
        (row["reward_model"]["ground_truth"], row["extra_info"]["starter_code"]) for row in _rows(data / "apps_plus")
    ]


def damage(code: str, rng: random.Random) -> str:
    """``code`` with one to three changes of the kinds that a model's mistakes are of."""
    for _ in range(rng.randint(1, 3)):
        code = rng.choice(_DAMAGES)(code, rng)
    return code


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.rglob("*.parquet")):
        yield from pq.read_table(file).to_pylist()


def _secure_and_not(row: dict[str, Any]) -> Iterator[str]:
    truth = row["ground_truth"]
    truth = json.loads(truth) if isinstance(truth, str) else truth
    for kind in ("vulnerable_code", "patched_code"):
        if truth[kind]:
            yield "\n".join(filter(None, (truth["code_before"], truth[kind], truth["code_after"])))


def _answers(seed: int) -> Iterator[str]:
    tasks = load(DatasetCfg(train_tasks=ANSWERS), "train").tasks
    for _, completion, _ in warm_start_pairs(tasks, seed):
        program = extract(completion)
        if program.code is not None:
            yield program.code


def _drop_line(code: str, rng: random.Random) -> str:
    lines = code.splitlines(keepends=True)
    del lines[rng.randrange(len(lines) or 1) : rng.randrange(len(lines) or 1) + 1]
    return "".join(lines)


def _cut_off(code: str, rng: random.Random) -> str:
    return code[: rng.randrange(len(code) + 1)]


def _swap_names(code: str, rng: random.Random) -> str:
    names = sorted(set(re.findall(r"\b[a-z_]\w*\b", code)))
    if len(names) < 2:
        return code
    old, new = rng.sample(names, 2)
    return re.sub(rf"\b{old}\b", new, code)


def _annotate(code: str, rng: random.Random) -> str:
    kinds = ("int", "str", "list[int]", "List[str]", "'Unknown'", "dict[str, list]", "Optional[int]", "float | None")
    return re.sub(
        r"def (\w+)\(([\w, ]*)\):",
        lambda match: "def {}({}) -> {}:".format(
            match[1],
            ", ".join(
                f"{p.strip()}: {rng.choice(kinds)}" if p.strip() != "self" else p for p in match[2].split(",") if p
            ),
            rng.choice(kinds),
        ),
        code,
    )


def _silence(code: str, rng: random.Random) -> str:
    lines = code.splitlines()
    comments = ("  # type: ignore", "  # type: ignore[no-untyped-def]", "  # type: int", "  # a remark")
    return "\n".join(line + rng.choice(comments) if rng.random() < 0.1 else line for line in lines) + "\n"


def _wrap(code: str, rng: random.Random) -> str:
    body = "".join(f"    {line}\n" for line in code.splitlines())
    return rng.choice(("def main() -> None:\n", "class A:\n", "if True:\n", "try:\n")) + (body or "    pass\n")


_DAMAGES = (_drop_line, _cut_off, _swap_names, _annotate, _annotate, _silence, _wrap)
