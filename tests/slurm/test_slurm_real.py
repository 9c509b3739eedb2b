"""Against a real SLURM: nine jobs of which four are disturbed, the chain with frozen configurations, cancellation."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from gates import STEP, Gates
from slurm_user import CLUSTER, ROOT, TOY, Slurm

pytestmark = [pytest.mark.slow, pytest.mark.slurm]

SWEEP = ["+exp=ablation_reward_tiny", *TOY, "trainer.steps=12", "trainer.checkpoint_every=6", "-m"]
WAIT_S = 3600.0  # for what has to come; only where it never does is it waited so long
TROUBLE = {"failed", "cancelled", "interrupted", "lost", "never started", "stuck", "held"}


def facts(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Everything a run computed, without clocks."""
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics.pop("seconds")
    steps = [json.loads(line) for line in (folder / "steps.jsonl").read_text().splitlines()]
    return metrics, [
        {k: v for k, v in step.items() if not k.startswith(("seconds", "tokens_per_s_"))} for step in steps
    ]


def steps_of(row: dict[str, Any]) -> int:
    path = Path(row["run_dir"]) / "steps.jsonl"
    return path.read_text().count("\n") if path.exists() else 0


def check_truth(row: dict[str, Any], before: dict[str, str], after: dict[str, str]) -> None:
    """What status.py says of one run, against SLURM's queue, which was the same a moment before and a moment after."""
    state = row["state"]
    assert state not in TROUBLE, row
    if any(before.get(job) != after.get(job) for job in row["jobs"]):
        return  # it has just changed, and either is the truth
    seen = {before.get(job) for job in row["jobs"]}
    if state in ("running", "starting", "evaluating"):
        assert seen & {"RUNNING", "CONFIGURING"}, (row, seen)
    if state in ("queued", "requeued"):
        assert "PENDING" in seen, (row, seen)
        assert (row["tries"] > 0) == (state == "requeued"), row
    if state == "done":
        assert (Path(row["run_dir"]) / "status").read_text() == "done\n"
        assert (Path(row["run_dir"]) / "metrics.json").exists()


class Watcher(threading.Thread):
    """Asks status.py all the time, and compares what it says with SLURM's queue.

    Undisturbed runs wait at their gates until they have been seen running.
    """

    def __init__(self, slurm: Slurm, gates: Gates) -> None:
        super().__init__(daemon=True)
        self.slurm, self.gates, self.seen, self.asked, self.wrong = slurm, gates, defaultdict(set), 0, ""
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            try:
                before, rows, after = self.slurm.queue(), self.slurm.status(), self.slurm.queue()
                for number, row in enumerate(rows):
                    check_truth(row, before, after)
                    self.seen[number].add(row["state"])
                    if number >= len(BLOWS) and row["state"] == "running":
                        self.gates.open(row["run_id"])
            except AssertionError as error:
                self.wrong = self.wrong or str(error)
            self.asked += 1
            self.over.wait(0.5)

    def have_seen(self, state: str, runs: int) -> bool:
        """Whether each of the first ``runs`` was seen in ``state``; an error of the watcher ends the wait."""
        assert not self.wrong, self.wrong
        return all(state in self.seen[number] for number in range(runs))


# What happens to each of the first four jobs while it trains.
BLOWS = [
    ["scancel", "--signal=USR1"],  # every process of the step
    ["scancel", "--signal=USR1", "--batch"],  # the shell, as SLURM does before the time limit
    ["kill"],  # the driver, with no last word: as when memory runs out
    ["scontrol", "requeue"],  # what an administrator does, or a preemption
]


def disturb(slurm: Slurm, rows: list[dict[str, Any]], gates: Gates) -> None:
    """Strike each of the first four jobs while it waits at its gate, and let it go on."""
    job = rows[0]["jobs"][0].partition("_")[0]
    for number, blow in enumerate(BLOWS):
        if blow == ["kill"]:  # scancel --signal=KILL would cancel the job
            os.kill(int((Path(rows[number]["run_dir"]) / ".lock").read_text().split()[1]), signal.SIGKILL)
        else:
            # SLURM 22.05 delivers the signal and answers that the job cannot be altered now, whereupon scancel tries
            # again for a minute: its first try is enough.
            slurm.call("timeout", "3", *blow, f"{job}_{number}")
    log = slurm.folder / rows[0]["log"]
    slurm.wait("the signal in the first log", lambda: "stopping after this step" in log.read_text(), WAIT_S)
    log = slurm.folder / rows[1]["log"]
    slurm.wait("the signal in the second log", lambda: "stopping after this step" in log.read_text(), WAIT_S)
    for row in rows[: len(BLOWS)]:
        gates.open(row["run_id"])


def test_nine_jobs_in_trouble_all_end_done_with_the_results_of_a_local_run(
    slurm: Slurm, request: pytest.FixtureRequest
) -> None:
    gates = Gates(slurm.folder / "gates")
    submitted = slurm.user("slurm/submit.py", *SWEEP, *CLUSTER, gates.setting())
    assert submitted.returncode == 0, submitted.stderr
    assert "submitted 9 of 9 runs" in submitted.stdout
    rows = slurm.status()
    assert len(rows) == 9
    watcher = Watcher(slurm, gates)
    request.addfinalizer(watcher.over.set)
    watcher.start()
    first = rows[: len(BLOWS)]
    slurm.wait("two steps of the first four", lambda: all(steps_of(row) == STEP for row in first), WAIT_S)
    slurm.wait("their being told as running", lambda: watcher.have_seen("running", len(BLOWS)), WAIT_S)
    # With its nodes drained a job that is queued again stays so until it has been seen.
    slurm.scontrol("update", "nodename=n1,n2", "state=drain", "reason=test")
    disturb(slurm, [*slurm.status()], gates)
    slurm.wait("their being told as requeued", lambda: watcher.have_seen("requeued", len(BLOWS)), WAIT_S)

    def are_drained() -> bool:
        return slurm.call("sinfo", "-h", "-N", "-p", "debug", "-o", "%T").stdout.split() == ["drained"] * 2

    slurm.wait("two drained nodes", are_drained, WAIT_S)
    slurm.scontrol("update", "nodename=n1,n2", "state=resume")
    local = subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), *SWEEP, "output_dir=local"], cwd=slurm.folder, stdout=subprocess.DEVNULL
    )
    slurm.wait(
        "nine runs that are done", lambda: all((Path(r["run_dir"]) / "metrics.json").exists() for r in rows), WAIT_S
    )
    slurm.wait("an empty queue", lambda: not slurm.queue(), WAIT_S)
    watcher.over.set()
    watcher.join(WAIT_S)
    assert watcher.have_seen("running", 9), watcher.seen
    assert watcher.asked > 5
    rows = slurm.status()
    assert [row["state"] for row in rows] == ["done"] * 9
    assert [row["tries"] for row in rows] == [2] * 4 + [1] * 5
    for number in (0, 1):  # the warning came between checkpoints, and cost no step
        log = Path(slurm.folder / rows[number]["log"]).read_text()
        assert "SIGUSR1: stopping after this step" in log
        assert "resuming at step" in log

    assert local.wait(WAIT_S) == 0
    for row in rows:
        assert facts(Path(row["run_dir"])) == facts(slurm.folder / "local" / row["run_id"]), row

    for suffix in ("md", "csv", "tex", "png"):
        assert (slurm.folder / "outputs/sweeps/ablation_reward_tiny" / f"sweep.{suffix}").stat().st_size > 0
    assert slurm.user("slurm/status.py", "--require-done").returncode == 0

    again = slurm.user("slurm/submit.py", *SWEEP, *CLUSTER)
    assert again.returncode == 0
    assert "nothing to submit" in again.stdout
    assert slurm.queue() == {}


def test_train_evaluate_tables_from_the_configuration_as_it_was(slurm: Slurm) -> None:
    own = slurm.folder / "own" / "exp"
    own.mkdir(parents=True)
    experiment = own / "pair.yaml"
    text = "# @package _global_\nexp_name: pair\ntrainer: {steps: 2, checkpoint_every: 1}\n"
    experiment.write_text(text)
    command = [f"--config-dir={own.parent}", *TOY, "+exp=pair", "reward=hybrid,quality_only", "-m"]
    gates = Gates(slurm.folder / "gates")
    chain = [*command, *CLUSTER, "cluster.evaluate=own_job", gates.setting()]
    slurm.scontrol("update", "nodename=n1,n2", "state=drain", "reason=test")
    try:
        assert slurm.user("slurm/submit.py", *chain).returncode == 0
        assert {row["state"] for row in slurm.status()} == {"queued"}
        twice = slurm.user("run.py", *chain)  # on a login node, run.py submits as well
        assert twice.returncode == 2
        assert "2 of 2 runs are queued or running; nothing was submitted" in twice.stderr
        assert [p.name for p in (slurm.folder / "outputs/slurm").glob("0*")] == ["0001-pair"]
        experiment.write_text(text.replace("steps: 2", "steps: 3"))
    finally:
        slurm.scontrol("update", "nodename=n1,n2", "state=resume")

    states: set[str] = set()

    def are(state: str) -> bool:
        rows = slurm.status()
        states.update(row["state"] for row in rows)
        assert not states & TROUBLE, rows
        return all(row["state"] == state for row in rows)

    slurm.wait("two runs that train", lambda: are("running"), WAIT_S)
    slurm.wait("their last step", lambda: all(steps_of(row) == STEP for row in slurm.status()), WAIT_S)
    # With its nodes drained an evaluation waits until it has been seen waiting.
    slurm.scontrol("update", "nodename=n1,n2", "state=drain", "reason=test")
    for row in slurm.status():
        gates.open(row["run_id"])
    slurm.wait("two runs that are trained", lambda: are("trained"), WAIT_S)
    assert not list(slurm.folder.glob("outputs/*/outcomes_*.jsonl"))  # both evaluations are the other job's
    slurm.scontrol("update", "nodename=n1,n2", "state=resume")
    slurm.wait("two runs that are done", lambda: are("done"), WAIT_S)
    slurm.wait("the tables", lambda: not slurm.queue(), WAIT_S)
    origins = [json.loads((Path(row["run_dir"]) / "before_origin.json").read_text()) for row in slurm.status()]
    assert origins[0] == origins[1]  # evaluated once, for both rewards
    for row in slurm.status():
        assert row["step"] == 2
        assert "steps: 2" in (Path(row["run_dir"]) / "config.yaml").read_text()
        attempts = (slurm.folder / "outputs/slurm/0001-pair/attempts").glob("*.jsonl")
        assert all('"evaluate"' in path.read_text() for path in attempts)
    assert "hybrid" in (slurm.folder / "outputs/sweeps/pair/sweep.csv").read_text()
    experiment.write_text(text)
    assert slurm.user("run.py", *command, "output_dir=local").returncode == 0
    for row in slurm.status():
        assert facts(Path(row["run_dir"])) == facts(slurm.folder / "local" / row["run_id"])


def test_cancelled_while_waiting_and_submitted_again(slurm: Slurm) -> None:
    command = [*TOY, *CLUSTER, "trainer.steps=1"]
    slurm.scontrol("update", "nodename=n1,n2", "state=drain", "reason=test")
    try:
        assert slurm.user("slurm/submit.py", *command).returncode == 0
        cancelled = slurm.user("slurm/cancel.py", "1")
        assert cancelled.returncode == 0, cancelled.stderr
        assert [row["state"] for row in slurm.status()] == ["cancelled"]
        assert slurm.user("slurm/status.py").returncode == 1
        assert slurm.user("slurm/cancel.py", "1").returncode == 1
        assert slurm.user("slurm/submit.py", *command).returncode == 0
        assert [row["state"] for row in slurm.status()] == ["queued"]
        assert slurm.user("slurm/cancel.py", "2").returncode == 0
        assert slurm.queue() == {}
    finally:
        slurm.scontrol("update", "nodename=n1,n2", "state=resume")


def test_an_exclusive_job_gets_the_memory_of_its_node(slurm: Slurm) -> None:
    """The partition's default is 100 MB a core, which ``--exclusive`` alone would leave it at."""
    slurm.scontrol("update", "nodename=n2", "state=drain", "reason=test")
    try:
        command = [*TOY, *CLUSTER, "trainer.steps=1", "cluster.exclusive=true"]
        assert slurm.user("slurm/submit.py", *command).returncode == 0
        slurm.wait("a job that runs", lambda: "RUNNING" in slurm.queue().values(), WAIT_S)
        (node,) = slurm.call("scontrol", "show", "node", "n1", "--oneliner").stdout.splitlines()
        assert re.search(r"\bAllocMem=(\d+)", node)[1] == re.search(r"\bRealMemory=(\d+)", node)[1]  # type: ignore[index]
        assert slurm.user("slurm/cancel.py", "1").returncode == 0
        slurm.wait("an empty queue", lambda: not slurm.queue(), WAIT_S)
    finally:
        slurm.scontrol("update", "nodename=n2", "state=resume")


def test_options_of_a_site_reach_slurm_and_do_not_hide_the_job(slurm: Slurm) -> None:
    remark = """it's "5 # 7" \\ %j"""
    odd = slurm.folder / "o%j ü"
    odd.mkdir()
    command = [*TOY, *CLUSTER, "trainer.steps=1", f"output_dir='{odd}'"]
    comment = f"--comment={shlex.quote(remark)}".replace('"', '\\"')  # as Hydra reads a quoted value
    options = f'["{comment}", "--job-name=a b"]'
    where = ("--output-dir", str(odd))
    slurm.scontrol("update", "nodename=n1,n2", "state=drain", "reason=test")
    try:
        submitted = slurm.user("slurm/submit.py", *command, f"cluster.sbatch={options}")
        assert submitted.returncode == 0, submitted.stderr
        seen = slurm.call("squeue", "-h", "-r", "-o", "%j|%k|").stdout.strip()
        assert seen == f"a b|{remark}|"
        assert [row["state"] for row in slurm.status(*where)] == ["queued"]
        assert slurm.user("slurm/submit.py", *command).returncode == 2  # it is queued already
    finally:
        slurm.scontrol("update", "nodename=n1,n2", "state=resume")
    slurm.wait("the log where it was named", (odd / "slurm/0001-quickstart/logs/train-0.log").exists, WAIT_S)
    assert slurm.user("slurm/cancel.py", "1", *where).returncode == 0
    slurm.wait("an empty queue", lambda: not slurm.queue(), WAIT_S)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("cluster.partition=debgu", "Did you mean debug?"),
        ("cluster.partition=short", "the partition short allows 1:00"),
        ("cluster.gpus_per_node=8", "No node has that"),
        ("cluster.memory_gb_per_node=900", "No node has that"),
    ],
)
def test_what_slurm_refuses_is_told_and_leaves_nothing(slurm: Slurm, setting: str, said: str) -> None:
    refused = slurm.user("slurm/submit.py", *TOY, *CLUSTER, setting)

    assert refused.returncode == 2
    assert refused.stderr.startswith("error: ")
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert slurm.queue() == {}
    assert list((slurm.folder / "outputs").glob("slurm/0*")) == []
