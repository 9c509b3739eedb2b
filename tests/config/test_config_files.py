"""Every YAML file of ``conf/`` composes, passes the checks, and says what the paper says."""

import itertools
import re
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.types import RunMode
from omegaconf import OmegaConf

from real.config.plan import Plan, plan_run, plan_sweep
from real.ids import run_id
from real.methods.base import Method
from real.methods.registry import method_names, method_of
from real.results.paper.specs import SIZES, SPECS
from real.settings import RootCfg
from real.training.openrlhf.plan import RELEASED_BATCHES

CONF = Path(__file__).resolve().parents[2] / "conf"
OPTIONS = sorted(
    (folder.name, path.stem) for folder in CONF.iterdir() if folder.is_dir() for path in folder.glob("*.yaml")
)
# The miniature goes with the embedded data only, and the cluster's engines with models from the hub only.
COMPANIONS = {
    "dataset": ["model=qwen25_coder_0p5b"],
    "trainer": ["model=qwen25_coder_0p5b", "dataset=safesql"],
}

# What an option cannot know by itself.
NEEDED = {
    "local_jsonl": ["dataset.path=mine"],
    "fusion": ["execution.fusion_url=http://localhost:8080"],
    "vllm": ["model=qwen25_coder_0p5b", "dataset=safesql", "trainer=openrlhf"],
}


def planned(*settings: str) -> Plan:
    """The plan of a command, through Hydra's Compose API and the checks that every command passes."""
    with initialize_config_dir(config_dir=str(CONF), version_base="1.3"):
        config = compose("config", list(settings), return_hydra_config=True)
        return plan_sweep(config) if config.hydra.mode == RunMode.MULTIRUN else plan_run(config)


def composed(*settings: str) -> RootCfg:
    return planned(*settings).first


@pytest.mark.parametrize(("group", "option"), OPTIONS, ids=lambda value: value)
def test_option_composes(group: str, option: str) -> None:
    plus = "+" if group in ("exp", "debug") else ""
    needed = NEEDED.get(option, [])
    root = composed(f"{plus}{group}={option}", *COMPANIONS.get(group, []), *needed)
    part: object = getattr(root, group, None)
    named = getattr(part, "name", None) or getattr(part, "variant", None) or getattr(part, "backend", None)
    if named is not None:
        assert named == option  # the run id and the tables show this name


@pytest.mark.parametrize("layers", [("quickstart", "fast"), ("smoke", "fast"), ("smoke", "overfit")], ids="-".join)
def test_layers_combine(layers: tuple[str, str]) -> None:
    exp, debug = layers
    assert composed(f"+exp={exp}", f"+debug={debug}").exp_name == exp


def test_every_method_has_its_file_and_its_yaml() -> None:
    assert set(method_names()) == {path.stem for path in CONF.glob("method/*.yaml")}
    for name in method_names():
        assert composed(f"method={name}").method.name == name
        assert isinstance(method_of(name), Method)


@pytest.mark.parametrize(("number", "name"), [(2, "table2_security"), (3, "table3_maintainability")])
def test_a_table_is_a_sweep(number: int, name: str) -> None:
    """A job a cell: every row of the table, ours beyond the paper too, of every size, on every data set."""
    spec, plan = SPECS[number], planned(f"+exp={name}")
    methods = {row.method for row in spec.rows}
    cells = {(job.root.method.name, SIZES[job.root.model.name], job.root.dataset.name) for job in plan.runs}
    assert cells == set(itertools.product(methods, spec.sizes, spec.datasets))
    assert len({job.run_id for job in plan.runs}) == len(plan.runs) == len(cells)
    assert {job.root.reward.variant for job in plan.runs} == {"hybrid"}
    assert {(job.root.evaluation.protocol, job.root.typecheck.policy) for job in plan.runs} == {("paper", "paper")}
    twin = planned(f"+exp={name}_tiny")
    assert {job.root.method.name for job in twin.runs} <= methods
    assert {job.root.model.name for job in twin.runs} == {"tiny"}
    whole = planned(f"+exp=table{number}_tiny")
    assert [job.root.dataset.name for job in whole.runs] == [*spec.in_miniature().datasets] * len(whole.runs)
    assert [(job.root.method.name, job.root.seed) for job in whole.runs] == [
        (row.method, seed) for row in spec.rows for seed in range(3)
    ]


def test_table_5_is_a_sweep() -> None:
    plan = planned("+exp=table5_safety_tests")
    assert len({job.run_id for job in plan.runs}) == len(plan.runs) == 2 * 3 * 2
    assert {job.root.method.name for job in plan.runs} == {"real"}
    assert {job.root.model.name for job in planned("+exp=table5_safety_tests_tiny").runs} == {"tiny"}


def test_the_paper_settings() -> None:
    for trainer, backend in (("local", "hf"), ("openrlhf", "vllm")):
        root = composed("model=qwen25_coder_3b", "dataset=safesql", f"trainer={trainer}")
        assert (root.trainer.engine, root.generation.backend) == (trainer, backend)
        assert root.trainer.steps == 600
        assert root.trainer.actor_lr == 1e-6
        assert root.trainer.rollout_batch == 256
        assert root.trainer.kl_coef == 1e-3
        assert (root.trainer.gamma, root.trainer.gae_lambda) == (1.0, 1.0)
        assert root.trainer.normalize_rewards
        assert root.generation.max_new_tokens == 1024
        assert root.generation.temperature == 1.0


@pytest.mark.parametrize(
    ("dataset", "batches"),
    [("safesql", (256, 256, 40)), ("seccodeplt_plus", (512, 64, 20)), ("apps_plus", (256, 256, 100))],
)
def test_the_released_batches(dataset: str, batches: tuple[int, int, int]) -> None:
    trainer = composed("model=qwen25_coder_3b", f"dataset={dataset}", "trainer=openrlhf_released").trainer
    assert (trainer.rollout_batch, trainer.minibatch, trainer.checkpoint_every) == batches
    assert RELEASED_BATCHES[dataset] == batches[:2]
    assert not trainer.normalize_rewards


def test_released_settings_belong_to_data_sets_and_models_that_exist() -> None:
    for path in CONF.rglob("released/*.yaml"):
        assert (CONF / "dataset" / path.name).exists(), path
    names = {f"{data.stem}_{model.stem}" for data in CONF.glob("dataset/*") for model in CONF.glob("model/*")}
    assert {path.stem for path in CONF.rglob("released/by_model/*.yaml")} <= names


def test_table_4_in_miniature() -> None:
    plan = planned("+exp=ablation_reward_tiny")
    cells = {(job.root.reward.variant, job.root.seed) for job in plan.runs}
    assert cells == set(itertools.product(("hybrid", "function_only", "quality_only"), range(3)))
    assert len(plan.runs) == len({job.run_id for job in plan.runs}) == 9
    quickstart = planned("seed=2").runs[0]
    shared = [job for job in plan.runs if job.run_id == quickstart.run_id]
    assert [job.changes for job in shared] == [("reward=hybrid", "seed=2")]


COMMANDS = sorted(
    {
        " ".join(itertools.takewhile(lambda word: "=" in word or word == "-m", words.split()))
        for path in CONF.rglob("*.yaml")
        for words in re.findall(r"python run\.py(.*?)(?:: |;|$)", path.read_text(encoding="utf-8"), re.M)
    }
)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_in_a_comment_is_a_command(command, line: str) -> None:
    ended = command(*line.split(), "dry_run=true")
    assert (ended.code, ended.err) == (0, "")


def test_yaml_holds_values_only() -> None:
    for path in CONF.rglob("*.yaml"):
        assert "_target_" not in path.read_text(encoding="utf-8"), path


def test_quickstart_is_what_the_root_composes() -> None:
    with initialize_config_dir(config_dir=str(CONF), version_base="1.3"):
        bare, named = compose("config"), compose("config", ["+exp=quickstart"])
    assert OmegaConf.to_container(bare) == OmegaConf.to_container(named)
    assert run_id(bare) == run_id(named)


def test_every_file_begins_with_what_it_is() -> None:
    for path in Path(CONF).rglob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("# "), path
