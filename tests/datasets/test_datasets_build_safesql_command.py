"""``build safesql`` from the command line: small builds, resuming after a kill, and bad input told in one message."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from chat_stub import ChatStub, completion

from real.datasets import load_path
from real.datasets.__main__ import main
from real.datasets.build.safesql.builder import Builder, Plan
from real.datasets.build.safesql.candidate import Candidate, Reason, Rejected
from real.datasets.build.safesql.grammar import Grammar, seed_ids
from real.datasets.build.safesql.manifest import read_manifest, tasks_of
from real.datasets.loading import content_hash
from real.errors import DataError, InfrastructureError


def build(*options):
    return main(["build", "safesql", "--workers", "1", *map(str, options)])


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    out = tmp_path_factory.mktemp("small")
    assert build("--limit", 3, "--out", out) == 0
    return out


def test_a_small_build_writes_splits_funnel_and_manifest(small):
    tasks = [task for split in ("train", "test") for task in read(small, split)]
    funnel = json.loads((small / "funnel.json").read_text())
    assert funnel["tried"] == 3
    assert funnel["kept"] == len(tasks)
    refused = [json.loads(line) for line in (small / "refused.jsonl").read_text().splitlines()]
    assert len(refused) == 3 - len(tasks)
    manifest = read_manifest(small / "manifest.json")
    for split in ("train", "test"):
        assert content_hash(tasks_of(manifest, split)) == content_hash(read(small, split))


def read(folder, split):
    path = folder / f"{split}.jsonl"
    return load_path(str(path), split).tasks if path.read_text() else []


def test_the_same_build_again_runs_nothing_and_writes_the_same_bytes(small, capsys, monkeypatch):
    before = {path.name: path.read_bytes() for path in small.glob("t*.jsonl")}
    monkeypatch.setattr("real.datasets.build.safesql.gates.Gates._submit", None)  # would fail if anything ran
    assert build("--limit", 3, "--out", small) == 0
    assert {path.name: path.read_bytes() for path in small.glob("t*.jsonl")} == before
    assert "results" in capsys.readouterr().err


def test_a_build_resumes_after_a_kill(tmp_path):
    command = [sys.executable, "-m", "real.datasets", "build", "safesql", "--workers", "1", "--limit", "40"]
    journal = tmp_path / "journal.jsonl"
    process = subprocess.Popen([*command, "--out", str(tmp_path)], stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 120
    while not (journal.exists() and journal.read_bytes().count(b"\n") >= 1) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    known = [json.loads(line)["id"] for line in journal.read_text().splitlines()]
    assert 1 <= len(known) < 26
    journal.write_bytes(journal.read_bytes() + b'{"key": "torn')
    checked = []

    class Recording:
        def check(self, candidates):
            checked.extend(c.candidate_id for c in candidates)
            return iter(candidates)

    from real.datasets.build.journal import BuildJournal
    from real.datasets.build.safesql.recipes import RECIPES

    seeds = RECIPES["safesql_gen"].seeds(0, 1, round(40 * RECIPES["safesql_gen"].seed_share))
    plan = Plan(0, 0, 1, 40, distinct=False)
    built = Builder(plan, Grammar(0), Recording(), BuildJournal(journal), []).build(seeds.items)
    assert not set(known) & set(checked), "what was known is not checked again"
    assert len(known) + len(checked) == sum(isinstance(item, Candidate) for item in seeds.items)
    assert len(built.kept) + len(built.refused) == len(seeds.items)


def test_evolution_goes_on_from_what_passed_and_keeps_to_the_limit(tmp_path):
    from real.datasets.build.journal import BuildJournal

    class Picky:
        def check(self, candidates):
            for number, candidate in enumerate(candidates):
                bad = number % 2
                yield Rejected(candidate.candidate_id, candidate.operators, Reason.CASES) if bad else candidate

    grammar = Grammar(0)
    seeds = [grammar.candidate(name) for name, _ in zip(seed_ids(1), range(8), strict=False)]
    plan = Plan(0, 2, 2, 18, distinct=False)
    built = Builder(plan, grammar, Picky(), BuildJournal(tmp_path / "j"), []).build(seeds)
    everyone = [*built.kept, *built.refused]
    assert len(everyone) == built.funnel.tried.total() == 18
    assert len({item.candidate_id for item in everyone}) == 18
    kept = {candidate.candidate_id for candidate in built.kept}
    for item in everyone:
        if item.operators:
            assert item.candidate_id.rpartition(".")[0] in kept, "a refused parent has no children"


def test_a_failure_of_the_machine_is_not_remembered(tmp_path):
    from real.datasets.build.journal import BuildJournal

    class Broken:
        def check(self, candidates):
            return (Rejected(c.candidate_id, c.operators, Reason.MACHINE, "no memory") for c in candidates)

    grammar = Grammar(0)
    journal = BuildJournal(tmp_path / "j")
    with pytest.raises(InfrastructureError, match=r"failed 1 candidates.*no memory"):
        Builder(Plan(0, 0, 1, 5), grammar, Broken(), journal, []).build([grammar.candidate("bakery-lookup-0")])
    assert len(journal) == 0


def test_the_llm_evolver_end_to_end_and_replayed(tmp_path, capsys):
    child = Grammar(0).candidate("bakery-page-0")
    fields = {
        "description": "Another task. " + child.description, "database": child.database,
        "safe_program": child.reference + "# evolved\n", "unsafe_program": child.unsafe,
        "inputs": [case.stdin for case in child.cases], "attacks": [attack.stdin for attack in child.attacks],
    }  # fmt: skip
    options = ["--limit", 3, "--evolver", "llm", "--model", "stub"]
    with ChatStub(lambda body: (200, completion(json.dumps(fields)))) as stub:
        assert build(*options, "--base-url", stub.url, "--out", tmp_path / "a") == 0
        assert stub.seen
    assert build(*options, "--replay", tmp_path / "a" / "replies.jsonl", "--out", tmp_path / "b") == 0
    for split in ("train", "test"):
        assert (tmp_path / "a" / f"{split}.jsonl").read_bytes() == (tmp_path / "b" / f"{split}.jsonl").read_bytes()
    assert not (tmp_path / "a" / "manifest.json").exists(), "what a model wrote cannot be made again"
    evolved = [t for split in ("train", "test") for t in read(tmp_path / "a", split) if t.tags["evolved"]]
    assert [t.unsafe for t in evolved] == [child.unsafe]
    assert "kept" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--evolver", "llm"], 2, "needs --model"),
        (["--evolver", "llm", "--model", "m", "--replay", "nothing.jsonl"], 3, "does not exist"),
        (["--evolver", "llm", "--model", "m", "--replay", "a", "--record", "b"], 2, "one of the two"),
        (["--data", "nowhere"], 3, "does not exist"),
        (["--out", "/proc/nothing"], 4, "cannot write"),
    ],
)
def test_bad_input_is_one_message(tmp_path, capsys, options, code, words):
    out = [] if "--out" in options else ["--out", tmp_path]
    assert build("--limit", 1, *options, *out) == code
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err
    assert err.count("error:") == 1


def test_a_full_disk_is_one_message(capsys, tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("real.io.disk.os.fsync", full)
    assert build("--limit", 1, "--out", tmp_path) == 4
    assert "disk is full" in capsys.readouterr().err


def test_an_endpoint_that_refuses_is_one_message(tmp_path, capsys):
    with ChatStub(lambda body: (401, {"error": {"message": "wrong key"}})) as stub:
        options = ["--evolver", "llm", "--model", "m", "--base-url", stub.url, "--rounds", 1, "--limit", 2]
        assert build(*options, "--out", tmp_path) == 4
    err = capsys.readouterr().err
    assert "refuses the request: 401" in err
    assert "Traceback" not in err


def test_a_manifest_that_cannot_be_true_is_one_message(small, tmp_path):
    text = (small / "manifest.json").read_text()
    path = tmp_path / "manifest.json"
    path.write_text(text.replace('"grammar": 1', '"grammar": 0'))
    with pytest.raises(DataError, match="version 0 of the grammar"):
        read_manifest(path)
    path.write_text('{"grammar": 1}')
    with pytest.raises(DataError, match="no manifest"):
        read_manifest(path)
    manifest = read_manifest(small / "manifest.json")
    split = max(manifest.splits, key=lambda name: len(manifest.splits[name]))
    digest = manifest.splits[split][0].digest
    path.write_text(text.replace(digest, "0" * 16))
    with pytest.raises(DataError, match="comes out differently here"):
        list(tasks_of(read_manifest(path), split))
