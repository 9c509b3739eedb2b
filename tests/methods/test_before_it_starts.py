"""What cannot be is said by ``missing``, so that a plan says it, or by ``check``, before the first evaluation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from real.errors import DataError
from real.methods.base import AnsweringMethod
from real.methods.common.adapter_files import BACKBONE
from real.methods.common.pairs import load_pairs
from real.methods.registry import method_names, method_of
from real.settings import RootCfg
from real.training.workspace import Workspace

BINARY = b"\x89PNG\xff\xfe"
PAIR: dict[str, object] = {
    "func_name": "f",
    "file_name": "a.py",
    "vul_type": "cwe-089",
    "func_src_before": "def f(x):\n    return eval(x)\n",
    "func_src_after": "def f(x):\n    return int(x)\n",
}


def lack(name: str, root: RootCfg) -> str:
    """The only thing that ``missing`` says."""
    (said,) = method_of(name).missing(root)
    return said


@pytest.mark.parametrize("name", ["prompt_eng", "self_repair"])
@pytest.mark.parametrize(("content", "said"), [(BINARY, "no text in UTF-8"), (b" \n", "is empty"), (None, "directory")])
def test_a_text_that_cannot_be_used(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    root, file = RootCfg(), tmp_path / "own.txt"
    file.mkdir() if content is None else file.write_bytes(content)
    getattr(root.method, name).text = str(file)
    told = lack(name, root)
    assert f"method.{name}.text={file}" in told
    assert said in told
    assert "It must be a text file in UTF-8" in told


def test_a_request_without_its_field(tmp_path: Path) -> None:
    root, file = RootCfg(), tmp_path / "own.txt"
    file.write_text("Try again.")
    root.method.self_repair.text = str(file)
    assert "has no field {findings}" in lack("self_repair", root)
    file.write_text("Mend this: {findings}")
    assert method_of("self_repair").missing(root) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (BINARY, "no text in UTF-8"),
        (b"", "is empty"),
        (b"[[negative", "no TOML"),
        (b"[[negative]]\nword = 1\n", "is no lexicon"),
        (b'cwe = "CWE-89"\n', "holds no phrase"),
        (b'cwe = "CWE-22"\n[[negative]]\nphrase = "open("\n', "its name says CWE-89"),
    ],
)
def test_a_lexicon_that_cannot_be_used(tmp_path: Path, content: bytes, said: str) -> None:
    root, file = RootCfg(), tmp_path / "cwe_089.toml"
    file.write_bytes(content)
    root.method.codeguard_plus.lexicon = str(tmp_path)
    told = lack("codeguard_plus", root)
    assert str(file) in told
    assert said in told


def test_a_lexicon_of_other_weaknesses(tmp_path: Path) -> None:
    root = RootCfg()
    (tmp_path / "cwe_022.toml").write_text('[[negative]]\nphrase = "open("\n')
    root.method.codeguard_plus.lexicon = str(tmp_path)
    assert "no lexicon for CWE-" in lack("codeguard_plus", root)
    root.method.codeguard_plus.lexicon = None
    assert method_of("codeguard_plus").missing(root) == []


@pytest.mark.parametrize("name", ["codeguard_plus", "promsec"])
def test_a_data_set_without_weaknesses(name: str) -> None:
    root = RootCfg()
    root.dataset.name = "functions_mini"
    assert f"{name} needs tasks that name a CWE, and those of functions_mini name none" in lack(name, root)


@pytest.mark.parametrize("content", [BINARY, b"{", b"[]", b'{"vocabulary": 1}'])
def test_a_backbone_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    root = RootCfg()
    for name in ("actor", "secure"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "adapter_config.json").write_text("{}")
    (tmp_path / BACKBONE).write_bytes(content)
    root.method.safecoder.adapter = root.method.sven.adapter = str(tmp_path)
    for method in ("sven", "safecoder"):
        assert str(tmp_path / BACKBONE) in lack(method, root)


def test_targets_that_cannot_be_read(tmp_path: Path) -> None:
    root, file = RootCfg(), tmp_path / "targets.jsonl"
    file.write_text("{}\n")
    root.method.sft.targets = str(file)
    assert f"{file}, line 1: there is no task_id" in lack("sft", root)


ANSWERING = ["prompt_eng", "codeguard_plus", "promsec", "rejection_sampling", "self_repair"]


@pytest.mark.parametrize("name", method_names())
def test_several_samples_of_a_method_that_answers_once(name: str, workspace: Workspace) -> None:
    """Whoever leaves a responder answers a task once: samples are refused, and for all others they are not."""
    root, method = RootCfg(), method_of(name)
    root.method.name = name
    root.method.sven.pairs = root.method.sven_lora.pairs = root.method.safecoder.pairs = "tasks"
    assert method.missing(root) == []
    root.evaluation.samples, root.evaluation.temperature = 5, 0.8
    said = method.missing(root)
    assert isinstance(method, AnsweringMethod) == (name in ANSWERING)
    if name in ANSWERING:
        assert said == [
            f"evaluation.samples=1 with evaluation.temperature=0 (method={name} gives one answer a task, and samples in"
            " its own way; asked for: 5 samples a task at temperature 0.8)"
        ]
        assert method.run(workspace) == 0
        assert workspace.responder is not None
    else:
        assert said == []


def test_nothing_to_fine_tune_on(tmp_path: Path, workspace: Workspace) -> None:
    """Tasks without references need targets; a folder of targets may have none for this data set."""
    bare, root = [replace(task, reference=None) for task in workspace.train], RootCfg()
    row = {"task_id": "a", "prompt": "Say hello.", "cases": [{"stdin": "", "expected": "hello"}]}
    for split in ("train", "test"):
        (tmp_path / f"{split}.jsonl").write_text(f"{json.dumps(row)}\n")
    root.dataset.name, root.dataset.path = "local_jsonl", str(tmp_path)
    assert "no training task of local_jsonl has a safe reference" in lack("sft", root)
    root.method.sft.targets = str(tmp_path)
    assert "no training task of local_jsonl has a safe reference" in lack("sft", root)
    (tmp_path / "local_jsonl.jsonl").write_text('{"task_id": "a", "response": "print()"}\n')
    assert method_of("sft").missing(root) == []
    workspace.train = bare
    with pytest.raises(DataError, match="nothing to fine-tune on"):
        method_of("sft").check(workspace)


@pytest.mark.parametrize("address", ["http://a b/v1", "http://", "http://host:port/v1", "ftp://host", "http://[::1/v1"])
def test_an_address_that_is_none(address: str) -> None:
    root = RootCfg()
    root.method.promsec.endpoint = address
    assert f"method.promsec.endpoint={address}" in lack("promsec", root)
    root.method.promsec.endpoint = "http://localhost:8000/v1"
    assert method_of("promsec").missing(root) == []


def write_pairs(folder: Path, split: str, *lines: object) -> None:
    (folder / split).mkdir(exist_ok=True)
    (folder / split / "a.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))


@pytest.mark.parametrize("name", ["sven", "sven_lora", "safecoder"])
def test_pairs_that_cannot_be_used(tmp_path: Path, name: str) -> None:
    root = RootCfg()
    root.method.sven_lora.form = root.method.sven_lora.form.__class__.lora
    getattr(root.method, name).pairs = str(tmp_path)
    write_pairs(tmp_path, "train", PAIR)
    assert f"there is none in {tmp_path}/val/*.jsonl" in lack(name, root)
    write_pairs(tmp_path, "val", PAIR)
    assert method_of(name).missing(root) == []
    write_pairs(tmp_path, "val", PAIR, {**PAIR, "func_src_after": None})
    assert "a.jsonl, line 2 is no pair in SVEN's format: func_src_after is None" in lack(name, root)


@pytest.mark.parametrize("name", ["sven", "safecoder"])
def test_twins_that_are_not_there(name: str) -> None:
    root = RootCfg()
    getattr(root.method, name).pairs = "tasks"
    assert method_of(name).missing(root) == []
    root.dataset.name = "functions_mini"  # its twins differ in their types
    assert f"an insecure and a secure solution, which method.{name}.pairs=tasks learns from" in lack(name, root)


@pytest.mark.parametrize("name", ["sven", "safecoder"])
def test_check_reads_the_pairs_before_the_first_evaluation(workspace: Workspace, name: str) -> None:
    own = getattr(workspace.cfg.method, name)
    own.pairs, own.max_tokens = "tasks", 4000
    method_of(name).check(workspace)
    own.max_tokens = 1
    with pytest.raises(DataError, match="within 1 tokens"):
        method_of(name).check(workspace)
    workspace.train = []
    with pytest.raises(DataError, match="there is none in the training tasks"):
        method_of(name).check(workspace)


@pytest.mark.parametrize(
    ("span", "field", "least"),
    [({"char_start": 0, "char_end": 900}, "char_end", 0), ({"char_start": -5, "char_end": 2}, "char_start", 0),
     ({"char_start": 5, "char_end": 3}, "char_end", 5), ({"char_start": "x", "char_end": 3}, "char_start", 0)],
)  # fmt: skip
@pytest.mark.parametrize(("group", "kind"), [("line_changes", "deleted"), ("char_changes", "added")])
def test_spans_beyond_the_text(
    tmp_path: Path, span: dict[str, object], field: str, least: int, group: str, kind: str
) -> None:
    write_pairs(tmp_path, "train", {**PAIR, group: {kind: [span]}})
    with pytest.raises(DataError) as caught:
        load_pairs(str(tmp_path), "sven", "train", (), most=0, seed=0)
    said = str(caught.value)
    assert f"{tmp_path / 'train' / 'a.jsonl'}, line 1 " in said
    assert f"{group}.{kind}[0].{field} is {span[field]!r}, but it must lie between {least} and " in said


@pytest.mark.parametrize("edge", [(0, 0), (0, 1), (1, 1)])
def test_spans_up_to_the_edges(tmp_path: Path, edge: tuple[int, int]) -> None:
    after = str(PAIR["func_src_after"])
    start, end = (len(after) * at for at in edge)
    write_pairs(tmp_path, "train", {**PAIR, "char_changes": {"added": [{"char_start": start, "char_end": end}]}})
    (pair,) = load_pairs(str(tmp_path), "sven", "train", (), most=0, seed=0)
    assert pair.added == ((start, end),)
