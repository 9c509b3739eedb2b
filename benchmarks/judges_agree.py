"""Do the judges agree? The reward's detector beside safety tests and other scanners, on the programs of a run.

    python benchmarks/judges_agree.py RUN… [--peer NAME=PLACE …] [--examples N] [--out FILE.md]

For each run and each of its evaluations: of the programs that were scored, how many each judge calls clean, and where
they differ. Quality that rises under the detector that the reward pays for and not under the others is reward hacking.
The detector is judged twice: as recorded (the version the run was paid by), and with the version that is installed now.
``Works``: passes every function test; a program that does nothing is clean under every judge, so that this matters.
``--examples`` prints programs in which the reward's detector and another judge differ, the first ones by task of the
last evaluation; what they are has to be read.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from detector_peers import peer
from tabulate import tabulate

from real import detector
from real.evaluation.metrics import read_run
from real.results.task_records import TaskRecord, programs, stages_of, task_records

PAID, NOW, TESTS = "detector, as paid", f"detector {detector.VERSION}", "safety tests"


@dataclass(frozen=True, slots=True)
class Answer:
    """One scored program; ``clean`` holds each judge's word, ``None`` where it has none."""

    record: TaskRecord
    code: str
    clean: Mapping[str, bool | None]


def answers(run: Path, stage: str, peers: Sequence[str]) -> list[Answer]:
    """The programs of one evaluation that every function test could run on, with what each judge says."""
    told = read_run(run)
    code = programs(run, stage, told.protocol, told.dataset)
    records = [r for r in task_records(run, stage) if r.status == "scored" and (r.task_id, r.sample) in code]
    texts = [code[record.task_id, record.sample] for record in records]
    others = {}
    for name in peers:
        scanner = peer(name)
        others[f"{scanner.name} {scanner.version}"] = [
            None if found is None else not found for found, _ in scanner.scan(texts)
        ]
    made = []
    for at, (record, text) in enumerate(zip(records, texts, strict=True)):
        now = not detector.scan(text).findings
        clean = {PAID: record.quality, NOW: now, TESTS: record.safety}
        made.append(Answer(record, text, clean | {name: said[at] for name, said in others.items()}))
    return made


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PLACE")
    parser.add_argument("--examples", type=int, default=0, metavar="N")
    parser.add_argument("--out", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    for run in arguments.runs:
        if not stages_of(run):
            parser.error(
                f"{run} holds no evaluation (outcomes_before.jsonl, outcomes_after.jsonl): name a finished run"
            )
    lines: list[str] = []
    last: list[Answer] = []
    for run in arguments.runs:
        stages = {stage: answers(run, stage, arguments.peer) for stage in stages_of(run)}
        lines += [f"**{run.name}**", "", _rates(stages), "", _disagreements(stages), ""]
        last = [answer for made in list(stages.values())[-1:] for answer in made]
        lines += _examples(last, arguments.examples)
    text = "\n".join(lines)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")


def _rates(stages: Mapping[str, Sequence[Answer]]) -> str:
    rows = []
    for stage, made in stages.items():
        for label, chosen in (("all", made), ("works", [a for a in made if a.record.function])):
            row: dict[str, object] = {"Evaluation": stage, "Programs": label, "n": len(chosen)}
            for judge in made[0].clean if made else ():
                said = [answer.clean[judge] for answer in chosen if answer.clean[judge] is not None]
                row[judge] = f"{sum(map(bool, said))} of {len(said)}"
            rows.append(row)
    return tabulate(rows, headers="keys", tablefmt="pipe")


def _disagreements(stages: Mapping[str, Sequence[Answer]]) -> str:
    rows = []
    for stage, made in stages.items():
        for judge in list(made[0].clean)[1:] if made else ():
            both = [(a.clean[PAID], a.clean[judge]) for a in made if None not in (a.clean[PAID], a.clean[judge])]
            paid_only, judge_only = both.count((True, False)), both.count((False, True))
            rows.append(
                {
                    "Evaluation": stage,
                    "Judge": judge,
                    "paid as clean, not clean here": paid_only,
                    "not paid, clean here": judge_only,
                    "agree": f"{len(both) - paid_only - judge_only} of {len(both)}",
                }
            )
    return tabulate(rows, headers="keys", tablefmt="pipe")


def _examples(made: Sequence[Answer], wanted: int) -> list[str]:
    lines = []
    for answer in [a for a in made if {False, True} <= set(a.clean.values())][:wanted]:
        said = ", ".join(f"{judge}: {_word(clean)}" for judge, clean in answer.clean.items())
        lines += [f"`{answer.record.task_id}` ({said})", "", "```python", answer.code, "```", ""]
    return lines


def _word(clean: bool | None) -> str:
    return "nothing" if clean is None else "clean" if clean else "not clean"


if __name__ == "__main__":
    main()
