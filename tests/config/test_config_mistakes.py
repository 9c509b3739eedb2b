"""Every mistake on the command line: exit code 2, one message that helps, nothing started, nothing left behind."""

from pathlib import Path

import pytest

MISTAKES = {
    "model=tinny": ("unknown model 'tinny'", "Did you mean tiny?"),
    "reward.alhpa=0.3": ("unknown key 'reward.alhpa'", "Did you mean reward.alpha?"),
    "alpha=0.3": ("unknown group or key 'alpha'", "reward.alpha"),
    "reward.alpha=abc": ("reward.alpha", "'abc' is not a number"),
    "reward.alpha=null": ("reward.alpha", "null is not allowed"),
    "reward.alpha=3": ("reward.alpha is 3", "[0, 1]"),
    "reward.alpha=nan": ("reward.alpha", "but it must"),
    "seed=1.5": ("seed", "'1.5' is not a whole number"),
    "seed=-1": ("seed is -1", "[0, 2**32)"),
    "trainer.betas=[1,2,3]": ("trainer.betas", "two numbers"),
    "trainer.rollout_batch=100": ("trainer.minibatch is 32, which does not divide", "divisor"),
    "trainer.validation_tasks=100000": ("trainer.validation_tasks is 100000, but dataset=safesql_mini has", "A tenth"),
    "dataset.train_tasks=9 trainer.validation_tasks=9": ("safesql_mini has 9 training tasks", "A tenth"),
    "trainer.samples_per_prompt=3 trainer.minibatch=36": ("which does not divide trainer.rollout_batch x", "divisor"),
    "execution.backend=rya": ("unknown execution.backend 'rya'", "Did you mean ray?"),
    "execution.backend=fusion": ("cannot promise execution.min_isolation=medium", "execution.min_isolation=external"),
    "execution.backend=fusion execution.min_isolation=external": ("needs execution.fusion_url", "http://"),
    "execution.ray_address=auto": ("execution.backend is local", "execution.backend=ray"),
    "execution.min_isolation=mediun": ("unknown execution.min_isolation 'mediun'", "Did you mean medium?"),
    "detector.scope=own": ("unknown detector.scope 'own'", "Known: all, family"),
    "evaluation.subset=claen": ("unknown evaluation.subset", "Did you mean clean?"),
    "evaluation.protocol=papr": ("unknown evaluation.protocol", "Did you mean paper?"),
    "reward.variant=hybird": ("unknown reward.variant", "Did you mean hybrid"),
    "trainer.engine=lokal": ("unknown trainer.engine", "Did you mean local?"),
    "reward.checks=abc": ("reward.checks", "must be a list"),
    "reward={alhpa: 1}": ("reward.alhpa", "not in 'RewardCfg'"),
    "+exp=quickstat": ("unknown exp 'quickstat'", "Did you mean quickstart?"),
    "+exp=[quickstart,smok]": ("unknown exp 'smok'", "Did you mean smoke?"),
    "exp=quickstart": ("needs a plus: +exp=quickstart", "laid over"),
    "debug=fast": ("needs a plus: +debug=fast", "laid over"),
    "modle=tiny": ("unknown group or key 'modle'", "Did you mean model"),
    "+modle=tiny": ("unknown group or key 'modle'", "Did you mean model"),
    "++reward.alhpa=1": ("unknown key 'reward.alhpa'", "Did you mean reward.alpha?"),
    "+model=tiny": ("a plus too many: model=tiny", "+exp"),
    "+reward.alpha=1": ("a plus too many: reward.alpha=1", "+exp"),
    "~reward": ("cannot be removed", "key=value"),
    "trainer=null": ("takes the name of one option", "trainer="),
    "reward=[hybrid]": ("takes the name of one option", "reward=hybrid"),
    "reward.alpha=[1": ("cannot read 'reward.alpha=[1'", "quotes"),
    "quickstart": ("'quickstart' is no setting", "+exp=quickstart"),
    "seed=${nowhere}": ("seed", "'nowhere' not found"),
    "exp_name=a/b": ("exp_name", "names a folder"),
    "output_dir=''": ("output_dir is empty", "outputs"),
    "schema_version=7": ("schema_version is 7", "writes 2"),
    "seed=0,1": ("names several values", "Add -m"),
    "trainer=openrlhf generation=hf": ("generation=hf belongs to trainer=local", "leave generation out"),
    "trainer.shuffle_rewards=true reward.credit=trace": ("deals rewards out at random", "reward.credit=none"),
    "method=vanilla reward.credit=trace": ("method=vanilla does not train with PPO", "method=real"),
    "method=sft trainer.shuffle_rewards=true": ("method=sft does not train with PPO", "method=real"),
    "generation.stop_at_program=true generation=vllm": ("transformers backend only", "generation=hf"),
    "trainer.sampled_logprobs=true generation=vllm": ("and vLLM has copies", "generation=hf"),
    "trainer=openrlhf": ("cannot build model=tiny", "trainer=local_tiny"),
    "dataset=safesql": ("model=tiny knows only", "qwen25_coder_0p5b"),
    "dataset.name=safesql_min": ("unknown dataset 'safesql_min'", "Did you mean safesql_mini"),
    "method.name=vanila": ("unknown method 'vanila'", "Did you mean vanilla?"),
    "dataset=local_jsonl model=qwen25_coder_0p5b": ("needs dataset.path", "hub_id"),
    "cluster.scheduler=slrum": ("unknown cluster.scheduler 'slrum'", "Did you mean slurm?"),
    "cluster.evaluate=later": ("unknown cluster.evaluate 'later'", "with_training"),
    "cluster.container_runtime=podman": ("unknown cluster.container_runtime 'podman'", "apptainer"),
    "hydra.mode=BOTH": ("unknown hydra.mode 'BOTH'", "MULTIRUN"),
    "hydra/launcher=submitit_slurm": ("unknown hydra/launcher", "basic"),
    "--alpha=3": ("unknown option '--alpha=3'", "alpha=3"),
    "--multrun": ("unknown option", "--multirun"),
    "--config-path=x": ("unknown option", "--config-dir"),
    "--config-dir=nowhere": ("--config-dir nowhere", "no such folder"),
    "--config-name=confg": ("unknown config 'confg'", "config"),
    "--cfg": ("--cfg needs a value", "--cfg job"),
    "--cfg=jobb": ("--cfg invalid choice: 'jobb'", "job"),
    "--cfg job -m": ("not allowed with", "--help"),
    "--resolve": ("belongs to --cfg", "--cfg job --resolve"),
    "--dry-run": ("unknown option '--dry-run'", "Settings have no dashes: dry_run=true"),
    "--seed 3": ("unknown option '--seed'", "Settings have no dashes: seed=VALUE"),
    "model=/some/where": ("unknown model '/some/where'", "Known: qwen25_coder_0p5b"),
    "seed=1,": ("cannot read 'seed=1,'", "A comma has nothing beside it: seed=a for one value"),
    "hydra.job.chdir=true": ("hydra.job.chdir=true would", "output_dir=FOLDER"),
    "-m hydra.job.chdir=true seed=0,1": ("hydra.job.chdir=true would", "output_dir=FOLDER"),
    "-m +exp=quickstart,smoke": ("sweep over experiments", "one command for each"),
    "-m seed=0,99x": ("job seed=99x", "'99x' is not a whole number"),
    "-m reward.alpha=0.1,7 seed=0": ("job reward.alpha=7", "[0, 1]"),
    "-m seed=interval(0,1)": ("needs single values", "range(3)"),
    "dataset=apps_plus reward=safety_unit_tests model=qwen25_coder_0p5b": ("has none", "reward=hybrid"),
    "dataset=apps_plus reward.checks=[security] model=qwen25_coder_0p5b": ("reward.checks", "apps_plus"),
}


@pytest.mark.parametrize("line", MISTAKES)
def test_mistake(command, engine, tmp_path: Path, line: str) -> None:
    words = [line] if line.startswith("reward={") else line.split(" ")

    ended = command(*words)

    assert ended.code == 2
    for part in MISTAKES[line]:
        assert part in ended.err
    assert ended.err.startswith("error: ")
    assert len(ended.err.splitlines()) <= 3
    assert "Traceback" not in ended.err
    assert ended.out == ""
    assert engine.runs == []
    assert list(tmp_path.iterdir()) == []


def test_user_yaml_with_an_unknown_key(command, tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "reward"
    folder.mkdir(parents=True)
    (folder / "strict.yaml").write_text("variant: hybrid\nalhpa: 0.9\n")

    ended = command("--config-dir", "mine", "reward=strict")

    assert ended.code == 2
    assert "alhpa" in ended.err
    assert len(ended.err.splitlines()) <= 3


def test_user_yaml_that_is_no_yaml(command, tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "reward"
    folder.mkdir(parents=True)
    (folder / "strict.yaml").write_text("variant: [hybrid\n")

    ended = command("--config-dir", "mine", "reward=strict")

    assert ended.code == 2
    assert "strict.yaml" in ended.err


@pytest.mark.parametrize("words", [("--config-dir", "mine"), ("hydra.searchpath=[file://mine]",)])
def test_user_yaml_adds_an_option(command, engine, tmp_path: Path, words: tuple[str, ...]) -> None:
    folder = tmp_path / "mine" / "reward"
    folder.mkdir(parents=True)
    (folder / "strict.yaml").write_text("variant: hybrid\nalpha: 0.9\n")

    assert command(*words, "reward=strict").code == 0
    assert engine.runs == [("hybrid", 0)]


def test_user_yaml_with_a_home_that_nobody_expands(command, tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "exp"
    folder.mkdir(parents=True)
    (folder / "home.yaml").write_text("# @package _global_\noutput_dir: ~/runs\n")

    ended = command("--config-dir", "mine", "+exp=home")

    assert ended.code == 2
    assert "output_dir is '~/runs'" in ended.err
    assert "${oc.env:HOME}" in ended.err


@pytest.mark.parametrize("folder", ["ünï", "two words", "with=equals", "mit 'Apostroph", "日本"])
def test_output_folder_may_have_any_name(command, engine, tmp_path: Path, folder: str) -> None:
    assert command(f"output_dir={tmp_path}/{folder}").code == 0
    assert [entry.name for entry in (tmp_path / folder).iterdir()] == [engine.last.name]


@pytest.mark.parametrize("setting", ["output_dir=~/runs", "output_dir='~/runs'", 'output_dir="~/runs"'])
def test_home_is_expanded_where_the_shell_has_not(command, monkeypatch, tmp_path: Path, setting: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "my home"))
    assert command(setting).code == 0
    assert (tmp_path / "my home" / "runs").is_dir()
    assert not (tmp_path / "~").exists()


def test_output_folder_that_cannot_be_written(command, engine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    ended = command("output_dir=file/outputs")

    assert ended.code == 4
    assert "cannot write" in ended.err
    assert engine.runs == []
