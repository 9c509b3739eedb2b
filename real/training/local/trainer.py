"""PPO on one device (``trainer=local``): paper section 3.2, settings of appendix A.2."""

from __future__ import annotations

from collections.abc import Generator as EventStream
from functools import partial

from real.errors import InfrastructureError, UsageError
from real.generation import Generator
from real.generation.hf import HfGenerator
from real.generation.open import open_generator
from real.policy.chat import encode_prompt, within_limit
from real.policy.policy import Policy
from real.sampled_tests import with_sampled_tests
from real.training.config import Estimator
from real.training.cursor import rollout_rows
from real.training.local import rollout_log
from real.training.local.checkpoint import Checkpoints
from real.training.local.models import ActorCritic
from real.training.local.ppo import NotFiniteError, Ppo
from real.training.local.rollout_scores import RolloutScorer
from real.training.local.second_opinion import is_independent
from real.training.local.validation import hold_out, joint_rate
from real.training.trainer import TrainingEvent
from real.training.workspace import Workspace
from real.types import Task


class LocalTrainer:
    """A ``Trainer`` in this process; every step is resumed exactly."""

    stops_between_steps = True

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        words, model = ws.policy.tokenizer, ws.cfg.model
        self._tasks, long = within_limit(words, ws.train, model.max_prompt_tokens)
        if long:
            print(
                f"{len(long)} training tasks have prompts over model.max_prompt_tokens and are left out: {long[:3]} …"
            )
        self._validation: list[Task] = []
        if wanted := ws.cfg.trainer.validation_tasks:
            self._tasks, self._validation = hold_out(self._tasks, wanted, ws.cfg.seed)
        self._validated: dict[str, float] = {}
        self._checkpoints = Checkpoints(ws.store / "checkpoints", ws.run_id, ws.cfg.trainer.keep_checkpoints)
        self._prompts = [encode_prompt(words, task) for task in self._tasks]
        if not is_independent(ws.judge, self._tasks):
            print("note: no safety tests beside the reward: detector and tests cannot be compared (docs/metrics.md)")
        cfg = ws.cfg.trainer
        self._models = ActorCritic(
            ws.policy.model,
            model.lora,
            critic=cfg.critic if cfg.estimator is Estimator.gae else None,
            bfloat16=model.dtype == "bfloat16",
            gradient_checkpointing=cfg.gradient_checkpointing,
        )
        self._policy = Policy(self._models.actor, words)
        self._generator = open_generator(self._models.actor, words, ws.cfg.generation)
        if cfg.sampled_logprobs:
            self._generator = _keeping_logprobs(self._generator)
        self._ppo = Ppo(cfg, self._models, self._generator, ws.cfg.generation.temperature)

    def start(self) -> int:
        """See ``Trainer``; raises ``DataError`` for a checkpoint that cannot be read."""
        state = self._checkpoints.newest(self._device)
        if state is None:
            return 0
        self._ppo.load_state(state["ppo"])
        return int(state["step"])

    def run(self, first: int) -> EventStream[TrainingEvent]:
        """See ``Trainer``; one step is one rollout with its updates."""
        ws, cfg = self._ws, self._ws.cfg.trainer
        answers = ws.store / rollout_log.FILE
        rollout_log.rewind(answers, first)
        for step in range(first, cfg.steps):
            drawn = rollout_rows(len(self._tasks), cfg.rollout_batch, step, ws.cfg.seed)
            rows = [row for row in drawn for _ in range(cfg.samples_per_prompt)]
            batch = [self._sampled(self._tasks[row], step) for row in rows]
            keep = partial(rollout_log.append, answers, step + 1)
            scorer = RolloutScorer(ws.judge, self._policy, batch, keep, seed=f"{ws.cfg.seed}/{step}")
            try:
                log = self._ppo.step([self._prompts[row] for row in rows], scorer, step=step, seed=ws.cfg.seed)
            except NotFiniteError as error:
                tasks = ", ".join(sorted({batch[row].task_id for row in error.rows})[:8])
                raise InfrastructureError(
                    f"{error.args[0]}, in a batch of the tasks {tasks} …", hint=error.hint
                ) from error
            yield TrainingEvent(step + 1, log)
            if self._validated:  # a checkpoint was made
                yield TrainingEvent(step + 1, self._validated, is_evaluation=True)
                self._validated = {}

    def checkpoint(self, step: int) -> None:
        """See ``Trainer``; raises ``InfrastructureError`` where the disk refuses."""
        score = None
        if self._validation:
            score = joint_rate(self._policy, self._generator, self._ws.judge, self._validation, self._ws.cfg.seed)
            self._validated = {"validation_func_qual": score}
        self._checkpoints.save(step, {"ppo": self._ppo.state()}, score)

    def current(self) -> tuple[Policy, Generator]:
        """See ``Trainer``."""
        return self._policy, self._generator

    def result(self) -> tuple[Policy, Generator]:
        """See ``Trainer``; with validation tasks the policy is that of the best checkpoint, else the last one."""
        if (best := self._checkpoints.best(self._device)) is not None:
            print(
                f"evaluating the policy of step {best['step']}: {best['score']:.3f} on the validation tasks", flush=True
            )
            self._models.load_trainable_state(best["ppo"]["models"])
        return self._policy, self._generator

    @property
    def _device(self) -> str:
        return str(next(self._models.parameters()).device)

    def _sampled(self, task: Task, step: int) -> Task:
        return with_sampled_tests(task, self._ws.cfg.reward.tests_per_rollout, (self._ws.cfg.seed, step, task.task_id))


def _keeping_logprobs(generator: Generator) -> HfGenerator:
    if not isinstance(generator, HfGenerator):
        raise UsageError(
            "trainer.sampled_logprobs=true needs a sampler with the weights that are trained, and vLLM has copies",
            hint="Use generation=hf, or trainer.sampled_logprobs=false.",
        )
    generator.keeps_logprobs = True
    return generator
