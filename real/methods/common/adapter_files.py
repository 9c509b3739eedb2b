"""Adapters on the disk, looked at without torch: whether they are there, whole, and of the form that is asked for.

A folder of adapters holds ``NAME/adapter_config.json`` and ``NAME/adapter_model.safetensors`` as peft writes them, and
beside them ``backbone.json``: the model that they were trained on. A file of safetensors begins with the length of its
header (8 bytes, little-endian), then the header: a JSON object of tensors with their shapes and places behind it
(https://huggingface.co/docs/safetensors).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from real.errors import DataError
from real.io.disk import read_json
from real.methods.common.user_files import problems
from real.methods.config import AdapterForm

BACKBONE = "backbone.json"
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
AGAIN = "Copy the folder again from where it was trained, or train anew without adapter=."
_TYPES = {AdapterForm.prefix: "PREFIX_TUNING", AdapterForm.lora: "LORA"}  # peft's names
_LENGTH = 8  # bytes that hold the header's length
_LONGEST = 100_000_000  # bytes of a header, by safetensors' own rule


def missing_adapter(folder: str | None, names: Sequence[str], key: str, form: AdapterForm) -> list[str]:
    """One phrase where ``folder``, which ``key`` names, lacks an adapter of ``names``, or holds a damaged one.

    Whether whole weights belong to this backbone is found out by ``check_adapters``.
    """
    if folder is None:
        return []
    absent = [name for name in names if not (Path(folder) / name / CONFIG).is_file()]
    if absent:
        return [f"the adapter {key}={folder} (there is no {absent[0]}/{CONFIG} in it)"]
    return problems(lambda: _check_whole(folder, names, form))


def _check_whole(folder: str, names: Sequence[str], form: AdapterForm) -> None:
    """Raise ``DataError`` for the first file that cannot be used."""
    backbone_of(folder)
    for name in names:
        config = adapter_config(folder, name)
        if config.get("peft_type") != _TYPES[form]:
            raise DataError(
                f"{Path(folder) / name / CONFIG} is of an adapter of the type {config.get('peft_type')}, and"
                f" {_TYPES[form]} is needed",
                hint="sven has prefixes, sven_lora and safecoder have LoRA: choose the method that trained it.",
            )
        tensor_shapes(Path(folder) / name / WEIGHTS)


def backbone_of(folder: str) -> dict[str, object]:
    """What adapters were trained on: ``model`` and the hash of its ``vocabulary``; raises ``DataError``."""
    path = Path(folder) / BACKBONE
    if not path.is_file():
        raise DataError(f"{folder} does not say what its adapters were trained on: there is no {BACKBONE}", hint=AGAIN)
    facts = read_json(path)
    if not isinstance(facts.get("vocabulary"), str):
        raise DataError(f"{path} names no vocabulary", hint="It is written beside the adapters when they are trained.")
    return facts


def adapter_config(folder: str, name: str) -> dict[str, object]:
    """peft's configuration of an adapter; raises ``DataError``."""
    return read_json(Path(folder) / name / CONFIG)


def tensor_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor of a file of safetensors, from its header.

    Raises ``DataError`` where the file is missing, cut off, or no such file.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_LENGTH), "little")
            header = file.read(length) if length <= min(size, _LONGEST) else b""
    except OSError as error:
        raise DataError(f"the adapter weights {path} cannot be read: {error.strerror}", hint=AGAIN) from error
    if len(header) < max(length, 1):
        raise DataError(f"the adapter weights {path} are cut off or no file of safetensors ({size} bytes)", hint=AGAIN)
    try:
        tensors = {name: told for name, told in json.loads(header).items() if name != "__metadata__"}
        shapes = {name: tuple(map(int, told["shape"])) for name, told in tensors.items()}
        end = max((int(told["data_offsets"][1]) for told in tensors.values()), default=0)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise DataError(f"the adapter weights {path} are no file of safetensors", hint=AGAIN) from error
    expected = _LENGTH + length + end
    if size != expected:
        raise DataError(f"the adapter weights {path} have {size} bytes, but their header says {expected}", hint=AGAIN)
    return shapes


def first_difference(expected: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]) -> str:
    """Where the tensors of a file are not those that a backbone needs, in words; empty where they are."""
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            return f"it has no {name}"
        if name not in expected:
            return f"its {name} has no place there"
        if expected[name] != found[name]:
            return f"its {name} is {_shape(found[name])}, and {_shape(expected[name])} is needed"
    return ""


def _shape(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes))
