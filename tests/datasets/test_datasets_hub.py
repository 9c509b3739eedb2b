"""Rows from the hub: the same tasks as from the files, streamed through the ``datasets`` library."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from real.datasets import DatasetCfg, load
from real.errors import DataError

PROMPT = [{"content": "do it  \r\n\tünïcode ☃", "role": "user"}]


@pytest.fixture(autouse=True)
def nothing_at_hand(monkeypatch, tmp_path):
    monkeypatch.delenv("REAL_DATA", raising=False)
    monkeypatch.chdir(tmp_path)


def row(number):
    info = {"db_code": "x = 1", "test_info": [{"input": "a\n", "output": "", "success": True}], "test_attacks": ["'"]}
    return {"program_id": f"p{number}", "construct_db": "x", "execute_sql": "y", "prompt": PROMPT, "extra_info": info}


def test_the_hub_is_streamed_by_id_and_split(monkeypatch):
    calls = []

    def load_dataset(hub_id, *, split, streaming):
        calls.append((hub_id, split, streaming))
        return iter(row(number) for number in range(3))

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    loaded = load(DatasetCfg("safesql", hub_id="owner/name"), "train")
    assert calls == [("owner/name", "train", True)]
    assert [task.task_id for task in loaded.tasks] == ["p0", "p1", "p2"]


@pytest.mark.parametrize("error", [OSError("no route"), ValueError("Unknown split")])
def test_a_refusal_of_the_hub_is_one_message(monkeypatch, error):
    def load_dataset(*_, **__):
        raise error

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    with pytest.raises(DataError, match=f"the hub did not give owner/name, split train: {error}"):
        load(DatasetCfg("safesql", hub_id="owner/name"), "train")


def test_the_library_itself_reads_a_hub_layout_as_the_files_are_read(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    pytest.importorskip("datasets", reason="datasets is not installed: pip install 'real-quality-code[hub]'")
    (tmp_path / "repo" / "data").mkdir(parents=True)
    table = pa.Table.from_pylist([row(number) for number in range(40)])
    pq.write_table(table, tmp_path / "repo" / "data" / "train-00000-of-00001.parquet")
    pq.write_table(table, tmp_path / "train.parquet")
    hub = load(DatasetCfg("safesql", hub_id=str(tmp_path / "repo")), "train")
    assert hub == load(DatasetCfg("safesql", path=str(tmp_path)), "train")
    assert hub.tasks[0].prompt[0].content == PROMPT[0]["content"]
    with pytest.raises(DataError, match=r"the hub did not give .* split test"):
        load(DatasetCfg("safesql", hub_id=str(tmp_path / "repo")), "test")
