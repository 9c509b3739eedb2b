"""The store: run directories are what counts, the index only spares reading them, and bad input gets one message."""

import gzip
import json
import threading

import pytest

import real.results
from real.errors import DataError, UsageError
from real.evaluation.rates import RATE_NAMES, Metrics, Rate, to_json
from real.results.__main__ import main
from real.results.archive import archive
from real.results.comparison import compare
from real.results.index import INDEX, entries, finished
from real.results.task_records import task_records
from real.runs.store import RunState


def unfinished(store):
    (store / "metrics.json").unlink()
    store.write_status(RunState.RUNNING)
    return store


def test_entries_are_the_runs_below_a_folder(run_maker, tmp_path):
    run_maker("store/b")
    run_maker("store/deeper/a", seed=1)
    unfinished(run_maker("store/unfinished"))
    found = entries([tmp_path / "store"])
    assert [(e.run_id, e.state, e.steps, e.run is not None) for e in found] == [
        ("b", "done", 24, True), ("a", "done", 24, True), ("unfinished", "running", 24, False),
    ]  # fmt: skip
    assert "unfinished is not finished (running, 24 steps)" in found[2].problem


def test_the_index_is_used_and_never_stale(run_maker, tmp_path, monkeypatch):
    store = run_maker("store/a")
    entries([tmp_path / "store"])
    with monkeypatch.context() as patched:
        patched.setattr(type(store), "read_metrics", lambda self: pytest.fail("the index was not used"))
        assert entries([tmp_path / "store"])[0].run.seed == 0
    record = json.loads((store / "metrics.json").read_text())
    (store / "metrics.json").write_text(json.dumps({**record, "seed": 77}))
    assert entries([tmp_path / "store"])[0].run.seed == 77


@pytest.mark.parametrize("content", ["", "{", '{"schema": 0, "path": "a"}\n', '{"schema": 1}\nnoise\n{}\n'])
def test_a_damaged_or_older_index_is_built_anew(run_maker, tmp_path, content):
    run_maker("store/a")
    (tmp_path / "store" / INDEX).write_text(content)
    assert entries([tmp_path / "store"])[0].run is not None
    assert json.loads((tmp_path / "store" / INDEX).read_text().splitlines()[0])["path"] == "a"


def test_two_writers_leave_a_right_index(run_maker, tmp_path):
    for number in range(4):
        run_maker(f"store/{number}", seed=number)
    threads = [threading.Thread(target=lambda: entries([tmp_path / "store"])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = (tmp_path / "store" / INDEX).read_text().splitlines()
    assert [json.loads(line)["path"] for line in lines] == ["0", "1", "2", "3"]


def test_a_writer_killed_within_a_run_leaves_the_others(run_maker, tmp_path):
    """Files are replaced as a whole, and a line torn off is left out: the state after any kill is one of these."""
    run_maker("store/whole")
    torn = run_maker("store/torn")
    (torn / "metrics.json").unlink()
    (torn / "status").write_text("running\n")
    with (torn / "steps.jsonl").open("a") as file:
        file.write('{"step": 25, "rewa')
    found = {e.run_id: e for e in entries([tmp_path / "store"])}
    assert found["whole"].run is not None
    assert (found["torn"].state, found["torn"].steps, found["torn"].run) == ("running", 24, None)


def test_a_store_whose_index_cannot_be_written_is_read(run_maker, tmp_path):
    run_maker("store/a")
    (tmp_path / "store" / INDEX).mkdir()
    assert entries([tmp_path / "store"])[0].run is not None


def test_frames_share_the_run_id(run_maker, tmp_path):
    run_maker("store/a")
    run_maker("store/b", trained=False, seed=1)
    unfinished(run_maker("store/c"))
    frames = real.results.load(tmp_path / "store")
    assert list(frames.runs.run_id) == ["a", "b", "c"]
    assert frames.runs.set_index("run_id").problem["c"].endswith("is not finished (running, 24 steps)")
    assert len(frames.rates) == 2 * 3 + 3
    assert len(frames.steps) == 24 + 24
    tasks = frames.tasks.set_index(["run_id", "stage", "task_id"])
    assert list(tasks.index) == [
        (r, s, f"t/{t}") for r, s in (("a", "before"), ("a", "after"), ("b", "before")) for t in (1, 2, 3)
    ]
    assert tuple(tasks.loc[("a", "after", "t/1"), ["function", "quality", "func_qual"]]) == (True, True, True)
    assert tuple(tasks.loc[("a", "before", "t/1"), ["function", "quality", "func_qual"]]) == (True, False, False)
    assert tasks.loc[("a", "after", "t/3"), "reason"] == "no code block"
    assert set(frames.findings.rule) == {"CWE-89"}
    assert frames.findings.iloc[0].trace[0] == {"line": 2, "note": "source: input()"}


@pytest.mark.parametrize("made", [False, True])
def test_an_empty_store_is_one_message(tmp_path, made):
    folder = tmp_path / "nothing"
    if made:
        folder.mkdir()
    with pytest.raises(DataError, match="no run under .*nothing" if made else "nothing is no directory"):
        real.results.load(folder)
    assert main(["list", str(folder)]) == 3


def test_only_unfinished_runs_say_why(run_maker, tmp_path):
    unfinished(run_maker("store/c"))
    with pytest.raises(DataError, match=r"no finished run under .*c is not finished"):
        finished([tmp_path / "store"])


def test_a_newer_schema_is_refused_by_name_and_the_first_is_read(run_maker, tmp_path, capsys):
    store = run_maker("store/a")
    record = json.loads((store / "metrics.json").read_text())
    (store / "metrics.json").write_text(json.dumps({k: v for k, v in record.items() if k != "schema"}))
    assert entries([tmp_path / "store"])[0].run is not None
    (store / "metrics.json").write_text(json.dumps({**record, "schema": 99}))
    assert main(["list", str(tmp_path / "store")]) == 0
    assert "is of schema 99, and this version of REAL reads 1 to" in capsys.readouterr().out
    assert main(["show", str(store.path)]) == 3


@pytest.mark.parametrize("schema", [0, -1, "3", None, 2.5])
def test_a_schema_that_no_version_writes_is_no_newer_one(run_maker, tmp_path, schema, capsys):
    store = run_maker("store/a")
    store.write_metrics({**store.read_metrics(), "schema": schema})
    assert main(["show", str(store.path)]) == 3
    said = capsys.readouterr().err
    assert f"is of schema {schema!r}" in said
    assert "No version writes that" in said
    assert "newer" not in said


def test_a_run_that_is_done_lacks_its_figures_and_is_not_unfinished(run_maker, tmp_path):
    (run_maker("store/a") / "metrics.json").unlink()
    (entry,) = entries([tmp_path / "store"])
    assert "a is done, as its status says, but its metrics.json is missing" in entry.problem
    assert "not finished" not in entry.problem


EMPTY = {"plain": b"", "no bytes": b"", "packed": gzip.compress(b""), "torn": gzip.compress(b'{"task_id": "t/1", "st')}


@pytest.mark.parametrize("kind", ["outcomes", "completions"])
@pytest.mark.parametrize("form", EMPTY)
def test_an_empty_record_of_counted_responses_is_damage(run_maker, tmp_path, kind, form, capsys):
    """Other runs of the folder count all the same; by itself the run is refused."""
    run_maker("store/whole", steps=2)
    entries([tmp_path / "store"])
    store = run_maker("store/cut", seed=1, steps=2)
    entries([tmp_path / "store"])  # the index must see that a file changed
    path = store / f"{kind}_after.jsonl"
    path.unlink()
    (path if form == "plain" else path.with_name(f"{path.name}.gz")).write_bytes(EMPTY[form])
    said = f"cut/{kind}_after.jsonl is empty, but metrics.json counts 152 responses after training"
    out = ["--out", str(tmp_path / "out")]
    for command, options in (
        (["paper", "table", "4"], ["--miniature"]), (["export"], out), (["report"], [*out[:1], f"{out[1]}.html"]),
        (["sweep"], out),
    ):  # fmt: skip
        assert main([*command, str(tmp_path / "store"), *options]) == 0, command
        assert f"left out: {tmp_path / 'store' / said}" in capsys.readouterr().err, command
        assert main([*command, str(store.path), *options]) == 3, command
        assert said in capsys.readouterr().err, command
    assert main(["report", str(store.path)]) == 3
    assert said in capsys.readouterr().err
    assert not (store / "report.html").exists()


def test_one_damaged_run_does_not_keep_the_others_from_being_exported(run_maker, tmp_path, capsys):
    run_maker("store/whole", steps=2)
    damages = {"metrics.json": b"{", "outcomes_before.jsonl": b"noise\n", "completions_after.jsonl.gz": b"no gzip"}
    for number, (name, content) in enumerate(damages.items()):
        store = run_maker(f"store/{number}", seed=number + 1, steps=2)
        (store / name.removesuffix(".gz")).unlink()
        (store / name).write_bytes(content)
    out = ["--out", str(tmp_path / "out")]
    assert main(["export", str(tmp_path / "store"), *out]) == 0
    said = capsys.readouterr().err
    assert all(f"store/{number}/{name}" in said for number, name in enumerate(damages))
    frames = real.results.load(tmp_path / "store")
    assert set(frames.tasks.run_id) == set(frames.steps.run_id) == set(frames.rates.run_id) == {"whole"}
    assert list(frames.runs.problem != "") == [True, True, True, False]
    assert main(["report", str(tmp_path / "store"), "--out", str(tmp_path / "page.html")]) == 0
    assert capsys.readouterr().err.count("left out:") == 2 * 3
    assert "1 run" in (tmp_path / "page.html").read_text()
    assert main(["export", *(str(tmp_path / f"store/{number}") for number in range(3)), *out]) == 3
    assert "can be read" in capsys.readouterr().err


def test_list_show_and_compare(run_maker, tmp_path, capsys):
    a, b = run_maker("store/a"), run_maker("store/b", seed=1)
    assert main(["list", str(tmp_path / "store")]) == 0
    assert ["b", "done", "24", "0.707", "0.933"] in [line.split()[:5] for line in capsys.readouterr().out.splitlines()]
    assert main(["show", str(a.path)]) == 0
    assert "detector 1, execution 1, typecheck 1" in capsys.readouterr().out
    assert main(["compare", f"{a.path}:before", str(b.path)]) == 0
    said = capsys.readouterr().out
    assert "a (before)" in said
    assert "Func.-Qual. gained: t/1" in said


def test_compare_counts_paired_tasks(run_maker):
    a = run_maker("a").path
    found = compare(a.with_name("a:before"), a)
    quality = {one.metric: one for one in found.metrics}["quality"]
    assert (quality.first.passed, quality.second.passed, quality.first.n) == (0, 2, 3)
    assert (quality.gained, quality.lost) == (("t/1", "t/2"), ())
    assert quality.p_value == 0.5  # two tasks that differ, both to the better: 2 * (1/2) ** 2
    assert quality.bootstrap[0] == quality.difference[0]


def test_compare_refuses_what_cannot_be_compared(run_maker, capsys):
    a, b = run_maker("a"), run_maker("b", detector="2")
    assert main(["compare", str(a.path), str(b.path)]) == 3
    assert "detector: 1 (a); 2 (b)" in capsys.readouterr().err
    assert main(["compare", str(a.path), str(b.path), "--allow-mixed"]) == 0
    assert "MIXED" in capsys.readouterr().out
    assert main(["compare", f"{a.path}:middle", str(b.path), "--allow-mixed"]) == 3
    assert "It has before and after" in capsys.readouterr().err


def whole(store):
    """The run with the figures that its three recorded answers give."""
    record = store.read_metrics()
    for stage in ("before", "after"):
        records = task_records(store.path, stage)
        passed = [Rate.of(sum(getattr(one, name) is True for one in records), 3) for name in RATE_NAMES]
        record[stage] = to_json(Metrics(*passed, None, 3, 0))
    store.write_metrics(record)
    return store


def test_an_archive_reads_like_the_run_it_came_from(run_maker, tmp_path):
    store = whole(run_maker("a"))
    (store / "checkpoint.pt").write_bytes(b"weights")
    (folder,) = archive([store.path], tmp_path / "packed")
    assert "checkpoint.pt" not in {path.name for path in folder.iterdir()}
    assert (folder / "outcomes_after.jsonl.gz").exists()
    first, second = (real.results.load(path) for path in (store.path, folder))
    for name in ("rates", "tasks", "steps", "findings"):
        assert getattr(first, name).equals(getattr(second, name)), name
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    archive([folder], tmp_path / "packed")  # an archive of an archive is the same, and packing it again too
    archive([store.path], tmp_path / "packed")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_an_archive_is_append_only_and_of_finished_runs(run_maker, tmp_path):
    store = whole(run_maker("a"))
    archive([store.path], tmp_path / "packed")
    (store / "status").write_text("failed: no\n")
    with pytest.raises(UsageError, match="holds another run"):
        archive([store.path], tmp_path / "packed")
    (store / "metrics.json").unlink()
    with pytest.raises(DataError, match=r"metrics.json is missing"):
        archive([store.path], tmp_path / "other")


@pytest.mark.parametrize(
    ("name", "kept", "said"),
    [
        ("outcomes_after.jsonl", 2, "does not give the figures of metrics.json: 2 judged and 0 masked"),
        ("outcomes_before.jsonl", 0, "metrics.json: 0 judged and 0 masked"),
        ("completions_after.jsonl", 1, "lacks 2 of 3 responses, such as that to t/2"),
    ],
)
def test_a_run_that_was_cut_off_is_not_archived(run_maker, tmp_path, name, kept, said, capsys):
    store = whole(run_maker("a"))
    lines = (store / name).read_text().splitlines(keepends=True)
    (store / name).write_text("".join(lines[:kept]) + lines[kept][:40])
    assert main(["archive", str(store.path), "--out", str(tmp_path / "packed")]) == 3
    assert said in capsys.readouterr().err
    assert not (tmp_path / "packed").exists()


def test_a_run_and_its_copy_count_once_and_two_of_one_name_are_told_apart(run_maker, tmp_path, capsys):
    store = whole(run_maker("one/a"))
    archive([store.path], tmp_path / "two")
    table = ["paper", "table", "4", str(tmp_path / "one"), str(tmp_path / "two"), "--miniature"]
    assert main(table) == 0
    assert list(real.results.load(tmp_path / "one", tmp_path / "two").runs.run_id) == ["a"]
    record = store.read_metrics()
    store.write_metrics({**record, "seconds": 1.0})
    assert main(table) == 3
    said = capsys.readouterr().err
    assert f"{tmp_path / 'one/a'} and {tmp_path / 'two/a'} have one name, but not the same figures" in said


def test_a_damaged_archive_is_named(run_maker, tmp_path):
    (folder,) = archive([whole(run_maker("a")).path], tmp_path / "packed")
    (folder / "outcomes_after.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(DataError, match=r"outcomes_after.jsonl.gz cannot be decompressed"):
        real.results.load(folder)


@pytest.mark.parametrize("fmt", ["csv", "parquet"])
def test_export_writes_every_frame(run_maker, tmp_path, fmt, capsys):
    import pandas as pd

    run_maker("store/a")
    assert main(["export", str(tmp_path / "store"), "--out", str(tmp_path / "out"), "--format", fmt]) == 0
    read = pd.read_csv if fmt == "csv" else pd.read_parquet
    assert len(read(tmp_path / "out" / f"tasks.{fmt}")) == 6
    assert {path.stem for path in (tmp_path / "out").iterdir()} == {
        *("runs", "rates", "tasks", "steps", "findings", "pass_at_k")
    }
