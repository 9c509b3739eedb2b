"""Adapters on a frozen backbone: LoRA and prefixes from peft, on the disk with the vocabulary that they belong to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from real.errors import DataError
from real.io.disk import disk_errors, write_json
from real.methods.common.adapter_files import (
    AGAIN,
    BACKBONE,
    CONFIG,
    WEIGHTS,
    adapter_config,
    backbone_of,
    first_difference,
    tensor_shapes,
)
from real.policy.config import LoraCfg
from real.policy.peft_quiet import peft_quiet
from real.training.workspace import Workspace, evaluation_generator


def add_lora(ws: Workspace, lora: LoraCfg, names: Sequence[str] = ("actor",)) -> Any:
    """Put LoRA adapters beside every linear layer of the policy; only they train. The first is the active one."""
    from peft import LoraConfig

    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    return _add(ws, config, names)


def add_prefixes(ws: Workspace, tokens: int, names: Sequence[str]) -> Any:
    """Put ``tokens`` learned keys and values in front of every layer, all zero; only they train."""
    from peft import PrefixTuningConfig

    config = PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=tokens, init_weights="zero")
    return _add(ws, config, names)


def _add(ws: Workspace, config: Any, names: Sequence[str]) -> Any:
    import copy

    from peft import get_peft_model

    with peft_quiet():
        model = get_peft_model(ws.policy.model, copy.deepcopy(config), adapter_name=names[0])
    for name in names[1:]:
        model.add_adapter(name, copy.deepcopy(config))
    activate(model, names[0])
    use(ws, model)
    return model


def use(ws: Workspace, model: Any) -> None:
    """Make ``model`` what the run evaluates."""
    model.eval()
    ws.policy = replace(ws.policy, model=model)
    ws.generator = evaluation_generator(ws.cfg, ws.policy)


def activate(model: Any, name: str) -> None:
    """Route forward passes through adapter ``name``; all adapters stay trainable."""
    model.set_adapter(name)
    for parameter in adapter_parameters(model).values():
        parameter.requires_grad_(True)


def adapter_parameters(model: Any) -> dict[str, Any]:
    """The weights of all adapters, by name."""
    return {
        name: weights
        for name, weights in model.named_parameters()
        if ".lora_" in name or name.startswith("prompt_encoder.")
    }


def vocabulary_hash(tokenizer: Any) -> str:
    """What an adapter's embedding positions mean: the SHA-256 of the vocabulary."""
    return hashlib.sha256(json.dumps(sorted(tokenizer.get_vocab().items())).encode()).hexdigest()


def save_adapters(ws: Workspace, folder: Path, names: Sequence[str]) -> None:
    """Each adapter in ``folder/NAME``, beside them what they were trained on."""
    with disk_errors(folder):
        ws.policy.model.save_pretrained(folder, selected_adapters=list(names))
        facts = {"model": ws.cfg.model.name, "vocabulary": vocabulary_hash(ws.policy.tokenizer)}
        write_json(folder / BACKBONE, facts)


def check_adapters(ws: Workspace, folder: str | None, names: Sequence[str]) -> None:
    """Raise ``DataError`` where the adapters of ``folder`` were trained on another backbone than this one.

    Their vocabulary, the tensors that each has and their shapes are compared, and no weight may be NaN or infinite.
    """
    if folder is None:
        return
    facts = backbone_of(folder)
    hint = "An adapter belongs to its backbone: choose the same model=, or train anew without adapter=."
    if facts["vocabulary"] != vocabulary_hash(ws.policy.tokenizer):
        raise DataError(
            f"the adapters in {folder} were trained on {facts.get('model')}, which has another tokenizer than"
            f" {ws.cfg.model.name}",
            hint=hint,
        )
    for name in names:
        file = Path(folder) / name / WEIGHTS
        expected = _expected_shapes(ws.policy.model, adapter_config(folder, name), file)
        if reason := first_difference(expected, tensor_shapes(file)):
            raise DataError(
                f"the adapter weights {file} were trained on {facts.get('model')}, and do not fit this"
                f" {ws.cfg.model.name}: {reason}",
                hint=hint,
            )
        _check_finite(file)


def _expected_shapes(model: Any, config: Mapping[str, object], file: Path) -> dict[str, tuple[int, ...]]:
    """The tensors that peft saves of an adapter of ``config`` on this model."""
    size = config.get("r") if config.get("peft_type") == "LORA" else config.get("num_virtual_tokens")
    if not isinstance(size, int):
        raise DataError(f"{file.with_name(CONFIG)} says no size of its adapter (r or num_virtual_tokens)", hint=AGAIN)
    if config.get("peft_type") != "LORA":
        facts = model.config
        head = getattr(facts, "head_dim", None) or facts.hidden_size // facts.num_attention_heads
        return {"prompt_embeddings": (size, 2 * facts.num_hidden_layers * facts.num_key_value_heads * head)}
    shapes: dict[str, tuple[int, ...]] = {}
    output = model.get_output_embeddings()
    for name, layer in model.named_modules():
        if isinstance(layer, torch.nn.Linear) and layer is not output:
            shapes[f"base_model.model.{name}.lora_A.weight"] = (size, layer.in_features)
            shapes[f"base_model.model.{name}.lora_B.weight"] = (layer.out_features, size)
    return shapes


def _check_finite(file: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        broken = [name for name, weights in load_file(file).items() if not torch.isfinite(weights).all()]
    except (SafetensorError, OSError) as error:
        raise DataError(f"the adapter weights {file} cannot be read: {error}", hint=AGAIN) from error
    if broken:
        raise DataError(f"the adapter weights {file} hold no numbers in {broken[0]} (NaN or infinite)", hint=AGAIN)


def load_adapters(ws: Workspace, folder: str, names: Sequence[str]) -> Any:
    """Load adapters that ``save_adapters`` wrote, to answer with; raises ``DataError`` where they do not fit."""
    from peft import PeftModel

    try:
        model = PeftModel.from_pretrained(ws.policy.model, str(Path(folder) / names[0]), adapter_name=names[0])
        for name in names[1:]:
            model.load_adapter(str(Path(folder) / name), adapter_name=name)
    except (RuntimeError, ValueError, OSError) as error:
        raise DataError(
            f"the adapters in {folder} do not fit {ws.cfg.model.name}: {str(error).strip().splitlines()[0]}"
        ) from error
    model.set_adapter(names[0])
    use(ws, model)
    return model
