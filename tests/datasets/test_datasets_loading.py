"""Names, paths, schema detection, bad rows and the 5 % rule."""

from __future__ import annotations

import json

import pytest

from real.datasets import DatasetCfg, load, load_path
from real.errors import DataError, UnknownNameError

GOOD = {"task_id": "t", "description": "Read a name.", "cases": [{"stdin": "a\n", "expected": "b"}]}


def write(path, rows):
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def good(count):
    return [{**GOOD, "task_id": f"t{i}"} for i in range(count)]


def test_unknown_name_offers_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean safesql_mini") as caught:
        load(DatasetCfg(name="safesql_mni"), "test")
    assert caught.value.exit_code == 2
    with pytest.raises(UnknownNameError, match="Did you mean apps_plus"):
        load_path("app_plus", "test")


def test_unknown_split_offers_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean test"):
        load(DatasetCfg(), "tst")


def test_load_path_takes_a_name_with_its_settings():
    assert load_path("safesql_mini", "test").tasks == load(DatasetCfg(), "test").tasks
    assert load_path("safesql_mini", "test", data_seed=1).tasks == load(DatasetCfg(data_seed=1), "test").tasks


def test_load_path_takes_a_file_or_a_folder(tmp_path):
    write(tmp_path / "test.jsonl", good(3))
    for path in (tmp_path, tmp_path / "test.jsonl"):
        loaded = load_path(str(path), "test")
        assert (loaded.name, len(loaded.tasks), loaded.skipped) == ("local_jsonl", 3, [])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: p / "absent.jsonl", "does not exist"),
        (lambda p: p, "neither test.parquet nor test.jsonl"),
        (lambda p: write(p / "empty.jsonl", []), "holds no row"),
        (lambda p: write(p / "notes.txt", ["hi"]), "neither a .parquet nor a .jsonl"),
        (lambda p: write(p / "fake.parquet", ["not parquet"]), "cannot be read as parquet"),
    ],
)
def test_unusable_files_give_one_clear_message(tmp_path, make, message):
    with pytest.raises(DataError, match=message):
        load_path(str(make(tmp_path)), "test")


def test_a_parquet_file_of_unknown_columns_says_what_was_looked_for(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"x": [1]}), tmp_path / "test.parquet")
    with pytest.raises(DataError, match=r"columns of no known data set: x\n  Known: .*safesql: "):
        load_path(str(tmp_path), "test")


BAD = [
    ("{not json", "line 1 is not JSON"),
    ("[1]", "line 1 is not a JSON object"),
    ({"task_id": "x", "cases": GOOD["cases"]}, "missing field 'prompt'"),
    ({**GOOD, "task_id": None}, "missing field 'task_id'"),
    ({**GOOD, "task_id": 5}, "field 'task_id' is a value of type int, not a string"),
    ({**GOOD, "description": " "}, "field 'description' is empty"),
    ({**GOOD, "cases": []}, "field 'cases' is empty"),
    ({**GOOD, "cases": "a"}, "field 'cases' is a string, not a list"),
    ({**GOOD, "cases": ["a"]}, "field 'cases[0]' is a string, not an object"),
    ({**GOOD, "cases": [{"stdin": "a"}]}, "missing field 'expected'"),
    ({**GOOD, "checks": ["speed"]}, "field 'checks' may hold security and maintainability"),
    ({**GOOD, "attacks": [{"stdin": "'"}]}, "field 'attacks' needs 'database'"),
    ({**GOOD, "tags": 3}, "field 'tags' is a value of type int, not an object"),
    ({**GOOD, "task_id": "t7"}, "task id 't7' occurs twice"),
]


@pytest.mark.parametrize(("row", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_a_bad_row_is_skipped_with_its_reason(tmp_path, row, reason):
    rows = [row, *good(30)] if "twice" not in reason else [*good(30), row]
    loaded = load_path(str(write(tmp_path / "a.jsonl", rows)), "test")
    assert len(loaded.tasks) == 30
    (skipped,) = loaded.skipped
    assert skipped.index == (30 if "twice" in reason else 0)
    assert reason in skipped.reason


@pytest.mark.parametrize(("bad", "fatal"), [(1, False), (2, True)])
def test_more_than_five_percent_of_bad_rows_is_an_error_naming_the_reasons(tmp_path, bad, fatal):
    rows = [*[{"task_id": f"bad{i}"} for i in range(bad)], *good(20 - bad)]
    path = write(tmp_path / "a.jsonl", rows)
    if not fatal:
        assert len(load_path(str(path), "test").skipped) == 1
        return
    with pytest.raises(DataError, match=r"2 of 20 rows .* row 0 \(bad0\): missing field 'prompt'") as caught:
        load_path(str(path), "test")
    assert caught.value.exit_code == 3


def test_the_hash_covers_what_judges_and_what_asks(tmp_path):
    def hashed(row):
        return load_path(str(write(tmp_path / "a.jsonl", [row])), "test").content_hash

    base = hashed(GOOD)
    assert hashed(dict(reversed(GOOD.items()))) == base
    assert hashed({**GOOD, "description": "Read a number."}) != base
    assert hashed({**GOOD, "cases": [{"stdin": "a\n", "expected": "c"}]}) != base
    assert hashed({**GOOD, "checks": ["security"]}) != base
