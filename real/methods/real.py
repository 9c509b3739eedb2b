"""REAL: PPO with program analysis and unit tests as the reward (paper section 3.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from real.errors import InfrastructureError
from real.evaluation.greedy import respond
from real.generation import Response
from real.generation.hf import HfGenerator
from real.io.progress import Progress
from real.logger.tracker import make_tracker
from real.methods.base import METHODS, Workspace
from real.policy.chat import encode_prompt, within_limit
from real.rewards import reward
from real.stopping import at_boundaries
from real.training.cursor import rollout_rows
from real.training.local.checkpoint import load_checkpoint, save_checkpoint
from real.training.local.models import ActorCritic
from real.training.local.ppo import Ppo, ScoreFn
from real.training.sampled_tests import with_sampled_tests
from real.types import Completion, Reward, Task, Verdict


@METHODS.register("real")
def real(ws: Workspace) -> int:
    """Train with PPO, resuming from the run's checkpoint; logs one record a step."""
    if ws.cfg.trainer.engine == "openrlhf":
        from real.training.openrlhf.run import train

        return train(ws)
    cfg, words = ws.cfg.trainer, ws.policy.tokenizer
    tasks, long = within_limit(words, ws.train, ws.cfg.model.max_prompt_tokens)
    if long:
        print(f"{len(long)} training tasks have prompts over model.max_prompt_tokens and are left out: {long[:3]} …")
    prompts = [encode_prompt(words, task) for task in tasks]
    models = ActorCritic(ws.policy.model, ws.cfg.model.lora, bfloat16=ws.cfg.model.dtype == "bfloat16")
    ws.policy.model = models.actor
    ws.generator = HfGenerator(models.actor, words, ws.cfg.generation)
    ppo = Ppo(cfg, models, ws.generator, words.pad_token_id, ws.cfg.generation.temperature)
    first = 0
    if ws.checkpoint.exists():
        state = load_checkpoint(ws.checkpoint, str(next(models.parameters()).device))
        ppo.load_state(state["ppo"])
        first = int(state["step"])
        print(f"resuming at step {first + 1} of {cfg.steps}")
    ws.store.rewind_steps(first)
    tracker = make_tracker(ws.cfg.logger, ws.store.path, ws.run_id, history=ws.store.read_steps())
    with Progress(cfg.steps - first, "ppo", "steps") as progress, at_boundaries() as boundary:
        for step in range(first, cfg.steps):
            rows = rollout_rows(len(tasks), cfg.rollout_batch, step, ws.cfg.seed)
            batch = [
                with_sampled_tests(tasks[i], ws.cfg.reward.tests_per_rollout, (ws.cfg.seed, step, tasks[i].task_id))
                for i in rows
            ]
            log = ppo.step([prompts[i] for i in rows], _score(ws, batch), step=step, seed=ws.cfg.seed)
            record = {"step": step + 1, **log}
            ws.store.append_step(record)
            tracker.log(step + 1, record)
            progress.advance(note=_line(log))
            if step + 1 == cfg.steps // 2:
                ws.store.write_completions("middle", respond(ws.policy, ws.generator, ws.examples, seed=ws.cfg.seed))
            due = (step + 1) % cfg.checkpoint_every == 0 or step + 1 == cfg.steps
            if due or boundary.requested:
                save_checkpoint(ws.checkpoint, {"step": step + 1, "ppo": ppo.state()})
            boundary.leave()
    tracker.finish()
    return cfg.steps


def _line(log: dict[str, float]) -> str:
    return (
        f"reward {log['reward_mean']:+.3f}  function {log['r_function']:.2f}  quality {log['r_quality']:.2f}"
        f"  kl {log['kl']:.2f}"
    )


def _score(ws: Workspace, batch: Sequence[Task]) -> ScoreFn:
    """Judge the responses of one rollout and average every component, for the step's log."""

    def score(rows: Sequence[int], responses: Sequence[Response]) -> tuple[list[float | None], dict[str, float]]:
        tasks = [batch[row] for row in rows]
        completions = [
            Completion(task.task_id, ws.policy.tokenizer.decode(r.tokens, skip_special_tokens=True), r.finished)
            for task, r in zip(tasks, responses, strict=True)
        ]
        verdicts = ws.judge.judge(tasks, completions)
        rewards = [reward(verdict, ws.cfg.reward) for verdict in verdicts]
        _stop_if_masked(rewards, ws.cfg.reward.max_masked)
        return [r.value for r in rewards], _averages(verdicts, rewards)

    return score


def _averages(verdicts: Sequence[Verdict], rewards: Sequence[Reward]) -> dict[str, float]:
    judged = [r for r in rewards if r.value is not None]
    values = [r.value for r in judged if r.value is not None]
    mean = sum(values) / len(values) if values else 0.0
    spread = (sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5 if values else 0.0
    names = sorted({name for r in judged for name in r.components})
    # A program without a component (nothing extracted: no analysis ran) failed it.
    means = {name: sum(r.components.get(name, 0.0) for r in judged) / len(judged) for name in names}
    runnable = means.pop("runnable", 0.0)
    return {
        "reward_mean": mean,
        "reward_std": spread,
        **means,
        "not_runnable": 1.0 - runnable,
        "no_program": sum(v.program.code is None for v in verdicts) / len(verdicts),
        "masked": (len(rewards) - len(judged)) / len(rewards),
    }


def _stop_if_masked(rewards: Sequence[Reward], limit: float) -> None:
    reasons = Counter(r.masked for r in rewards if r.masked)
    share = reasons.total() / len(rewards)
    if share > limit:
        worst = ", ".join(f"{n} x {reason}" for reason, n in reasons.most_common(3))
        raise InfrastructureError(
            f"{share:.0%} of a rollout could not be scored (reward.max_masked is {limit:.0%}): {worst}",
            hint="`python -m real.execution doctor` tells what the sandbox lacks; then the same command resumes.",
        )
