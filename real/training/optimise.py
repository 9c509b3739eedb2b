"""The training loop around any trainer: resume, record every step, keep checkpoints, stop in order."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing, nullcontext

from real.generation.respond import respond
from real.io.progress import Progress
from real.logger.tracker import make_tracker
from real.stopping import Boundary, at_boundaries
from real.training.health import Health
from real.training.trainer import Trainer
from real.training.workspace import Workspace


def optimise(trainer: Trainer, ws: Workspace) -> int:
    """Train to the last step, from the newest checkpoint on; returns the number of steps.

    Leaves the trained policy in ``ws``. Raises ``RealError`` where a person can act, ``Stopped`` after a signal.
    """
    first = trainer.start()
    if first < ws.cfg.trainer.steps:
        _train(trainer, ws, first)
    ws.policy, ws.generator = trainer.result()
    return ws.cfg.trainer.steps


def _train(trainer: Trainer, ws: Workspace, first: int) -> None:
    cfg = ws.cfg.trainer
    if first:
        print(f"resuming at step {first + 1} of {cfg.steps}", flush=True)
    ws.store.rewind_steps(first)
    health = Health(ws.store.read_steps())
    tracker = make_tracker(ws.cfg.logger, ws.store.path, ws.run_id, history=ws.store.read_steps())
    signals = at_boundaries() if trainer.stops_between_steps else nullcontext(Boundary())
    events = trainer.run(first)
    with Progress(cfg.steps - first, "ppo", "steps") as progress, signals as boundary, closing(events):
        for event in events:
            if event.is_evaluation:
                tracker.log(event.step, event.metrics)
                continue
            record = {"step": event.step, **event.metrics}
            warnings = health.observe(record)
            ws.store.append_step(record | ({"warnings": [w.kind for w in warnings]} if warnings else {}))
            tracker.log(event.step, record)
            for warning in warnings:
                print(f"warning   step {warning.step}: {warning.text} (docs/metrics.md)", flush=True)
            progress.advance(note=_note(event.metrics))
            if event.step == cfg.steps // 2:
                _keep_examples(trainer, ws)
            due = event.step % cfg.checkpoint_every == 0 or event.step == cfg.steps
            if due or boundary.requested:
                trainer.checkpoint(event.step)
            boundary.leave()
    tracker.finish()


def _keep_examples(trainer: Trainer, ws: Workspace) -> None:
    """The answers half-way, where the trainer can give them, for the report."""
    if (now := trainer.current()) is not None:
        policy, generator = now
        ws.store.write_completions("middle", respond(policy, generator, ws.examples, seed=ws.cfg.seed))


def _note(metrics: Mapping[str, float]) -> str:
    shown = (
        ("reward", "reward_mean", "+.3f"),
        ("function", "r_function", ".2f"),
        ("quality", "r_quality", ".2f"),
        ("kl", "kl", ".2f"),
    )
    return "  ".join(f"{name} {metrics[key]:{form}}" for name, key, form in shown if key in metrics)
