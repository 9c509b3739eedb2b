"""Methods that train, on a tiny model: losses fall, effects are measured, a stopped training resumes exactly."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from real.errors import DataError
from real.methods.common.adapters import adapter_parameters, add_lora
from real.methods.common.loop import LoopSettings, SampleLoop
from real.methods.common.losses import log_likelihood_loss, unlikelihood_loss
from real.methods.common.masks import UTILITY, Sample
from real.methods.config import UtilitySource
from real.methods.safecoder import METHOD as SAFECODER
from real.methods.safecoder.objective import SafeCoderObjective, insecure_probability, utility_loss
from real.methods.sft import METHOD as SFT
from real.methods.sven import METHOD as SVEN
from real.policy.config import LoraCfg
from real.policy.policy import Policy
from real.policy.sft import SftExample, SftSettings, train_sft
from real.stopping import Boundary, Stopped
from real.training.workspace import Workspace
from real.types import Task

SECURE = Sample((5, 6, 7), (8, 9, 10, 11), (False, True, True, False), True, "py/cwe-089")
INSECURE = Sample((5, 6, 7), (8, 20, 21, 11), (False, True, True, False), False, "py/cwe-089")
USEFUL = Sample((30, 31), (32, 33, 34), (True, True, True), True, UTILITY)


def losses(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "losses.jsonl").read_text().splitlines()]


def test_each_kind_of_sample_has_its_loss(model: Any) -> None:
    objective = SafeCoderObjective(model, 2.0)
    for sample in (SECURE, INSECURE, USEFUL):
        ids = torch.tensor([[*sample.prompt, *sample.response]])
        logprobs = torch.log_softmax(model(input_ids=ids).logits[0].float(), dim=-1)
        begin = len(sample.prompt) - 1
        chosen = logprobs[begin:-1].gather(-1, ids[0, begin + 1 :].unsqueeze(-1)).squeeze(-1)
        mask = torch.tensor(sample.changed).float()
        expected = {
            "py/cwe-089": 2.0 * (log_likelihood_loss if sample.secure else unlikelihood_loss)(chosen, mask),
            UTILITY: log_likelihood_loss(chosen, mask),
        }[sample.group]
        torch.testing.assert_close(objective.loss(sample)[0], expected, rtol=1e-4, atol=1e-5)


def test_unlikelihood_lowers_insecure_tokens_and_keeps_utility(workspace: Workspace, tmp_path: Path) -> None:
    """Utility that was learned before is kept within five per cent, while insecure tokens lose their probability."""
    model = workspace.policy.model
    objective = SafeCoderObjective(model, 1.0)
    learn = torch.optim.AdamW(model.parameters(), lr=3e-3)
    taught = Sample(INSECURE.prompt, INSECURE.response, INSECURE.changed, True, INSECURE.group)
    for _ in range(60):  # a model that knows both: how to be useful, and the insecure way
        for sample in (USEFUL, taught):
            objective.loss(sample)[0].backward()
        learn.step()
        learn.zero_grad()
    before = utility_loss(objective, [USEFUL]), insecure_probability(objective, [INSECURE])
    add_lora(workspace, LoraCfg(True, 4, 8, 0.0))
    objective = SafeCoderObjective(workspace.policy.model, 1.0)
    settings = LoopSettings(30, 3, 3e-3, 0.01, 1.0)
    weights = adapter_parameters(workspace.policy.model)
    loop = SampleLoop("safecoder", weights, objective.loss, settings, tmp_path, tmp_path / "c.pt")
    loop.run([USEFUL, SECURE, INSECURE], seed=0)
    after = utility_loss(objective, [USEFUL]), insecure_probability(objective, [INSECURE])
    assert before[1] > 0.5
    assert after[1] < 0.5 * before[1]
    assert after[0] < 1.05 * before[0] + 0.05


def test_a_stopped_training_ends_as_one_that_was_not(
    model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = LoopSettings(3, 1, 1e-3, 0.01, 1.0, checkpoint_every=2)

    def loop(folder: Path, own: Any) -> SampleLoop[Sample]:
        folder.mkdir(exist_ok=True)
        objective = SafeCoderObjective(own, 1.0)
        return SampleLoop("x", dict(own.named_parameters()), objective.loss, settings, folder, folder / "c.pt")

    samples = [SECURE, INSECURE, USEFUL]
    straight, broken, resumed = (copy.deepcopy(model) for _ in range(3))
    assert loop(tmp_path / "a", straight).run(samples, seed=0) == 9
    leave = Boundary.leave
    steps = {"n": 0}

    def stop(self: Boundary) -> None:
        steps["n"] += 1
        if steps["n"] == 5:  # a kill: the newest checkpoint is that of step 4
            raise Stopped(10)
        leave(self)

    monkeypatch.setattr(Boundary, "leave", stop)
    with pytest.raises(Stopped):
        loop(tmp_path / "b", broken).run(samples, seed=0)
    monkeypatch.undo()
    loop(tmp_path / "b", resumed).run(samples, seed=0)
    assert losses(tmp_path / "a") == losses(tmp_path / "b")
    for one, other in zip(straight.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


def test_sven_on_the_twins_of_tasks(workspace: Workspace) -> None:
    own = workspace.cfg.method.sven
    own.pairs, own.epochs, own.max_tokens = "tasks", 4, 4000
    steps = SVEN.run(workspace)
    made = losses(workspace.store.path)
    assert steps == len(made) > 0
    assert sum(made[-2:]) < sum(made[:2])
    margins = json.loads((workspace.store / "margins.json").read_text())
    assert margins["secure"] > margins["base"]
    assert (workspace.store / "adapters" / "secure" / "adapter_config.json").is_file()
    answer = workspace.generator.generate([[5, 6, 7]], greedy=True, seed=0)
    assert answer[0].tokens


def test_safecoder_on_the_twins_of_tasks(workspace: Workspace) -> None:
    own = workspace.cfg.method.safecoder
    own.pairs, own.epochs, own.max_tokens, own.oversample_to = "tasks", 1, 4000, 0
    own.utility = UtilitySource.references
    steps = SAFECODER.run(workspace)
    assert steps == len(losses(workspace.store.path)) > 0
    effect = json.loads((workspace.store / "safecoder.json").read_text())
    assert effect["utility_samples"] == len(workspace.train)
    assert len(effect["insecure_token_probability"]) == 2


def test_a_model_that_solves_nothing_has_no_utility_data(workspace: Workspace) -> None:
    with pytest.raises(DataError, match="no answer of tiny to a training task passes"):
        workspace.cfg.method.safecoder.pairs = "tasks"
        SAFECODER.run(workspace)


def test_sft_overfits_thirty_two_examples(model: Any) -> None:
    torch.manual_seed(0)
    examples = [
        SftExample(tuple(torch.randint(3, 300, (4,)).tolist()), tuple(torch.randint(3, 300, (5,)).tolist()))
        for _ in range(32)
    ]
    seen: list[float] = []
    settings = SftSettings(epochs=150, batch=16, lr=1e-2, warmup_ratio=0.05)
    train_sft(model, examples, settings, seed=0, on_step=lambda step, total, loss: seen.append(loss))
    assert seen[0] > 3
    assert seen[-1] < 0.05


def test_sft_records_its_losses_and_a_resumed_one_goes_on(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.cfg.method.sft.epochs, workspace.cfg.method.sft.batch, workspace.cfg.method.sft.lr = 4, 2, 1e-3
    leave, steps = Boundary.leave, iter(range(100))

    def stop(self: Boundary) -> None:
        if next(steps) == 2:  # a kill: nothing was saved yet
            raise Stopped(10)
        leave(self)

    monkeypatch.setattr(Boundary, "leave", stop)
    with pytest.raises(Stopped):
        SFT.run(workspace)
    assert len(losses(workspace.store.path)) == 3
    monkeypatch.undo()
    assert SFT.run(workspace) == len(losses(workspace.store.path)) == 8
    made = losses(workspace.store.path)
    assert sum(made[-2:]) < sum(made[:2])
    SFT.run(workspace)  # trained already, by the job before this one
    assert losses(workspace.store.path) == made


def test_sft_with_lora_leaves_the_backbone_alone(workspace: Workspace, tasks: list[Task]) -> None:
    workspace.cfg.model.lora = LoraCfg(True, 4, 8, 0.0)
    workspace.cfg.method.sft.epochs = 1
    before = copy.deepcopy(workspace.policy.model.state_dict())
    assert SFT.run(workspace) > 0
    base = workspace.policy.model.get_base_model().state_dict()
    kept = {key.replace(".base_layer", ""): value for key, value in base.items() if ".lora_" not in key}
    assert all(torch.equal(value, before[key]) for key, value in kept.items())
    assert isinstance(workspace.policy, Policy)
