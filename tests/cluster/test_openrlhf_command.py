"""The command line for OpenRLHF: every flag exists there, and says what the configuration says."""

import itertools
import json
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from real.config.schema import check, register
from real.errors import UsageError
from real.settings import RootCfg, to_dataclass
from real.training.openrlhf import flags, gpu_memory
from real.training.openrlhf.command import check as check_flags
from real.training.openrlhf.command import grouped
from real.training.openrlhf.plan import TrainingPlan, describe, make_training_plan

CONF = Path(__file__).resolve().parents[2] / "conf"
MODELS = sorted(path.stem for path in (CONF / "model").glob("*.yaml") if path.stem != "tiny")
CLUSTERS = sorted(path.stem for path in (CONF / "cluster").glob("*.yaml"))
DATASETS = ("safesql", "seccodeplt_plus", "apps_plus", "safesql_mini")
REWARDS = sorted(path.stem for path in (CONF / "reward").glob("*.yaml"))
LOCAL_ONLY = ("safesql_0p5b", "shuffled_rewards_tiny")  # they stop answers early; deal rewards out at random
EXPS = sorted(path.stem for path in (CONF / "exp").glob("*.yaml") if path.stem not in LOCAL_ONLY)
TRAINERS = ("openrlhf", "openrlhf_released")
register()


def composed(*settings: str) -> RootCfg:
    with initialize_config_dir(config_dir=str(CONF), version_base="1.3"):
        root = to_dataclass(compose("config", list(settings)))
    check(root)
    return root


def planned(*settings: str, gpus: int = 8) -> tuple[RootCfg, TrainingPlan]:
    root = composed("trainer=openrlhf", "generation=vllm", *settings)
    return root, make_training_plan(root, Path("/runs/x"), gpus)


def arguments_of(plan: TrainingPlan) -> dict[str, tuple[str, ...]]:
    return dict(grouped(plan.arguments))


def test_the_snapshot_is_of_the_pinned_version() -> None:
    version, known = flags.read_snapshot()
    assert version == flags.PINNED
    assert len(known) == 167
    assert known["--actor.adam.betas"] == flags.Flag("--actor.adam.betas", "float", 2)
    assert known["--critic.adam.lr"].kind == "float"  # added in a loop, with an f-string
    assert "gae" in known["--algo.advantage.estimator"].choices


@pytest.mark.skipif(
    flags.installed_source() is None, reason="OpenRLHF is not installed here (make test-cluster has it)"
)
def test_the_snapshot_is_what_is_installed() -> None:
    assert flags.known_flags() == flags.read_snapshot()


@pytest.mark.parametrize("exp", EXPS)
def test_every_experiment_on_every_cluster(exp: str) -> None:
    """Each combination is checked against the recorded parser while it is planned."""
    version, known = flags.read_snapshot()
    for model, cluster in itertools.product(MODELS, CLUSTERS):
        root, plan = planned(f"+exp={exp}", f"model={model}", f"cluster={cluster}", "dataset=safesql", *_sizes(exp))
        check_flags(plan.arguments, version, known)
        assert plan.layout.gpus == (root.cluster.gpus or 8)


def _sizes(exp: str) -> list[str]:
    """Debug layers have a batch of sixteen, which sixteen GPUs share one by one; others less than a minibatch."""
    if exp == "estimators_tiny":
        return ["trainer.minibatch=128"]
    return ["trainer.rollout_batch=256", "trainer.minibatch=256"] if exp == "smoke" else []


@pytest.mark.parametrize("exp", LOCAL_ONLY)
def test_an_experiment_of_the_local_engine_is_refused(exp: str) -> None:
    with pytest.raises(UsageError, match=r"is a setting of the (local engine|transformers backend)"):
        planned(f"+exp={exp}", f"model={MODELS[0]}", f"cluster={CLUSTERS[0]}", "dataset=safesql")


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("dataset", DATASETS)
def test_every_reward_on_every_data_set(dataset: str, trainer: str) -> None:
    version, known = flags.read_snapshot()
    for reward in REWARDS:
        if dataset == "apps_plus" and reward == "safety_unit_tests":
            continue  # it has no safety tests, and says so
        root = composed(
            f"trainer={trainer}",
            "generation=vllm",
            f"dataset={dataset}",
            "model=qwen25_coder_3b",
            f"reward={reward}",
            "cluster=local_1x8",
        )
        plan = make_training_plan(root, Path("/runs/x"), 8)
        check_flags(plan.arguments, version, known)


A2 = {
    "--actor.adam.lr": ("1e-06",),
    "--critic.adam.lr": ("1e-05",),
    "--actor.adam.betas": ("0.9", "0.999"),
    "--critic.adam.betas": ("0.9", "0.999"),
    "--actor.adam.weight_decay": ("0.01",),
    "--actor.lr_scheduler": ("constant",),
    "--actor.lr_warmup_ratio": ("0.0",),
    "--actor.max_norm": ("1.0",),
    "--rollout.batch_size": ("256",),
    "--rollout.n_samples_per_prompt": ("1",),
    "--train.batch_size": ("256",),
    "--train.max_epochs": ("1",),
    "--algo.advantage.estimator": ("gae",),
    "--algo.advantage.gamma": ("1.0",),
    "--algo.advantage.lambd": ("1.0",),
    "--algo.kl.init_coef": ("0.001",),
    "--algo.kl.estimator": ("k1",),
    "--actor.eps_clip": ("0.2",),
    "--critic.value_clip": ("0.5",),
    "--actor.entropy_coef": ("0.001",),
    "--rollout.temperature": ("1.0",),
    "--rollout.top_p": ("1.0",),
    "--rollout.max_new_tokens": ("1024",),
    "--data.max_len": ("2048",),
    "--algo.advantage.is_correction_level": ("off",),
    "--eval.temperature": ("0.0",),
    "--eval.n_samples_per_prompt": ("1",),
    "--ckpt.best_metric_key": ("none",),
}


@pytest.mark.parametrize("model", MODELS)
def test_the_settings_of_appendix_a2(model: str) -> None:
    root, plan = planned(f"model={model}", "dataset=safesql", "cluster=local_1x8")
    found = arguments_of(plan)
    assert {name: found[name] for name in A2} == A2
    assert "--algo.kl.use_loss" not in found  # the divergence is part of the reward
    assert "--algo.advantage.no_std_norm" not in found  # advantages are whitened
    assert root.trainer.normalize_rewards
    assert plan.schedule.steps_per_pass * plan.schedule.passes == 600


def test_the_released_batches() -> None:
    root = composed(
        "trainer=openrlhf_released", "generation=vllm", "dataset=seccodeplt_plus", "model=qwen25_coder_3b",
        "cluster=local_1x8",
    )  # fmt: skip
    found = arguments_of(make_training_plan(root, Path("/runs/x"), 8))
    assert found["--rollout.batch_size"] == ("512",)
    assert found["--train.batch_size"] == ("64",)
    assert found["--ckpt.save_steps"] == ("20",)
    assert not root.trainer.normalize_rewards
    for dataset, every in (("safesql", 40), ("apps_plus", 100)):
        trainer = composed(f"trainer={TRAINERS[1]}", f"dataset={dataset}", "model=qwen25_coder_3b").trainer
        assert (trainer.rollout_batch, trainer.minibatch, trainer.checkpoint_every) == (256, 256, every)


@pytest.mark.parametrize(
    ("cluster", "model", "gpus", "engines", "micro"),
    [
        ("slurm_1x1", "qwen25_coder_0p5b", 1, 1, 8),
        ("local_1x8", "qwen25_coder_3b", 8, 8, 4),
        ("slurm_2x8", "qwen25_coder_7b", 16, 16, 2),
    ],
)
def test_placement(cluster: str, model: str, gpus: int, engines: int, micro: int) -> None:
    _, plan = planned(f"cluster={cluster}", f"model={model}", "dataset=safesql")
    found = arguments_of(plan)
    assert plan.layout.gpus == gpus
    assert found["--vllm.num_engines"] == (str(engines),)
    assert found["--train.micro_batch_size"] == (str(micro),)
    nodes, per_node = found["--actor.num_nodes"], found["--actor.num_gpus_per_node"]
    assert int(nodes[0]) * int(per_node[0]) == gpus
    for role in ("critic", "ref"):
        assert (found[f"--{role}.num_nodes"], found[f"--{role}.num_gpus_per_node"]) == (nodes, per_node)
    for flag in ("--train.colocate_all", "--vllm.enable_sleep", "--ds.enable_sleep", "--ds.packing_samples"):
        assert found[flag] == ()


def test_micro_batches_are_even() -> None:
    """64 samples on 16 GPUs are 4 each: a pass of 8 would leave ranks waiting for each other."""
    _, plan = planned("cluster=slurm_2x8", "model=qwen25_coder_0p5b", "dataset=safesql", "trainer.minibatch=64")
    assert plan.layout.microbatch == 4


def test_passes_of_tokens_instead_of_samples() -> None:
    usual = ("cluster=local_1x8", "model=qwen25_coder_7b", "dataset=safesql")
    root, plan = planned(*usual, "model.placement.tokens_per_pass=4096")
    found = arguments_of(plan)  # the plan has compared every flag with OpenRLHF's parser
    assert found["--train.dynamic_batch_enable"] == ()
    assert found["--train.max_tokens_per_gpu"] == found["--rollout.max_tokens_per_gpu"] == ("4096",)
    assert "up to 4,096 tokens a GPU and pass" in plan.layout.describe()
    assert gpu_memory.remedy(root, "training") == "model.placement.tokens_per_pass=2048"
    plain = planned(*usual)
    assert "--train.dynamic_batch_enable" not in arguments_of(plain[1])
    # Two samples of full length are 4,096 tokens.
    memory = [gpu_memory.estimate(one, made.layout, 80.0) for one, made in ((root, plan), plain)]
    assert memory[0] and memory[1]
    assert memory[0].phases["training"] == memory[1].phases["training"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("model.placement.tokens_per_pass=1024",), "one sample may have 2048 tokens"),
        (
            ("model.placement.tokens_per_pass=4096", "model.placement.packing=false"),
            "tokens_per_pass needs model.placement.packing",
        ),
    ],
)
def test_passes_of_tokens_that_cannot_be_made(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        planned("cluster=local_1x8", "model=qwen25_coder_7b", "dataset=safesql", *words)


def test_a_batch_that_gpus_cannot_share_is_refused() -> None:
    with pytest.raises(UsageError, match=r"trainer\.minibatch is 100, which 8 GPUs cannot share"):
        planned(
            "cluster=local_1x8", "model=qwen25_coder_0p5b", "dataset=safesql", "trainer.rollout_batch=100",
            "trainer.minibatch=100",
        )  # fmt: skip


def test_gradients_are_summed_in_float32_and_two_checkpoints_are_kept() -> None:
    for model in MODELS:
        found = arguments_of(planned("cluster=local_1x8", f"model={model}", "dataset=safesql")[1])
        assert found["--ds.grad_accum_dtype"] == ("fp32",)
        assert int(found["--ckpt.max_num"][0]) >= 2
    _, plan = planned("cluster=local_1x8", f"model={MODELS[0]}", "dataset=safesql", "model.placement.zero_stage=1")
    assert "--ds.grad_accum_dtype" not in arguments_of(plan)  # DeepSpeed would take an optimiser that cannot sleep
    with pytest.raises(UsageError, match="keep_checkpoints is 1, but it must be at least 2"):
        composed("trainer=openrlhf", "trainer.openrlhf.keep_checkpoints=1")  # deleted before the next one is written


def test_a_warm_up_of_the_critic_is_refused() -> None:
    with pytest.raises(UsageError, match="critic_warmup_steps is 5, which OpenRLHF"):
        planned("cluster=local_1x8", f"model={MODELS[0]}", "dataset=safesql", "trainer.critic_warmup_steps=5")


def test_credit_on_tokens_is_refused() -> None:
    with pytest.raises(UsageError, match=r"reward\.credit=trace is not possible with trainer=openrlhf"):
        planned("cluster=local_1x8", f"model={MODELS[0]}", "dataset=safesql", "reward.credit=trace")


def test_an_engine_over_more_gpus_than_a_node_has_is_refused() -> None:
    with pytest.raises(UsageError, match="tensor_parallel is 3"):
        planned("cluster=local_1x8", "model=qwen25_coder_7b", "dataset=safesql", "model.placement.tensor_parallel=3")


def test_a_comma_in_the_path_is_refused() -> None:
    root = composed("trainer=openrlhf", "model=qwen25_coder_0p5b", "dataset=safesql")
    with pytest.raises(UsageError, match="comma"):
        make_training_plan(root, Path("/runs/a,b"), 8)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--actor.adam.lrr", "1"], "is unknown. Did you mean --actor.adam.lr"),
        (["--train.seed", "x"], "takes int values, not 'x'"),
        (["--train.seed"], "takes 1 values, not 0"),
        (["--actor.adam.betas", "0.9"], "takes 2 values, not 1"),
        (["--algo.kl.estimator", "k9"], "knows k1, k2, k3, not 'k9'"),
        (["--train.colocate_all", "yes"], "takes 0 values, not 1"),
    ],
)
def test_a_flag_that_openrlhf_would_refuse_is_told(words: list[str], problem: str) -> None:
    version, known = flags.read_snapshot()
    with pytest.raises(UsageError) as refused:
        check_flags(words, version, known)
    assert problem in str(refused.value)


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _, known = flags.read_snapshot()
    monkeypatch.setattr("real.training.openrlhf.plan.known_flags", lambda: ("0.9.4", known))
    with pytest.raises(UsageError, match=r"OpenRLHF 0\.9\.4 is installed"):
        planned("model=qwen25_coder_0p5b", "dataset=safesql")


def test_the_parser_reads_loops_choices_and_nothing_else() -> None:
    source = (
        "if __name__ == '__main__':\n"
        "    parser = argparse.ArgumentParser()\n"
        "    parser.add_argument('--a.b', type=int, default=1)\n"
        "    for role in ('x', 'y'):\n"
        "        parser.add_argument(f'--{role}.lr', type=float, nargs=2)\n"
        "    parser.add_argument('--on', action='store_true')\n"
        "    parser.add_argument('--mode', type=str, choices=['p', 'q'])\n"
        "    print('--no')\n"
    )
    assert flags.read_flags(source) == {
        "--a.b": flags.Flag("--a.b", "int"),
        "--x.lr": flags.Flag("--x.lr", "float", 2),
        "--y.lr": flags.Flag("--y.lr", "float", 2),
        "--on": flags.Flag("--on", "flag"),
        "--mode": flags.Flag("--mode", "str", None, ("p", "q")),
    }


def test_the_snapshot_is_json_for_people() -> None:
    record = json.loads(flags.SNAPSHOT.read_text())
    assert record["entry"] == "openrlhf.cli.train_ppo_ray"


def test_a_dry_run_tells_placement_memory_and_hours() -> None:
    root, plan = planned("model=qwen25_coder_7b", "dataset=safesql", "cluster=local_1x8")
    text = describe(root, plan, (80.0,) * 8)
    for part in ("8 GPUs", "training", "GPU-hours", "passes over", "python -m real.training.openrlhf.entry"):
        assert part in text


@pytest.mark.parametrize("model", MODELS)
def test_every_phase_of_every_size_fits_eight_gpus_of_80_gb(model: str) -> None:
    root, plan = planned(f"model={model}", "dataset=safesql", "cluster=local_1x8")
    found = gpu_memory.estimate(root, plan.layout, 80.0)
    assert found is not None
    assert max(found.phases.values()) < 0.95 * 80, found.phases


def test_the_memory_of_7b_is_that_of_the_derivation() -> None:
    """By hand for 8 GPUs: 7.616e9 parameters, 28 layers, hidden 3584, 151,936 words, 2,048 tokens."""
    root, plan = planned("model=qwen25_coder_7b", "dataset=safesql", "cluster=local_1x8")
    found = gpu_memory.estimate(root, plan.layout, 80.0)
    assert found is not None
    weights = 3 * 2 * 7.616e9 / 8 / 2**30  # policy, critic and reference, sharded by ZeRO 3
    assert found.phases["generating"] == pytest.approx(7 + weights + 0.45 * 80, rel=0.001)
    stale = 2 * 8 * 7.616e9 / 8 / 2**30  # both moments of policy and critic, again
    assert found.phases["generating after a resume"] == pytest.approx(found.phases["generating"] + stale, rel=0.001)
    logits = 14 * 2 * 2048 * 151_936 / 2**30
    layers = (2 * 28 + 34) * 3584 * 2 * 2048 / 2**30
    assert found.phases["training"] == pytest.approx(
        7 + weights + 16 * 7.616e9 / 8 / 2**30 + 2 + layers + logits, rel=0.001
    )


def test_an_evaluation_in_float32_beside_the_base_model_would_not_fit() -> None:
    """What happened: 89 to 94 GB of 85.5 for 7B at 128 responses a time. Now: the trained model alone, in bfloat16."""
    root, _ = planned("model=qwen25_coder_7b", "dataset=apps_plus", "cluster=local_1x8")
    now = gpu_memory.evaluation_gb(root)
    assert now < 0.6 * 80
    root.model.dtype = type(root.model.dtype)("float32")
    base = 2 * 7.616e9 / 2**30
    assert gpu_memory.evaluation_gb(root) + base > now + 28


def test_what_does_not_fit_is_told_with_the_setting_to_try() -> None:
    root, plan = planned("model=qwen25_coder_7b", "dataset=safesql", "cluster=slurm_1x1")
    text = describe(root, plan, (80.0,))
    assert "warning: training takes about" in text
    assert "model.placement.microbatch=1" in text


@pytest.mark.parametrize("estimator", ["group_norm", "rloo", "reinforce_baseline"])
def test_an_estimator_of_the_local_trainer_is_openrlhfs_of_that_name(estimator: str) -> None:
    """A run moves to the cluster by changing ``trainer=`` alone."""
    words = (f"trainer.estimator={estimator}", "trainer.samples_per_prompt=4", "dataset=safesql", f"model={MODELS[0]}")
    local = composed("trainer=local", *words)
    root, plan = planned("cluster=local_1x8", *words)
    found = arguments_of(plan)
    assert found["--algo.advantage.estimator"] == (estimator,)
    assert found["--rollout.n_samples_per_prompt"] == ("4",)
    assert found["--rollout.batch_size"] == (str(local.trainer.rollout_batch),)
    assert (root.trainer.samples, plan.schedule.samples) == (local.trainer.samples, 4)


def test_a_shared_critic_is_refused() -> None:
    with pytest.raises(UsageError, match="critic=shared is not possible with trainer=openrlhf"):
        planned("cluster=local_1x8", f"model={MODELS[0]}", "dataset=safesql", "trainer.critic=shared")
