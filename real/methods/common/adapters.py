"""Adapters on a frozen backbone: LoRA and prefixes from peft, on the disk with the vocabulary that they belong to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from real.errors import DataError
from real.io.disk import disk_errors, read_json, write_json
from real.methods.common.user_files import problems
from real.policy.config import LoraCfg
from real.training.workspace import Workspace, evaluation_generator

BACKBONE = "backbone.json"  # beside the adapters: what they were trained on
_CONFIG = "adapter_config.json"


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


def missing_adapter(folder: str | None, names: Sequence[str], key: str) -> list[str]:
    """One phrase where ``folder``, which ``key`` names, lacks an adapter of ``names``, or what it holds is none.

    Nothing is loaded: whether weights fit is found out when they are.
    """
    if folder is None:
        return []
    absent = [name for name in names if not (Path(folder) / name / _CONFIG).is_file()]
    if absent:
        return [f"the adapter {key}={folder} (there is no {absent[0]}/{_CONFIG} in it)"]
    configurations = (partial(read_json, Path(folder) / name / _CONFIG) for name in names)
    return problems(lambda: _backbone(folder), *configurations)


def _backbone(folder: str) -> dict[str, object]:
    path = Path(folder) / BACKBONE
    if not path.is_file():
        raise DataError(f"{folder} does not say what its adapters were trained on: there is no {BACKBONE}")
    facts = read_json(path)
    if not isinstance(facts.get("vocabulary"), str):
        raise DataError(f"{path} names no vocabulary", hint="It is written beside the adapters when they are trained.")
    return facts


def check_backbone(ws: Workspace, folder: str | None) -> None:
    """Raise ``DataError`` where the adapters of ``folder`` were trained on a model with another tokenizer."""
    if folder is None:
        return
    facts = _backbone(folder)
    if facts["vocabulary"] != vocabulary_hash(ws.policy.tokenizer):
        raise DataError(
            f"the adapters in {folder} were trained on {facts.get('model')}, which has another tokenizer than"
            f" {ws.cfg.model.name}",
            hint="An adapter belongs to its backbone: choose the same model=, or train anew without adapter=.",
        )


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
