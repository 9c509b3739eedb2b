"""``python -m real.training.openrlhf.entry FLAGS``: OpenRLHF's own entry, which sends the tokenizer to an engine once.

OpenRLHF 0.11.2 passes the tokenizer (10 MB for Qwen2.5) by value in every call to an engine, one call a prompt
(``trainer/ppo_utils/samples_generator.py``, line 235): 0.1 s of the one process that hands out the prompts, and more of
the engine that reads them. Its trainer is subclassed here to pass a reference into Ray's object store instead.
"""

from __future__ import annotations

import importlib
import runpy
from typing import Any

from real.io import console
from real.training.openrlhf.flags import ENTRY
from real.training.openrlhf.once_per_process import OncePerProcess


def share_tokenizer() -> bool:
    """Replace OpenRLHF's trainer by a subclass; false, with everything as it was, where this version has none such."""
    import ray

    ppo_trainer: Any = importlib.import_module("openrlhf.trainer.ppo_trainer")
    try:
        plain = ppo_trainer.PPOTrainer.__ray_metadata__.modified_class.__ray_actor_class__
    except AttributeError:
        return False

    class PPOTrainer(plain):  # type: ignore[misc, valid-type]
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            generator = self.samples_generator  # it does nothing with the tokenizer but pass it on
            generator.tokenizer = ray.put(OncePerProcess(generator.tokenizer))

    ppo_trainer.PPOTrainer = ray.remote(PPOTrainer)
    return True


if __name__ == "__main__":
    console.protect()
    sent = "once" if share_tokenizer() else "with every prompt, which costs time: this OpenRLHF has another trainer"
    print(f"the tokenizer is sent to each engine {sent}", flush=True)
    runpy.run_module(ENTRY, run_name="__main__", alter_sys=True)
