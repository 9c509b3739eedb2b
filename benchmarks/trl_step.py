"""One step of TRL's PPO or GRPO, for ``ppo_step.py``: the same model, batch, lengths, precision and adapters.

    pip install torch==2.13.0 && pip install trl==1.12.0 peft     # in a venv of its own

PPO there has a value model and a reward model beside the policy, each the size of the policy (a transformer with a
scalar head), since it has no other way to get a reward.
"""

from __future__ import annotations

import copy
import json
import tempfile
import time
from argparse import Namespace
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from ppo_step import arguments
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, TrainerCallback

COMMON = {
    "report_to": "none", "use_cpu": not torch.cuda.is_available(), "bf16": True, "learning_rate": 1e-5,
    "logging_strategy": "no", "save_strategy": "no", "gradient_checkpointing": False,
}  # fmt: skip


class Clock(TrainerCallback):
    """The moment at which training begins, which is after the models are loaded and wrapped."""

    began = 0.0

    def on_train_begin(self, *_: Any, **__: Any) -> None:  # noqa: ANN401
        Clock.began = time.perf_counter()


def main() -> None:
    options = arguments().parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    path, samples = options.model[0], options.samples[0]
    words = AutoTokenizer.from_pretrained(path, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.bfloat16)
    lora = LoraConfig(r=16, lora_alpha=32, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM")
    vocabulary = model.config.vocab_size
    shape = (samples // options.group, options.prompt)
    prompts = torch.randint(vocabulary // 10, vocabulary // 2, shape).tolist()
    with tempfile.TemporaryDirectory() as folder:
        if options.child == "trl-ppo":
            trainer = ppo(options, path, words, model, lora, prompts, folder)
            Clock.began = time.perf_counter()
        else:
            trainer = grpo(options, words, model, lora, prompts, folder)
        trainer.train()
        print(json.dumps({"seconds": time.perf_counter() - Clock.began}))


def ppo(options: Namespace, path: str, words: Any, model: Any, lora: LoraConfig, prompts: list, folder: str) -> Any:  # noqa: ANN401
    from trl.experimental.ppo import PPOConfig, PPOTrainer

    samples = options.samples[0]
    judge = AutoModelForSequenceClassification.from_pretrained(path, num_labels=1, dtype=torch.bfloat16)
    judge.config.pad_token_id = words.pad_token_id
    micro = min(options.microbatch, samples)
    settings = PPOConfig(
        output_dir=folder, total_episodes=samples, num_ppo_epochs=1, num_mini_batches=1, num_sample_generations=0,
        per_device_train_batch_size=micro, gradient_accumulation_steps=samples // micro,
        local_rollout_forward_batch_size=micro, response_length=options.length[0], stop_token=None, temperature=1.0,
        **COMMON,
    )  # fmt: skip
    data = Dataset.from_dict({"input_ids": prompts})
    return PPOTrainer(
        settings, words, model, None, judge, data, copy.deepcopy(judge), eval_dataset=data, peft_config=lora
    )


def grpo(options: Namespace, words: Any, model: Any, lora: LoraConfig, prompts: list, folder: str) -> Any:  # noqa: ANN401
    from trl import GRPOConfig, GRPOTrainer

    samples = options.samples[0]
    micro = min(options.microbatch, samples)
    settings = GRPOConfig(
        output_dir=folder, max_steps=1, per_device_train_batch_size=micro,
        gradient_accumulation_steps=samples // micro, num_generations=options.group,
        max_completion_length=options.length[0], beta=0.001, temperature=1.0, top_k=0, top_p=1.0,
        generation_kwargs={"min_new_tokens": options.length[0]}, **COMMON,
    )  # fmt: skip
    data = Dataset.from_dict({"prompt": [words.decode(prompt) for prompt in prompts]})

    def reward(completions: list, **_: Any) -> list[float]:  # noqa: ANN401
        return torch.rand(len(completions), generator=torch.Generator().manual_seed(0)).tolist()

    return GRPOTrainer(
        model, reward, args=settings, train_dataset=data, processing_class=words, peft_config=lora, callbacks=[Clock()]
    )


if __name__ == "__main__":
    main()
