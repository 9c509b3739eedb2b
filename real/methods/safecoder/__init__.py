"""SafeCoder (He et al., ICML 2024): instruction tuning on utility data and on pairs of insecure and fixed code at once.

Cross-entropy on utility answers and on the tokens that a fix brings, unlikelihood on the tokens that it removes. By
default the utility data are the untrained model's own answers to training tasks that pass their tests, so that no other
source of code enters the comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from real.io.disk import write_json
from real.methods.base import Method
from real.methods.common.adapter_files import missing_adapter
from real.methods.common.pairs import count_pairs, load_pairs, missing_pairs
from real.methods.common.workload import BACKWARD, Sizes, Workload, updates_of
from real.methods.config import AdapterForm, UtilitySource
from real.settings import RootCfg
from real.training.workspace import Workspace

if TYPE_CHECKING:  # torch comes with it
    from real.methods.common.masks import Sample

ADAPTER = ("actor",)
FOLDER = "adapters"  # in the run directory
EFFECT = "safecoder.json"
HELD_OUT = 10  # every tenth utility answer measures what training costs, and is not learned


class SafeCoder(Method):
    """One training over samples of three kinds."""

    learns_from_tasks = True

    def trains_model(self, root: RootCfg) -> bool:
        """See ``Method``."""
        return not root.method.safecoder.lora

    def packages(self, root: RootCfg) -> tuple[str, ...]:
        """See ``Method``."""
        return ("peft",) if root.method.safecoder.lora else ()

    def missing(self, root: RootCfg) -> list[str]:
        """Pairs, or the adapter that is named."""
        cfg = root.method.safecoder
        if cfg.adapter is not None:
            return missing_adapter(cfg.adapter, ADAPTER, "method.safecoder.adapter", AdapterForm.lora)
        return missing_pairs(root, cfg.pairs, "safecoder", "method.safecoder.pairs")

    def check(self, ws: Workspace) -> None:
        """See ``check_adapters`` and ``load_pairs``: what is to be learned is read before the first evaluation."""
        from real.methods.common.adapters import check_adapters

        cfg = ws.cfg.method.safecoder
        check_adapters(ws, cfg.adapter, ADAPTER)
        if cfg.adapter is None:
            for split in ("train", "val"):
                self._pairs(ws, split)

    def run(self, ws: Workspace) -> int:
        """Collect utility data, train, and record what training did; returns the number of updates."""
        from real.methods.common.adapters import adapter_parameters, add_lora, load_adapters, save_adapters
        from real.methods.common.loop import LoopSettings, SampleLoop
        from real.methods.safecoder.objective import SafeCoderObjective, insecure_probability, utility_loss
        from real.methods.safecoder.oversampling import oversampled
        from real.methods.safecoder.utility import utility_samples
        from real.policy.config import LoraCfg

        cfg = ws.cfg.method.safecoder
        if cfg.adapter is not None:
            load_adapters(ws, cfg.adapter, ADAPTER)
            return 0
        utility = utility_samples(ws)  # of the untrained model: before it changes
        pairs, unseen = (self._pairs(ws, split) for split in ("train", "val"))
        kept = [sample for row, sample in enumerate(utility) if row % HELD_OUT]
        held_out = utility[::HELD_OUT] if len(utility) > 1 else utility
        samples = [*(kept or utility), *oversampled(pairs, cfg.oversample_to, ws.cfg.seed)]
        if cfg.lora:
            add_lora(ws, LoraCfg(True, cfg.rank, cfg.alpha, cfg.dropout), ADAPTER)
        model = ws.policy.model
        objective = SafeCoderObjective(model, cfg.security_weight)
        before = utility_loss(objective, held_out), insecure_probability(objective, unseen)
        settings = LoopSettings(cfg.epochs, cfg.batch, cfg.lr, cfg.weight_decay, cfg.max_grad_norm)
        weights = adapter_parameters(model) if cfg.lora else dict(model.named_parameters())
        loop = SampleLoop("safecoder", weights, objective.loss, settings, ws.store.path, ws.checkpoint)
        steps = loop.run(samples, ws.cfg.seed)
        model.eval()
        after = utility_loss(objective, held_out), insecure_probability(objective, unseen)
        effect = {
            "utility_loss": [before[0], after[0]],
            "insecure_token_probability": [before[1], after[1]],
            "utility_samples": len(utility),
            "security_samples": len(pairs),
        }
        write_json(ws.store / EFFECT, effect)
        print(
            f"safecoder: probability of insecure tokens {before[1]:.3f} -> {after[1]:.3f},"
            f" utility loss {before[0]:.3f} -> {after[0]:.3f}"
        )
        if cfg.lora:
            save_adapters(ws, ws.store / FOLDER, ADAPTER)
        return steps

    def workload(self, root: RootCfg, sizes: Sizes) -> Workload | None:
        """Its utility answers, of which all are taken to pass, and two samples a pair; without what is oversampled."""
        cfg = root.method.safecoder
        if cfg.adapter is not None:
            return Workload((sizes.test,) * 2)
        pairs = count_pairs(root, cfg.pairs, "safecoder", cfg.max_pairs)
        if pairs is None:
            return None
        useful = 0 if cfg.utility is UtilitySource.none else min(cfg.max_utility, sizes.train)
        written = sizes.test + (useful if cfg.utility is UtilitySource.distilled else 0)
        learned = BACKWARD * cfg.epochs * (useful + 2 * pairs) * cfg.max_tokens // 2
        return Workload((written,) * 2, learned=learned, updates=updates_of(useful + 2 * pairs, cfg.batch, cfg.epochs))

    def describe(self, root: RootCfg) -> str:
        """See ``Method``."""
        cfg = root.method.safecoder
        if cfg.adapter is not None:
            return f"load the adapter {cfg.adapter}"
        source = "no utility data"
        if cfg.utility is not UtilitySource.none:
            source = f"utility answers ({cfg.utility.value}) of up to {cfg.max_utility} training tasks"
        return f"train it with safecoder: {cfg.epochs} epochs of pairs and {source}"

    def _pairs(self, ws: Workspace, split: str) -> list[Sample]:
        from real.methods.common.masks import safecoder_samples
        from real.methods.common.samples import encode_pairs

        cfg = ws.cfg.method.safecoder
        pairs = load_pairs(cfg.pairs, "safecoder", split, ws.train, most=cfg.max_pairs, seed=ws.cfg.seed)
        return encode_pairs(ws.policy.tokenizer, pairs, safecoder_samples, cfg.max_tokens)


METHOD = SafeCoder()
