"""Rows that cannot be used, from every kind of source: each is one skipped row with its reason; the rest goes on."""

from __future__ import annotations

import json
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from real.datasets import DatasetCfg, SkippedRow, load, load_path, stream
from real.datasets.fields import MAX_CELL
from real.datasets.files import MAX_LINE
from real.errors import DataError

PROMPT = [{"role": "user", "content": "do it"}]


def line(number, **changes):
    row = {"task_id": f"t{number}", "prompt": "p", "cases": [{"stdin": "", "expected": "1"}], **changes}
    return json.dumps(row).encode()


def safesql(number, **changes):
    info = {"db_code": "x = 1", "test_info": [{"input": "a\n", "output": ""}], "test_attacks": ["'"]}
    row = {"program_id": f"p{number}", "construct_db": "x", "execute_sql": "y", "prompt": PROMPT, "extra_info": info}
    return {**row, **changes}


def only_skipped(loaded, good):
    assert len(loaded.tasks) == good
    (skipped,) = loaded.skipped
    return skipped


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line(99).replace(b'"p"', b'"\xff"'), "line 11 is not UTF-8: invalid start byte"),
        (line(99, prompt="\ud800"), "field 'prompt' is not valid Unicode: surrogates not allowed"),
        (b"[" * 100_000, "line 11 is not usable JSON"),
        (b"9" * 5000, "line 11 is not usable JSON"),
        (line(99, prompt="x" * (MAX_CELL + 1)), f"field 'prompt' has {MAX_CELL + 1} characters"),
        (line(99, reference="x" * MAX_LINE), "line 11 has more than 64 MiB"),
    ],
    ids=["utf8", "surrogate", "nesting", "digits", "cell", "line"],
)
def test_a_bad_line_spoils_no_other(tmp_path, bad, reason):
    lines = [*map(line, range(10)), bad, *map(line, range(10, 20))]
    (tmp_path / "test.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    skipped = only_skipped(load_path(str(tmp_path), "test"), 20)
    assert skipped.index == 10
    assert reason in skipped.reason


def test_a_first_line_that_is_bad_does_not_hide_what_the_file_is(tmp_path):
    rows = [b"\xff", *(json.dumps(safesql(number)).encode() for number in range(20))]
    (tmp_path / "test.jsonl").write_bytes(b"\n".join(rows))
    loaded = load_path(str(tmp_path), "test")
    assert loaded.name == "safesql"
    assert only_skipped(loaded, 20).index == 0


def test_a_parquet_cell_that_is_not_utf8_spoils_no_other_row(tmp_path):
    table = pa.Table.from_pylist([safesql(number) for number in range(40)])
    texts = [b"\xff\xfe" if number == 17 else b"print(1)" for number in range(40)]
    # Bytes under the type of a string: a file as a careless writer leaves it.
    column = pa.Array.from_buffers(pa.string(), 40, pa.array(texts, pa.binary()).buffers())
    table = table.set_column(table.schema.get_field_index("execute_sql"), "execute_sql", column)
    pq.write_table(table, tmp_path / "test.parquet")
    skipped = only_skipped(load_path(str(tmp_path), "test"), 39)
    assert (skipped.index, skipped.reason) == (17, "not UTF-8: invalid start byte")


def test_a_parquet_cell_of_100_mb_is_a_bad_row(tmp_path):
    rows = [safesql(number) for number in range(20)]
    rows[3]["execute_sql"] = "x" * 100_000_000
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "test.parquet")
    skipped = only_skipped(load(DatasetCfg("safesql", path=str(tmp_path)), "test"), 19)
    assert (skipped.index, skipped.row_id) == (3, "p3")
    assert skipped.reason == f"field 'execute_sql' has 100000000 characters (at most {MAX_CELL})"


def test_a_column_of_another_type_or_missing_is_named(tmp_path):
    for change, reason in (
        ({"execute_sql": b"bytes"}, "field 'execute_sql' is bytes, not text"),
        ({"execute_sql": 3}, "field 'execute_sql' is a value of type int, not a string"),
        ({"extra_info": None}, "missing field 'extra_info'"),
    ):
        pq.write_table(pa.Table.from_pylist([safesql(1, **change)]), tmp_path / "test.parquet")
        with pytest.raises(DataError, match=f"1 of 1 rows cannot be read.* {reason}"):
            load_path(str(tmp_path), "test")


def test_a_stream_holds_a_few_rows_and_not_the_file(tmp_path):
    rows, size = 400, 50_000
    table = pa.Table.from_pylist([safesql(number, execute_sql=f"{number:05}" * (size // 5)) for number in range(rows)])
    pq.write_table(table, tmp_path / "train.parquet", compression="none", use_dictionary=False)
    (tmp_path / "lines").mkdir()
    (tmp_path / "lines" / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
    for folder in (tmp_path, tmp_path / "lines"):
        tracemalloc.start()
        count = sum(1 for _ in stream(DatasetCfg("safesql", path=str(folder)), "train"))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == rows
        assert peak < rows * size / 4, f"{folder}: {peak} bytes at once"


def test_a_stream_says_what_it_skips(tmp_path):
    (tmp_path / "test.jsonl").write_bytes(b"\n".join([line(0), b"{", line(0), line(1)]))
    items = list(stream(DatasetCfg("local_jsonl", path=str(tmp_path)), "test"))
    reasons = [item.reason if isinstance(item, SkippedRow) else item.task_id for item in items]
    assert reasons[0] == "t0"
    assert reasons[1].startswith("line 2 is not JSON")
    assert reasons[2:] == ["task id 't0' occurs twice", "t1"]
