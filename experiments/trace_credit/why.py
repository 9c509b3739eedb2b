"""Why blame on tokens teaches slower: what each kind of credit does to the gradient of an update.

    python experiments/trace_credit/why.py --warm-starts outputs/warm_starts --batches 12

One policy (the miniature before training), many batches of it, and for each the policy gradient under every kind of
credit. An advantage is linear in scores and blame, so that each kind is a sum of a few gradients; their inner products
are kept. Over pairs of *different* batches an inner product estimates that of the expected gradients, without noise.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from torch import Tensor

from real.config.schema import register
from real.datasets import load
from real.extract import located
from real.generation import Response
from real.generation.open import open_generator
from real.generation.respond import to_completions
from real.judge import Judge, JudgeCfg
from real.policy.chat import encode_prompt
from real.policy.load import load_policy
from real.protocols import rules
from real.rewards import CreditMode, blame
from real.settings import RootCfg, to_dataclass
from real.training.cursor import rollout_rows
from real.training.local.credit import scattered, token_blame
from real.training.local.experience import Rollout
from real.training.local.models import ActorCritic
from real.training.local.packed import hidden_states
from real.types import Credit

CONF = Path(__file__).resolve().parents[2] / "conf"
RIDGE = 10.0  # of the linear critic of the blame, on some thousand tokens of 128 numbers each

KINDS = {
    "none": "the paper: every token has the score",
    "trace": "score less blame",
    "line": "score less blame of whole lines",
    "random": "score less the blame of trace, on tokens at random",
    "entry": "as trace, on the first token of each blamed stretch only",
    "inside": "as trace, on all but the first token of each stretch",
    "foreseen": "as trace, less what a linear critic expects of the blame before the token",
    "behind": "score; what follows the last blamed token gets the cost of the defect back",
}
OUTCOMES = ("score", "r_security", "r_function", "func_qual")


@dataclass
class Batch:
    """One rollout: by name, the weights ``[B, R]`` of the tokens' log-probabilities, and the policy's states."""

    rollout: Rollout
    weights: dict[str, Tensor]
    states: Tensor  # [B, R, hidden], before each response token


class Gradients:
    """The warm-started miniature and its judge, as a run of the experiment has them before its first update."""

    def __init__(self, root: RootCfg, warm_starts: Path) -> None:
        self.root = root
        train = load(root.dataset, "train").tasks
        self.policy = load_policy(root.model, train, seed=root.seed, cache=warm_starts)
        self.tasks = train
        self.prompts = [encode_prompt(self.policy.tokenizer, task) for task in train]
        self.models = ActorCritic(self.policy.model, root.model.lora, critic=None)
        self.generator = open_generator(self.policy.model, self.policy.tokenizer, root.generation)

    def batch(self, judge: Judge, step: int) -> Batch:
        """Sample and judge a rollout as update ``step`` would, with every kind of blame."""
        size = self.root.trainer.rollout_batch
        rows = rollout_rows(len(self.tasks), size, step, self.root.seed)
        tasks = [self.tasks[row] for row in rows]
        prompts = [self.prompts[row] for row in rows]
        responses = self.generator.generate(prompts, greedy=False, seed=self.root.seed * 1_000_003 + step)
        completions = to_completions(self.policy, tasks, responses)
        rollout = Rollout.of(prompts, responses, self.models.device)
        judged = judge.score(tasks, completions)
        scores = torch.tensor([made.reward.value or 0.0 for made in judged])
        weights = {"one": rollout.tokens, "score": _everywhere((scores - scores.mean()) / scores.std(), rollout)}
        for name in OUTCOMES[1:]:
            values = torch.tensor([made.reward.components.get(name, 0.0) for made in judged])
            weights[name] = _everywhere(values - values.mean(), rollout)
        for mode in (CreditMode.trace, CreditMode.line):
            weights[mode] = torch.zeros_like(rollout.tokens)
            for row, (made, completion, response) in enumerate(zip(judged, completions, responses, strict=True)):
                parts = blame(made.verdict, replace(self.root.reward, credit=mode))
                place = located(completion.text, rules(judge.cfg.protocol, tasks[row].dataset).extraction)
                spans = [Credit(a, b, part.value) for part in parts for a, b in place.in_response(part.start, part.end)]
                of_tokens = token_blame(self.policy, response.tokens, completion.text, spans)
                weights[mode][row, : len(of_tokens)] = torch.tensor(of_tokens) / scores.std()
        weights |= self._controls(weights["trace"], responses, step)
        return Batch(rollout, weights, self._states(rollout))

    def _controls(self, trace: Tensor, responses: Sequence[Response], step: int) -> dict[str, Tensor]:
        made = {name: torch.zeros_like(trace) for name in ("random", "entry", "behind")}
        for row, response in enumerate(responses):
            of_tokens = trace[row, : len(response.tokens)].tolist()
            made["random"][row, : len(of_tokens)] = torch.tensor(scattered(of_tokens, f"{step}/{row}"))
            for at, (before, value) in enumerate(pairwise(of_tokens), start=1):
                made["entry"][row, at] = value if value and not before else 0.0
            if blamed := [at for at, value in enumerate(of_tokens) if value]:
                made["behind"][row, blamed[-1] + 1 : len(of_tokens)] = -max(of_tokens)  # taken off twice: given back
        return made | {"inside": trace - made["entry"]}

    @torch.no_grad()
    def _states(self, rollout: Rollout) -> Tensor:
        states = rollout.tokens.new_zeros((*rollout.tokens.shape, self.root.model.tiny.hidden))
        for rows in rollout.passes(range(len(rollout.prompts)), self.root.trainer.microbatch):
            block = torch.zeros_like(states[rows])
            block[rollout.tokens[rows].bool()] = hidden_states(self.policy.model.model, rollout.pack(rows))
            states[rows] = block
        return states

    def gradients(self, batch: Batch, names: Sequence[str]) -> Tensor:
        """``[len(names), P]``: of the mean over tokens of weight times log-probability, for each weight."""
        parameters = self.models.actor_parameters()
        made = torch.zeros(len(names), sum(p.numel() for p in parameters))
        total = batch.rollout.tokens.sum()
        for rows in batch.rollout.passes(range(len(batch.rollout.prompts)), self.root.trainer.microbatch):
            logprobs = self.models.policy(batch.rollout.pack(rows), self.root.generation.temperature).logprobs
            for number, name in enumerate(names):
                weight = batch.rollout.flat(batch.weights[name], rows)
                parts = torch.autograd.grad((weight * logprobs).sum() / total, parameters, retain_graph=True)
                made[number] += torch.cat([part.flatten() for part in parts])
        return made


def foresee(batches: Sequence[Batch]) -> None:
    """Add ``foreseen`` to every batch: the blame of ``trace`` less what its states tell of it."""
    parts = []
    for batch in batches:
        mask = batch.rollout.tokens.bool()
        states = torch.cat([batch.states[mask], torch.ones(int(mask.sum()), 1)], dim=1).double()
        parts.append((states, batch.weights["trace"][mask].double(), mask))
    moments = [(states.T @ states, states.T @ blamed) for states, blamed, _ in parts]
    ridge = RIDGE * torch.eye(len(moments[0][0]), dtype=torch.float64)
    for number, (batch, (states, blamed, mask)) in enumerate(zip(batches, parts, strict=True)):
        others = [made for at, made in enumerate(moments) if at != number]
        solved = torch.linalg.solve(sum((m for m, _ in others), ridge), sum(v for _, v in others))
        left = torch.zeros_like(batch.weights["trace"])
        left[mask] = (blamed - states @ solved).float()
        batch.weights["foreseen"] = left


def whitened(names: Sequence[str], kind: str, batch: Batch) -> Tensor:
    """The coefficients ``[len(names)]`` of a kind's whitened advantage: (score - part - mean) / deviation."""
    made = torch.zeros(len(names))
    made[names.index("score")] = 1.0
    advantage = batch.weights["score"].clone()
    if kind != "none":
        made[names.index(kind)] = -1.0
        advantage -= batch.weights[kind]
    mask = batch.rollout.tokens
    mean = (advantage * mask).sum() / mask.sum()
    deviation = ((advantage - mean) ** 2 * mask).sum() / mask.sum()
    made[names.index("one")] = -mean
    return made / deviation.sqrt()


def compared(products: Tensor, names: Sequence[str], ways: dict[str, list[Tensor]]) -> dict[str, dict[str, float]]:
    """For each kind: size of its gradient, share of that which is no noise, and what a step of unit length gains.

    ``products``: ``[batches, names, batches, names]``, inner products of gradients.
    """
    others = ~torch.eye(len(products), dtype=torch.bool)
    found: dict[str, dict[str, float]] = {}
    for kind, of_batches in ways.items():
        weights = torch.stack(of_batches)
        own = torch.einsum("in,injm,jm->ij", weights, products, weights)
        norm = float(own.diagonal().mean())
        made = {"norm": norm**0.5, "signal": float(own[others].mean()) / norm}
        for outcome in OUTCOMES:
            along = torch.einsum("in,inj->ij", weights, products[:, :, :, names.index(outcome)])
            made[outcome] = float(along[others].mean()) / norm**0.5
        found[kind] = made
    base = found["none"]
    return {kind: row | {f"{name} against none": row[name] / base[name] for name in ("norm", *OUTCOMES)}
            for kind, row in found.items()}  # fmt: skip


def with_errors(products: Tensor, names: Sequence[str], ways: dict[str, list[Tensor]]) -> dict[str, Any]:
    """``compared``, each number with its standard error by the jackknife over batches."""
    count = len(products)
    full = compared(products, names, ways)
    fewer = []
    for left in range(count):
        kept = [at for at in range(count) if at != left]
        of_kept = {kind: [of_batches[at] for at in kept] for kind, of_batches in ways.items()}
        fewer.append(compared(products[kept][:, :, kept], names, of_kept))
    return {kind: {name: {"value": value, "error": _jackknife([one[kind][name] for one in fewer])}
                   for name, value in row.items()} for kind, row in full.items()}  # fmt: skip


def _jackknife(values: Sequence[float]) -> float:
    count, mean = len(values), sum(values) / len(values)
    return float(((count - 1) / count * sum((value - mean) ** 2 for value in values)) ** 0.5)


def main() -> None:
    """Print the table as Markdown, each gain as a ratio to that of ``none``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=24, help="of 128 samples each; at least 3")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--warm-starts", type=Path, default=Path("outputs/warm_starts"))
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("why.json"))
    arguments = parser.parse_args()
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        root = to_dataclass(compose("config", ["+exp=quickstart", f"seed={arguments.seed}"]))
    measured = Gradients(root, arguments.warm_starts)
    with Judge(JudgeCfg.of(root)) as judge:
        batches = [measured.batch(judge, step) for step in range(arguments.batches)]
    foresee(batches)
    names = [*OUTCOMES, "one", *(kind for kind in KINDS if kind != "none")]
    made = torch.stack([measured.gradients(batch, names) for batch in batches])
    products = torch.einsum("inp,jmp->injm", made, made)
    ways = {kind: [whitened(names, kind, batch) for batch in batches] for kind in KINDS}
    found = with_errors(products, names, ways)
    arguments.out.write_text(json.dumps({"seed": arguments.seed, "batches": len(batches), "kinds": found}, indent=1))
    print(table(found))


def table(found: dict[str, Any]) -> str:
    """Kinds of credit as rows of Markdown; what is compared with ``none`` as a ratio, with its standard error."""
    columns = {"signal": "Not noise", "norm against none": "Length", "score against none": "Score",
               "r_security against none": "Security", "r_function against none": "Function"}  # fmt: skip
    lines = ["| Credit | " + " | ".join(columns.values()) + " |", "|:--" * (len(columns) + 1) + "|"]
    for kind, row in found.items():
        cells = [f"{row[name]['value']:.2f} ± {row[name]['error']:.2f}" for name in columns]
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _everywhere(values: Tensor, rollout: Rollout) -> Tensor:
    return values.unsqueeze(1) * rollout.tokens


if __name__ == "__main__":
    main()
