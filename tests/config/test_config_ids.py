"""The run id names a computation: the same for the same content, another for any other."""

from omegaconf import OmegaConf

from real.ids import canonical, run_id

CONTENT = {
    "dataset": {"name": "safesql", "path": "${oc.env:REAL_TEST_DATA,data}/safesql"},
    "model": {"name": "tiny", "path": None},
    "method": {"name": "real"},
    "reward": {"variant": "hybrid", "alpha": 0.5},
    "execution": {"backend": "local", "workers": 0},
    "trainer": {"steps": "${copied}", "threads": 0},
    "copied": 24,
    "logger": {"name": "none"},
    "cluster": {"name": "local"},
    "seed": 0,
    "exp_name": "x",
    "output_dir": "outputs",
    "dry_run": False,
    "force": False,
}


def cfg(**changes):
    made = OmegaConf.create(CONTENT)
    for key, value in changes.items():
        OmegaConf.update(made, key.replace("__", "."), value)
    return made


def test_golden_id() -> None:
    # Directories on people's disks bear such names: a change here needs a reason and a new SCHEMA_VERSION.
    assert run_id(cfg()) == "safesql-tiny-real-hybrid-s0-a4272ab1"


def test_what_cannot_change_a_number_is_left_out() -> None:
    same = [
        {"exp_name": "y"},
        {"output_dir": "elsewhere"},
        {"dry_run": True},
        {"force": True},
        {"logger__name": "wandb"},
        {"cluster__name": "slurm_1x8"},
        {"trainer__threads": 8},
        {"execution__workers": 8},
        {"execution__backend": "ray"},
        {"execution__ray_address": "node:6379"},
        {"hydra": {"run": {"dir": "${nowhere}"}}},
    ]
    assert {run_id(cfg(**change)) for change in same} == {run_id(cfg())}


def test_keys_that_came_later_count_where_they_are_set() -> None:
    """Directories made before there were samples keep their names."""
    greedy = cfg(evaluation={"protocol": "strict"})
    assert run_id(cfg(evaluation={"protocol": "strict", "samples": 1, "temperature": 0.0})) == run_id(greedy)
    drawn = [{"samples": 5, "temperature": 0.8}, {"samples": 1, "temperature": 0.8}]
    assert len({run_id(greedy), *(run_id(cfg(evaluation={"protocol": "strict", **one})) for one in drawn)}) == 3


def test_credit_counts_only_where_it_is_set() -> None:
    plain = run_id(cfg())
    assert run_id(cfg(reward={"variant": "hybrid", "alpha": 0.5, "credit": "none"})) == plain
    others = {run_id(cfg(reward__credit=name)) for name in ("trace", "line", "random")}
    assert len(others | {plain}) == 4


def test_settings_of_another_method_do_not_count() -> None:
    sections = {"sven": {"lr": 1.0}, "promsec": {"rounds": 3}}
    plain = run_id(cfg())
    assert run_id(cfg(method={"name": "real", **sections})) == plain
    assert run_id(cfg(method={"name": "sven", **sections})) != run_id(cfg(method={"name": "sven"}))
    assert run_id(cfg(method={"name": "real", "sft": {"lr": 1.0}})) != plain  # as ever


def test_everything_else_counts() -> None:
    changes = [{"seed": 1}, {"reward__alpha": 0.4}, {"copied": 25}, {"dataset__path": "mine"}, {"model__path": "m"}]
    assert len({run_id(cfg(**change)) for change in [{}, *changes]}) == len(changes) + 1


def test_key_order_and_where_the_data_lies_do_not_count(monkeypatch) -> None:
    before = run_id(cfg())
    monkeypatch.setenv("REAL_TEST_DATA", "/elsewhere")
    assert run_id(cfg()) == before
    assert run_id(OmegaConf.create(dict(reversed(CONTENT.items())))) == before
    assert "/elsewhere" not in canonical(cfg())


def test_names_that_cannot_be_folders_are_made_so() -> None:
    assert run_id(cfg(model__name="org/My model")).startswith("safesql-org_My_model-real-hybrid-s0-")
