"""SVEN: its objective by hand, what it trains and leaves alone, generation behind a prefix, adapters on the disk."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch

from real.errors import DataError
from real.generation.config import GenerationCfg
from real.generation.hf import HfGenerator
from real.methods.common.adapter_files import missing_adapter
from real.methods.common.adapters import (
    activate,
    adapter_parameters,
    add_lora,
    add_prefixes,
    check_adapters,
    load_adapters,
    save_adapters,
)
from real.methods.common.losses import contrastive_loss, kl_divergence, log_likelihood_loss, masked_mean
from real.methods.common.masks import Sample
from real.methods.config import AdapterForm, SvenCfg
from real.methods.sven import ADAPTERS, METHOD
from real.methods.sven.objective import SvenObjective, margin
from real.methods.sven_lora import METHOD as LORA
from real.policy.config import LoraCfg
from real.policy.policy import Policy
from real.policy.tokenizer import train_tokenizer
from real.training.workspace import Workspace

SAMPLE = Sample((5, 6, 7), (8, 9, 10, 11), (False, True, True, False), True, "py/cwe-089")
CFG = SvenCfg(prefix_tokens=3, dropout=0.0)


def with_prefixes(ws: Workspace) -> Any:
    made = add_prefixes(ws, CFG.prefix_tokens, ADAPTERS)
    torch.manual_seed(1)
    with torch.no_grad():
        for weights in adapter_parameters(made).values():
            weights.normal_()
    return made


def test_the_objective_is_the_sum_of_its_parts(workspace: Workspace) -> None:
    """Against peft's own forward pass, whole logits and the formulas."""
    made = with_prefixes(workspace)
    ids = torch.tensor([[*SAMPLE.prompt, *SAMPLE.response]])

    def distribution(name: str | None) -> torch.Tensor:
        if name is not None:
            activate(made, name)
            logits = made(input_ids=ids).logits
        else:
            with made.disable_adapter():
                logits = made(input_ids=ids).logits
        return torch.log_softmax(logits[0, 2:-1].float(), dim=-1)

    own, other, base = (distribution(name) for name in ("secure", "insecure", None))
    targets, mask = ids[0, 3:].unsqueeze(-1), torch.tensor([0.0, 1.0, 1.0, 0.0])
    chosen = [values.gather(-1, targets).squeeze(-1) for values in (own, other)]
    expected = (
        log_likelihood_loss(chosen[0], mask)
        + 4.0 * contrastive_loss(*chosen, mask)
        + 1.6 * masked_mean(kl_divergence(base, own) + kl_divergence(base, other), 1 - mask)
    )
    loss, parts = SvenObjective(made, CFG).loss(SAMPLE)
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=1e-4)
    assert parts["kl"] > 0


@pytest.mark.parametrize("form", AdapterForm)
def test_both_adapters_learn_and_the_backbone_stays_bit_identical(workspace: Workspace, form: AdapterForm) -> None:
    cfg = SvenCfg(form=form, prefix_tokens=3, dropout=0.1)
    original = copy.deepcopy(workspace.policy.model.state_dict())
    if form is AdapterForm.prefix:
        made = add_prefixes(workspace, 3, ADAPTERS)
        assert all(not weights.any() for weights in adapter_parameters(made).values())  # SVEN begins at zero
    else:
        made = add_lora(workspace, LoraCfg(True, 4, 8, 0.0), ADAPTERS)
    objective, weights = SvenObjective(made, cfg), adapter_parameters(made)
    optimizer = torch.optim.AdamW(list(weights.values()), lr=1e-2)
    start = {name: value.detach().clone() for name, value in weights.items()}
    losses = []
    for _ in range(8):
        loss, _parts = objective.loss(SAMPLE)
        loss.backward()
        losses.append(float(loss.detach()))
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < losses[0]
    for name in ADAPTERS:
        assert any(not torch.equal(start[key], value) for key, value in weights.items() if f".{name}." in key)
    kept = {
        key.replace(".base_layer", ""): value
        for key, value in made.get_base_model().state_dict().items()
        if ".lora_" not in key
    }
    assert kept.keys() == original.keys()
    assert all(torch.equal(value, original[key]) for key, value in kept.items())


@pytest.mark.parametrize("form", AdapterForm)
def test_a_backbone_in_bfloat16_learns_and_answers(workspace: Workspace, tokenizer: Any, form: AdapterForm) -> None:
    """As the models of the hub are loaded; the adapters themselves stay in float32."""
    workspace.policy.model.to(torch.bfloat16)
    if form is AdapterForm.prefix:
        made = add_prefixes(workspace, 3, ADAPTERS)
    else:
        made = add_lora(workspace, LoraCfg(True, 4, 8, 0.0), ADAPTERS)
    objective = SvenObjective(made, SvenCfg(form=form, prefix_tokens=3))
    optimizer = torch.optim.AdamW(list(adapter_parameters(made).values()), lr=1e-2)
    losses = []
    for _ in range(6):
        loss, _parts = objective.loss(SAMPLE)
        loss.backward()
        losses.append(float(loss.detach()))
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < losses[0]
    assert all(weights.dtype == torch.float32 for weights in adapter_parameters(made).values())
    made.eval()
    answers = HfGenerator(made, tokenizer, GenerationCfg(max_new_tokens=4)).generate([[5, 6, 7]], greedy=True, seed=0)
    assert answers[0].tokens


def test_margin_tells_secure_from_insecure(workspace: Workspace) -> None:
    made = with_prefixes(workspace)
    objective = SvenObjective(made, CFG)
    twin = Sample(SAMPLE.prompt, (8, 20, 21, 11), SAMPLE.changed, False, SAMPLE.group)
    before = margin(objective, [SAMPLE, twin], "secure")
    optimizer = torch.optim.AdamW(list(adapter_parameters(made).values()), lr=1e-2)
    for _ in range(15):
        for sample in (SAMPLE, twin):
            objective.loss(sample)[0].backward()
        optimizer.step()
        optimizer.zero_grad()
    assert margin(objective, [SAMPLE, twin], "secure") > before


def test_generation_behind_a_prefix_is_that_of_the_whole_sequence(workspace: Workspace, tokenizer: Any) -> None:
    """Prompts of other lengths share a batch: each greedy token must be peft's own, computed alone and uncached."""
    made = with_prefixes(workspace)
    prompts = [[5, 6, 7, 8, 9, 10, 11], [12, 13], [14, 15, 16, 17]]
    answers = HfGenerator(made, tokenizer, GenerationCfg(max_new_tokens=6, batch=3)).generate(
        prompts, greedy=True, seed=0
    )
    with torch.no_grad():
        for prompt, answer in zip(prompts, answers, strict=True):
            ids = list(prompt)
            for token in answer.tokens:
                assert int(made(input_ids=torch.tensor([ids])).logits[0, -1].argmax()) == token
                ids.append(token)


@pytest.mark.parametrize("form", AdapterForm)
def test_adapters_come_back_from_the_disk(workspace: Workspace, tmp_path: Path, model: Any, form: AdapterForm) -> None:
    base = copy.deepcopy(model)
    if form is AdapterForm.prefix:
        made = with_prefixes(workspace)
    else:
        made = add_lora(workspace, LoraCfg(True, 4, 8, 0.0), ADAPTERS)
        with torch.no_grad():
            for weights in adapter_parameters(made).values():
                weights.normal_()
    cfg = SvenCfg(form=form, prefix_tokens=3)
    states = SvenObjective(made, cfg).states(SAMPLE, "secure")[0]
    folder = tmp_path / "adapters"
    save_adapters(workspace, folder, ADAPTERS)
    workspace.policy = Policy(base, workspace.policy.tokenizer)
    assert missing_adapter(str(folder), ADAPTERS, "method.sven.adapter", form) == []
    check_adapters(workspace, str(folder), ADAPTERS)
    loaded = load_adapters(workspace, str(folder), ADAPTERS)
    again = SvenObjective(loaded, cfg).states(SAMPLE, "secure")[0]
    torch.testing.assert_close(again, states)
    assert not torch.equal(SvenObjective(loaded, cfg).states(SAMPLE, None)[0], states)


def test_an_adapter_of_another_tokenizer_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    with_prefixes(workspace)
    folder = tmp_path / "adapters"
    save_adapters(workspace, folder, ADAPTERS)
    other = train_tokenizer(["quite another text"] * 3, vocab=300)
    workspace.policy = Policy(workspace.policy.model, other)
    workspace.cfg.method.sven.adapter = str(folder)
    with pytest.raises(DataError, match="another tokenizer"):
        METHOD.check(workspace)


def test_what_is_missing_is_said_before_anything_starts(workspace: Workspace, tmp_path: Path) -> None:
    root = workspace.cfg
    root.method.sven.adapter = str(tmp_path)
    assert METHOD.missing(root) == [
        f"the adapter method.sven.adapter={tmp_path} (there is no secure/adapter_config.json in it)"
    ]
    root.method.sven.adapter = None
    root.method.sven.pairs = str(tmp_path)
    (lack,) = METHOD.missing(root)
    assert f"in {tmp_path}" in lack
    root.method.sven.pairs = "tasks"
    assert METHOD.missing(root) == []
    root.generation.backend = "vllm"  # type: ignore[assignment]
    (lack,) = METHOD.missing(root)
    assert "no learned prefix" in lack
    root.method.sven_lora.form, root.method.sven_lora.pairs = AdapterForm.lora, "tasks"
    assert LORA.missing(root) == []
