"""A toy policy of a few thousand parameters with a six-word vocabulary."""

import pytest
import torch

from real.generation.config import GenerationCfg
from real.generation.hf import HfGenerator
from real.policy.config import LoraCfg, TinyCfg
from real.policy.tiny import build_tiny
from real.policy.tokenizer import train_tokenizer
from real.training.config import Critic, Estimator, TrainerCfg
from real.training.local.models import ActorCritic
from real.training.local.ppo import Ppo


@pytest.fixture(scope="session")
def toy_tokenizer():
    return train_tokenizer(["def main():\n    print('hello')\n"] * 3, vocab=280)


@pytest.fixture
def make_ppo(toy_tokenizer):
    torch.set_num_threads(1)

    def make(lora: bool = False, **overrides) -> Ppo:
        shape = TinyCfg(hidden=32, layers=2, heads=2, kv_heads=1, intermediate=64)
        model = build_tiny(shape, toy_tokenizer, seed=0)
        if lora:  # adapters do not touch the output embedding: give it room to express a preference
            model.model.embed_tokens.weight.data.mul_(10)
        settings = {
            "rollout_batch": 16, "minibatch": 8, "microbatch": 4, "ppo_epochs": 2, "actor_lr": 3e-3, "critic_lr": 3e-3,
        }  # fmt: skip
        cfg = TrainerCfg(**(settings | overrides))
        torch.manual_seed(0)
        models = ActorCritic(
            model,
            LoraCfg(enabled=lora, rank=4, alpha=8),
            critic=Critic(cfg.critic) if cfg.estimator == Estimator.gae else None,
            gradient_checkpointing=cfg.gradient_checkpointing,
        )
        generator = HfGenerator(models.actor, toy_tokenizer, GenerationCfg(max_new_tokens=8, batch=16))
        return Ppo(cfg, models, generator, temperature=1.0)

    return make
