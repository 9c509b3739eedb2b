"""Models that cannot be used are told by what is wrong with them, before anything is trained."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer

from real.errors import DataError, RealError
from real.policy.pretrained import load_pretrained
from real.policy.warm_start.build import SHIPPED

FOLDER = SHIPPED / "tiny-s0"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the shipped miniature, as a folder that a user has downloaded."""
    return Path(shutil.copytree(FOLDER, tmp_path / "model"))


def test_a_folder_with_a_model_is_read(model: Path) -> None:
    network, words = load_pretrained(str(model), torch.float32)
    assert network.get_input_embeddings().weight.shape[0] >= len(words.get_vocab())
    assert words.chat_template


def test_a_tokenizer_without_a_chat_template_is_refused(model: Path) -> None:
    words = AutoTokenizer.from_pretrained(model)
    words.chat_template = None
    for file in model.glob("chat_template*"):
        file.unlink()
    words.save_pretrained(model)
    with pytest.raises(DataError, match="no chat template") as refused:
        load_pretrained(str(model), torch.float32)
    assert str(model) in str(refused.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere", "there is no such folder"),
        ("nowhere/model.gguf", "there is no such file"),
        ("empty", "a folder without config.json"),
        ("broken", "cannot load the model"),
    ],
)
def test_a_path_without_a_model_is_one_message(model: Path, name: str, message: str) -> None:
    (model.parent / "empty").mkdir()
    (model.parent / "broken").mkdir()
    (model.parent / "broken" / "config.json").write_text("{}", encoding="ascii")
    path = str(model.parent / name)
    with pytest.raises(RealError, match=message) as refused:
        load_pretrained(path, torch.float32)
    assert path in str(refused.value)
