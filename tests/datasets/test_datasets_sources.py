"""Where a data set comes from: one rule for every command, and one message that names that command's option."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from omegaconf import OmegaConf

import real.score
from real.datasets import LOADERS, DatasetCfg, load, load_path, load_splits
from real.datasets.__main__ import main
from real.datasets.config import EMBEDDED
from real.datasets.sources import missing
from real.errors import DataError
from real.execution.__main__ import main as execution
from real.serving.__main__ import main as serving

NAME = "safesql"


def row(task_id):
    info = {"db_code": "x = 1", "test_info": [{"input": "a\n", "output": "", "success": True}], "test_attacks": ["'"]}
    prompt = [{"content": "do it", "role": "user"}]
    return {"program_id": task_id, "construct_db": "x", "execute_sql": "y", "prompt": prompt, "extra_info": info}


def put(folder: Path, task_id: str, *files: str) -> Path:
    """A folder with one row in each of ``files``."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files or ("train.parquet", "test.parquet"):
        pq.write_table(pa.Table.from_pylist([row(f"{task_id}-{file.partition('.')[0]}")]), folder / file)
    return folder


@pytest.fixture
def hub(monkeypatch):
    """A hub that gives one row, and notes what it was asked for."""
    asked = []

    def load_dataset(hub_id, *, split, streaming):
        asked.append((hub_id, split))
        return iter([row(f"hub-{split}")])

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    return asked


@pytest.fixture(autouse=True)
def nowhere(monkeypatch, tmp_path):
    """An empty working directory, and no folder of data sets."""
    monkeypatch.delenv("REAL_DATA", raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def found(split: str = "test", **cfg: str) -> str:
    made = DatasetCfg(NAME, hub_id="owner/name")
    for key, value in cfg.items():
        setattr(made, key, value)
    return load(made, split).tasks[0].task_id


def test_a_path_then_the_environment_then_a_local_folder_then_the_hub(tmp_path, monkeypatch, hub):
    given = put(tmp_path / "given", "given")
    assert found() == "hub-test"
    put(Path("data") / NAME, "local")
    assert found() == "local-test"
    monkeypatch.setenv("REAL_DATA", str(tmp_path / "all"))
    put(tmp_path / "all" / NAME, "environment")
    assert found() == "environment-test"
    assert found(path=str(given)) == "given-test"
    assert hub == [("owner/name", "test")]


def test_a_folder_that_was_not_named_counts_only_where_it_holds_the_split(tmp_path, monkeypatch, hub):
    monkeypatch.setenv("REAL_DATA", str(tmp_path / "all"))
    put(tmp_path / "all" / NAME, "environment", "test.parquet")
    assert [found("train"), found("test")] == ["hub-train", "environment-test"]
    with pytest.raises(DataError, match=r"has neither train\.parquet nor train\.jsonl"):
        found("train", path=str(tmp_path / "all" / NAME))  # a given path is the only place


def test_a_given_path_or_environment_that_is_missing_is_an_error_and_not_a_reason_to_look_elsewhere(monkeypatch, hub):
    with pytest.raises(DataError, match=r"safesql: no/where does not exist\n.*dataset\.path=FOLDER"):
        found(path="no/where")
    monkeypatch.setenv("REAL_DATA", "no/data")
    with pytest.raises(DataError, match="REAL_DATA is no/data, which is no folder"):
        found()
    assert load(DatasetCfg("safesql_mini"), "test").tasks  # needs none
    assert hub == []


def test_an_embedded_data_set_is_generated_unless_a_path_is_given(tmp_path, monkeypatch):
    rows = [{"task_id": "own", "prompt": "p", "cases": [{"stdin": "", "expected": "1"}]}]
    own = tmp_path / "all" / "safesql_mini"
    own.mkdir(parents=True)
    (own / "test.jsonl").write_text(json.dumps(rows[0]) + "\n")
    monkeypatch.setenv("REAL_DATA", str(tmp_path / "all"))
    assert len(load_path("safesql_mini", "test").tasks) == 150
    assert [t.task_id for t in load(DatasetCfg("safesql_mini", path=str(own)), "test").tasks] == ["own"]
    assert [t.task_id for t in load_path("safesql_mini", "test", folder=str(tmp_path / "all")).tasks] == ["own"]


COMMANDS = [
    ("--dataset FOLDER", lambda *p: real.score.main(["--dataset", *(p or [NAME]), "--completions", "-"])),
    ("--dataset FOLDER", lambda *p: execution(["baselines", "--dataset", *(p or [NAME])])),
    ("--dataset FOLDER", lambda *p: serving(["--dataset", *(p or [NAME])])),
    ("--data FOLDER", lambda *p: main(["show", *(p or [NAME])])),
    ("--data FOLDER", lambda *p: main(["stats", *(p or [NAME])])),
    ("--data FOLDER", lambda *p: main(["validate", *(p or [NAME])])),
]


@pytest.mark.parametrize(("option", "command"), COMMANDS)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda m: m.setenv("HF_HUB_OFFLINE", "1"), "HF_HUB_OFFLINE forbids to ask the hub for fengyao1909/SafeSQL"),
        (lambda m: m.setitem(sys.modules, "datasets", None), r"pip install 'real-quality-code[hub]'"),
    ],
)
def test_every_command_says_the_same_and_names_its_own_option(option, command, change, reason, monkeypatch, capsys):
    change(monkeypatch)
    assert command() == 3
    said = capsys.readouterr().err
    assert f"in data/{NAME} (REAL_DATA is not set)" in said
    assert reason in said
    assert f"Give {option}, or let REAL_DATA name the folder" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(("option", "command"), COMMANDS)
def test_every_command_names_a_given_path_that_is_missing(option, command, capsys):
    assert command("no/such/folder") == 3
    assert "no/such/folder does not exist" in capsys.readouterr().err


def test_a_hub_that_does_not_answer_says_where_else_the_data_may_lie(monkeypatch, capsys):
    def load_dataset(*_, **__):
        raise OSError("no route")

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    assert main(["show", NAME]) == 3
    said = capsys.readouterr().err
    assert "the hub did not give fengyao1909/SafeSQL, split test: no route" in said
    assert "Give --data FOLDER" in said


def test_a_name_is_streamed_from_its_own_hub_id_by_any_command(hub, capsys):
    assert main(["show", NAME]) == 0
    assert hub == [("fengyao1909/SafeSQL", "test")]
    assert {split: loaded.tasks[0].task_id for split, loaded in load_splits(NAME).items()} == {
        "train": "hub-train",
        "test": "hub-test",
    }


def test_all_splits_are_those_of_one_place(tmp_path, hub):
    put(Path("data") / NAME, "local", "test.parquet")
    assert {split: loaded.tasks[0].task_id for split, loaded in load_splits(NAME).items()} == {"test": "local-test"}
    put(tmp_path / "all" / "mine", "mine", "train.parquet")
    assert list(load_splits("mine", folder=str(tmp_path / "all"))) == ["train"]  # a name that only the folder knows
    assert hub == []


def test_preflight_asks_without_reading(monkeypatch, hub):
    assert missing(DatasetCfg(NAME, hub_id="owner/name")) is None
    assert hub == []
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE forbids" in str(missing(DatasetCfg(NAME, hub_id="owner/name")))
    assert "no/where does not exist" in str(missing(DatasetCfg(NAME, path="no/where")))
    assert "it has no id on the hub" in str(missing(DatasetCfg("local_jsonl")))


def test_the_configuration_and_the_commands_name_the_same_hub_and_no_folder():
    conf = Path(__file__).resolve().parents[2] / "conf" / "dataset"
    for file in conf.glob("*.yaml"):
        content = OmegaConf.load(file)
        assert content.get("hub_id") == LOADERS.get(content.name).hub_id
        assert "path" not in content  # the same run id wherever the data lies
    assert {name for name in LOADERS if LOADERS.get(name).generate is not None} == set(EMBEDDED)


SHARDS = ("test-00000-of-00002.parquet", "test-00001-of-00002.parquet")


@pytest.mark.parametrize("place", ["", "data"])
def test_the_shards_of_a_hub_are_one_split(tmp_path, place):
    put(tmp_path / "repo" / place, "s", *SHARDS)
    put(tmp_path / "repo" / place, "s", "train-00000-of-00001-0123abc.parquet")
    for path in (tmp_path / "repo", tmp_path / "repo" / place / SHARDS[1]):  # a part stands for the whole
        ids = [task.task_id for task in load_path(str(path), "test").tasks]
        assert ids == [f"s-{name.partition('.')[0]}" for name in SHARDS]
    assert len(load_path(str(tmp_path / "repo"), "train").tasks) == 1


def test_a_missing_shard_is_an_error(tmp_path):
    put(tmp_path, "s", SHARDS[1])
    with pytest.raises(DataError, match=r"holds 1 of 2 files of the test split: test-00001-of-00002\.parquet"):
        load_path(str(tmp_path), "test")


def test_lines_end_where_json_lines_end(tmp_path):
    texts = ["a\u2028b", "a\u2029b", "a\u0085b", "a\x0bb\x0cc\x1cd", "a\rb"]
    rows = [
        {"task_id": f"t{n}", "prompt": text, "cases": [{"stdin": text, "expected": text}]}
        for n, text in enumerate(texts)
    ]
    lines = [
        json.dumps(one, ensure_ascii=False) + end for one, end in zip(rows, ["\n", "\r\n", "\n", "\n", ""], strict=True)
    ]
    (tmp_path / "test.jsonl").write_bytes("".join(lines).encode("utf-8-sig"))
    loaded = load_path(str(tmp_path), "test")
    assert loaded.skipped == []
    assert [task.tests.cases[0].expected for task in loaded.tasks] == texts
