"""Where one step of the local trainer spends its time, beside this machine's matrix product and beside TRL.

    python benchmarks/ppo_step.py --model ~/.cache/real-models/qwen2.5-coder-0.5b-instruct/hf --samples 8 --length 300
    python benchmarks/ppo_step.py --model DIR --samples 2 4 8 --length 100 300            # how it grows
    python benchmarks/ppo_step.py --model DIR --peer trl-ppo --peer-python VENV/bin/python  # a venv with trl==1.12.0
    python benchmarks/ppo_step.py --model DIR --estimator group_norm --group 4 --peer trl-grpo --peer-python …

Prompts are random token ids, responses never end early and rewards are random: both sides have the same work, in
bfloat16 with LoRA of rank 16 on every linear layer. Each measurement is a process of its own, whose peak memory (RSS)
the kernel counts; the model is loaded before the clock starts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

PHASES = ("seconds_generate", "seconds_reward", "seconds_forward", "seconds_update", "seconds")


def measure_ours(options: argparse.Namespace) -> dict[str, float]:
    """One step of ``Ppo`` in this process."""
    import torch
    from transformers import AutoModelForCausalLM

    from real.generation import GenerationCfg
    from real.generation.hf import HfGenerator
    from real.policy.config import LoraCfg
    from real.training.config import Critic, Estimator, TrainerCfg
    from real.training.local.models import ActorCritic
    from real.training.local.ppo import Ppo
    from real.training.local.scoring import ScoredRollout

    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    samples, length = options.samples[0], options.length[0]
    cfg = TrainerCfg(
        rollout_batch=samples // options.group, samples_per_prompt=options.group, minibatch=samples,
        microbatch=min(options.microbatch, samples), estimator=Estimator(options.estimator),
        critic=Critic(options.critic), gradient_checkpointing=options.gradient_checkpointing, actor_lr=1e-5,
        sampled_logprobs=options.sampled_logprobs,
    )  # fmt: skip
    cfg.check()
    model = AutoModelForCausalLM.from_pretrained(options.model[0], dtype=torch.bfloat16).eval()
    shape = model.config
    body = sum(p.numel() for p in model.model.layers.parameters())
    critic = cfg.critic if cfg.estimator is Estimator.gae else None
    models = ActorCritic(
        model, LoraCfg(enabled=True), critic=critic, bfloat16=True, gradient_checkpointing=cfg.gradient_checkpointing
    )
    words: Any = SimpleNamespace(eos_token_id=-1, pad_token_id=0)  # no token ends a response
    generator = HfGenerator(models.actor, words, GenerationCfg(max_new_tokens=length, batch=samples))

    generator.keeps_logprobs = cfg.sampled_logprobs

    class Random:
        def on_finished(self, row: int, response: object) -> None: ...

        def finish(self, responses: object) -> ScoredRollout:
            return ScoredRollout(torch.rand(samples, generator=torch.Generator().manual_seed(0)).tolist())

    prompts = torch.randint(
        shape.vocab_size // 10, shape.vocab_size // 2, (samples // options.group, options.prompt)
    ).tolist()
    log = Ppo(cfg, models, generator, 1.0).step(
        [prompt for prompt in prompts for _ in range(options.group)], Random(), step=0, seed=0
    )
    # Forward and backward through frozen layers are one product each, of the actor and of a critic on another trunk.
    trunks = 1 + (critic in (Critic.own, Critic.backbone))
    responses = samples * length
    tokens = samples // options.group * options.prompt + responses  # a prompt is computed once for its samples
    flop = 2 * (2 * body * tokens * trunks + 2 * shape.vocab_size * shape.hidden_size * responses)
    log["update_gflops"] = flop / log["seconds_update"] / 1e9
    log["matmul_gflops"] = matmul_rate(
        shape.hidden_size, shape.intermediate_size, tokens // (samples // cfg.microbatch)
    )
    return log


def matmul_rate(hidden: int, intermediate: int, tokens: int) -> float:
    """GFLOP/s of the model's largest products, bare, in bfloat16: what forward and backward could reach at best."""
    import torch

    x, up = torch.randn(tokens, hidden).bfloat16(), torch.randn(intermediate, hidden).bfloat16()
    best = float("inf")
    for _ in range(6):
        began = time.perf_counter()
        y = torch.nn.functional.linear(x, up)
        y @ up
        best = min(best, time.perf_counter() - began)
    return 4 * tokens * hidden * intermediate / best / 1e9


def run(options: argparse.Namespace, engine: str, python: str) -> dict[str, float]:
    """Measure ``engine`` in a process of its own; its log with ``peak_gb``. Raises ``SystemExit`` where it fails."""
    script = Path(__file__).with_name("trl_step.py") if engine.startswith("trl") else Path(__file__)
    words = [python, str(script), "--child", engine]
    for key, value in vars(options).items():
        if key in ("child", "peer", "peer_python"):
            continue
        if isinstance(value, bool):
            words += [f"--{key.replace('_', '-')}"] if value else []
            continue
        words += [f"--{key.replace('_', '-')}", *map(str, value if isinstance(value, list) else [value])]
    began = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        lines = child.stdout.read().splitlines()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode or not lines:
        raise SystemExit(f"{engine} ended with {child.returncode} after {time.perf_counter() - began:.0f} s")
    return {**json.loads(lines[-1]), "peak_gb": used.ru_maxrss / 2**20}


def arguments() -> argparse.ArgumentParser:
    """Shared with ``trl_step.py``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", nargs="+", required=True, help="folders or hub ids")
    parser.add_argument("--samples", type=int, nargs="+", default=[8])
    parser.add_argument("--length", type=int, nargs="+", default=[300], help="response tokens")
    parser.add_argument("--prompt", type=int, default=100, help="prompt tokens")
    parser.add_argument("--group", type=int, default=1, help="samples a prompt")
    parser.add_argument("--microbatch", type=int, default=4)
    parser.add_argument("--estimator", default="gae")
    parser.add_argument("--critic", default="own")
    parser.add_argument("--sampled-logprobs", action="store_true", help="the sampler's, as trainer.sampled_logprobs")
    parser.add_argument("--gradient-checkpointing", action="store_true")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--peer", choices=["trl-ppo", "trl-grpo"])
    parser.add_argument("--peer-python", default=sys.executable, help="of a venv with trl==1.12.0")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser


def main() -> None:
    """Print a row for each combination of model, samples and length."""
    options = arguments().parse_args()
    if options.child:
        print(json.dumps(measure_ours(options)))
        return
    print(f"{'engine':9} {'samples':>7} {'length':>6} {'generate':>9} {'reward':>7} {'forward':>8} {'update':>7}"
          f" {'step s':>7} {'peak GB':>8}  tokens/s generate / forward / update, update of matmul limit")  # fmt: skip
    for model in options.model:
        for samples in options.samples:
            for length in options.length:
                one = argparse.Namespace(
                    **{**vars(options), "model": [model], "samples": [samples], "length": [length]}
                )
                found = run(one, "real", sys.executable)
                show("real", samples, length, found)
                if options.peer:
                    peer = run(one, options.peer, options.peer_python)
                    show(options.peer, samples, length, peer)
                    print(f"  {peer['seconds'] / found['seconds']:.1f} x faster,"
                          f" {found['peak_gb'] / peer['peak_gb']:.2f} x the peak memory", flush=True)  # fmt: skip


def show(engine: str, samples: int, length: int, found: dict[str, float]) -> None:
    """One row; a phase that an engine does not tell apart is a dash."""
    cells = [f"{found[key]:.1f}" if key in found else "-" for key in PHASES]
    row = f"{engine:9} {samples:7} {length:6} {cells[0]:>9} {cells[1]:>7} {cells[2]:>8} {cells[3]:>7} {cells[4]:>7}"
    row += f" {found['peak_gb']:8.1f}"
    if "update_gflops" in found:
        speeds = " / ".join(f"{found[f'tokens_per_s_{phase}']:.0f}" for phase in ("generate", "forward", "update"))
        share = found["update_gflops"] / found["matmul_gflops"]
        row += f"  {speeds}, {share:.0%} of {found['matmul_gflops']:.0f} GFLOP/s"
    print(row, flush=True)


if __name__ == "__main__":
    main()
