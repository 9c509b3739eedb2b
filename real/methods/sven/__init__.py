"""SVEN (He and Vechev, CCS 2023): two learned prefixes, for secure and for insecure code, on a frozen model.

``sven`` learns continuous prefixes as SVEN's paper does, ``sven_lora`` two LoRA adapters, as REAL's paper ran it. The
secure one answers the test tasks. Pairs are functions before and after the fix of a vulnerability; a chat model sees
them as the fenced answer to a request, so that training and evaluation have the same form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from real.io.disk import write_json
from real.methods.base import Method
from real.methods.common.adapter_files import missing_adapter
from real.methods.common.pairs import count_pairs, load_pairs, missing_pairs
from real.methods.common.workload import BACKWARD, Sizes, Workload, updates_of
from real.methods.config import AdapterForm, SvenCfg
from real.settings import RootCfg
from real.training.workspace import Workspace

if TYPE_CHECKING:  # torch comes with it
    from real.methods.common.masks import Sample

ADAPTERS = ("secure", "insecure")
FOLDER = "adapters"  # in the run directory
MARGINS = "margins.json"


class Sven(Method):
    """``name`` is that of its section in ``method``."""

    def __init__(self, name: str) -> None:
        self.name = name

    def settings(self, root: RootCfg) -> SvenCfg:
        """The section of this form."""
        cfg: SvenCfg = getattr(root.method, self.name)
        return cfg

    def packages(self, root: RootCfg) -> tuple[str, ...]:
        """See ``Method``."""
        return ("peft",)

    def missing(self, root: RootCfg) -> list[str]:
        """Pairs, or the adapter that is named; and a backend that can be given a prefix."""
        cfg, key = self.settings(root), f"method.{self.name}"
        lacks = missing_adapter(cfg.adapter, ADAPTERS[:1], f"{key}.adapter", cfg.form)
        if cfg.adapter is None:
            lacks += missing_pairs(root, cfg.pairs, "sven", f"{key}.pairs")
        if cfg.form is AdapterForm.prefix and root.generation.backend == "vllm" and root.trainer.engine == "local":
            lacks.append(f"generation=hf (vLLM takes no learned prefix, which {key} has; trainer=local goes with it)")
        return lacks

    def check(self, ws: Workspace) -> None:
        """See ``check_adapters`` and ``load_pairs``: what is to be learned is read before the first evaluation."""
        from real.methods.common.adapters import check_adapters

        cfg = self.settings(ws.cfg)
        check_adapters(ws, cfg.adapter, ADAPTERS[:1])
        if cfg.adapter is None:
            for split in ("train", "val"):
                self._samples(ws, split)

    def run(self, ws: Workspace) -> int:
        """Train both adapters and make the secure one the active one; returns the number of updates."""
        from real.methods.common.adapters import activate, adapter_parameters, load_adapters, save_adapters
        from real.methods.common.loop import LoopSettings, SampleLoop
        from real.methods.sven.objective import SvenObjective, margin

        cfg = self.settings(ws.cfg)
        if cfg.adapter is not None:
            load_adapters(ws, cfg.adapter, ADAPTERS[:1])
            return 0
        train, held_out = (self._samples(ws, split) for split in ("train", "val"))
        objective = SvenObjective(self._adapted(ws), cfg)
        before = margin(objective, held_out, None)
        settings = LoopSettings(cfg.epochs, cfg.batch, cfg.lr, cfg.weight_decay, cfg.max_grad_norm)
        weights = adapter_parameters(ws.policy.model)
        loop = SampleLoop(self.name, weights, objective.loss, settings, ws.store.path, ws.checkpoint)
        steps = loop.run(train, ws.cfg.seed)
        activate(ws.policy.model, ADAPTERS[0])
        ws.policy.model.eval()
        after = margin(objective, held_out, ADAPTERS[0])
        write_json(ws.store / MARGINS, {"base": before, "secure": after, "samples": len(held_out)})
        print(f"{self.name}: held-out margin of secure over insecure tokens {before:+.3f} -> {after:+.3f} nats")
        save_adapters(ws, ws.store / FOLDER, ADAPTERS)
        return steps

    def workload(self, root: RootCfg, sizes: Sizes) -> Workload | None:
        """Two samples a pair; each goes through the model as it came, under its own adapter and under the other one."""
        cfg, answers = self.settings(root), (sizes.test,) * 2
        if cfg.adapter is not None:
            return Workload(answers)
        pairs = count_pairs(root, cfg.pairs, "sven", cfg.max_pairs)
        if pairs is None:
            return None
        samples = 2 * pairs
        learned = (1 + 2 * BACKWARD) * cfg.epochs * samples * cfg.max_tokens // 2
        return Workload(answers, learned=learned, updates=updates_of(samples, cfg.batch, cfg.epochs))

    def describe(self, root: RootCfg) -> str:
        """See ``Method``."""
        cfg = self.settings(root)
        if cfg.adapter is not None:
            return f"load the adapter {cfg.adapter}"
        return f"train two adapters ({cfg.form.value}) with {self.name}: {cfg.epochs} epochs of pairs"

    def _samples(self, ws: Workspace, split: str) -> list[Sample]:
        from real.methods.common.masks import sven_samples
        from real.methods.common.samples import encode_pairs

        cfg = self.settings(ws.cfg)
        pairs = load_pairs(cfg.pairs, "sven", split, ws.train, most=cfg.max_pairs, seed=ws.cfg.seed)
        return encode_pairs(ws.policy.tokenizer, pairs, sven_samples, cfg.max_tokens)

    def _adapted(self, ws: Workspace) -> Any:
        from real.methods.common.adapters import add_lora, add_prefixes
        from real.policy.config import LoraCfg

        cfg = self.settings(ws.cfg)
        if cfg.form is AdapterForm.prefix:
            return add_prefixes(ws, cfg.prefix_tokens, ADAPTERS)
        return add_lora(ws, LoraCfg(True, cfg.rank, cfg.alpha, cfg.dropout), ADAPTERS)


METHOD = Sven("sven")
