"""Records are found in whatever a program writes that is unambiguous; what is none has a reason."""

import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from real.errors import DataError
from real.io.json_records import read_json_records

# str.splitlines ends a line at each of these; JSON does not.
_NO_LINE_ENDS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


def read(tmp_path, content, name="c.jsonl"):
    (tmp_path / name).write_bytes(content)
    return read_json_records(str(tmp_path / name))


@pytest.mark.parametrize("separator", list("\x85\u2028\u2029"), ids=ascii)
def test_a_raw_separator_in_a_string_ends_no_line(tmp_path, separator):
    records = [{"text": f"a{separator}b"}, {"text": "c"}]
    content = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    assert [record.value for record in read(tmp_path, content.encode())] == records


@given(st.lists(st.text(st.sampled_from(_NO_LINE_ENDS + 'a\n\r"é')), max_size=5))
def test_lines_come_back_whatever_they_hold(tmp_path_factory, texts):
    content = "".join(json.dumps(text, ensure_ascii=False) + "\r\n" for text in texts)
    assert [r.value for r in read(tmp_path_factory.mktemp("lines"), content.encode())] == texts


RECORDS = [{"task_id": "é", "completion": "x"}, {"task_id": "2", "completion": "y"}]
LINES = "\n".join(json.dumps(record, ensure_ascii=False) for record in RECORDS)


@pytest.mark.parametrize(
    "content",
    [
        LINES.encode(),
        b"\xef\xbb\xbf" + LINES.encode(),
        LINES.encode("utf-16"),
        LINES.replace("\n", "\r\n\r\n").encode(),
        json.dumps(RECORDS, indent=2).encode(),
        b"\xef\xbb\xbf\n " + json.dumps(RECORDS).encode() + b"\n",
        gzip.compress(LINES.encode()),
        gzip.compress(json.dumps(RECORDS).encode()),
    ],
    ids=["lines", "mark", "utf-16", "crlf", "array", "array with mark", "gzip", "gzipped array"],
)
def test_the_same_records_in_any_dress(tmp_path, content):
    records = read(tmp_path, content)
    assert [record.value for record in records] == RECORDS
    assert not any(record.problem for record in records)


def test_standard_input_is_read_as_bytes(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(LINES.encode())), "ascii"))
    assert [record.value for record in read_json_records("-")] == RECORDS


def test_a_line_that_is_none_says_where_and_why(tmp_path):
    first, second, third = read(tmp_path, b'{"a": 1}\n\n{"a": \n["x"]\n')
    assert (first.where, first.value) == ("line 1", {"a": 1})
    assert second.where == "line 3"
    assert "not JSON" in second.problem
    assert (third.where, third.value) == ("line 4", ["x"])


@pytest.mark.parametrize(
    "content", [gzip.compress(LINES.encode())[:-9], b"\x1f\x8bnonsense"], ids=["cut off", "nonsense"]
)
def test_damaged_gzip_is_told(tmp_path, content):
    with pytest.raises(DataError, match="cannot be unpacked"):
        read(tmp_path, content)


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    for name in (tmp_path / "nothing", tmp_path):
        with pytest.raises(DataError, match="cannot read"):
            read_json_records(str(name))
