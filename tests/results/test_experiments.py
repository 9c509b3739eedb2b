"""``experiments/``: what is committed there is what the committed results give, and every folder says what it is."""

import re
import shutil
from pathlib import Path

import pytest

from real.errors import DataError, UsageError
from real.results.__main__ import main
from real.results.experiments import END, START, experiments, rebuild, write
from real.results.index import entries
from real.results.losses_figure import losses_figure, with_losses

ROOT = Path(__file__).parents[2]
EXPERIMENTS = ROOT / "experiments"
FOLDERS = [
    "detector_accuracy", "engine_0p5b", "estimators", "figure3_case_study", "methods_0p5b", "miniature", "real_code",
    "redteam", "safesql_0p5b", "sandbox", "table1_datasets", "table2_security", "table3_maintainability",
    "table4_reward_ablation", "table5_safety_tests", "trace_credit",
]  # fmt: skip


BUILD = '\n[[build]]\nkind = "table"\nsource = "store"\nout = "t"\nnumber = 4\n'


def test_there_is_one_folder_for_each():
    assert [experiment.folder.name for experiment in experiments(EXPERIMENTS)] == FOLDERS


def test_rates_of_each_run_and_what_training_minimised(experiment, run_maker):
    store = run_maker("e/store/a")
    (store / "losses.jsonl").write_text('{"step": 1, "loss": 2.0}\n{"step": 2, "loss": 1.0}\n')
    run_maker("e/store/b", seed=1)  # it has no losses
    folder = experiment(
        'title = "t"\n[[build]]\nkind = "changes"\nsource = "store"\nout = "c"\nprotocol = "strict"\n'
        '[[build]]\nkind = "losses"\nsource = "store"\nout = "l"\n'
    )
    (one,) = experiments(folder)
    assert {path.name for path in write(one)} >= {"c.md", "l.svg"}
    assert len(losses_figure(entries([folder / "e" / "store"])).axes) == 1
    assert with_losses(entries([folder / "e" / "store"])) == [("real, seed 0", [1.0, 2.0], [2.0, 1.0])]
    assert (folder / "e" / "c.md").read_text().count("| change ") == 2


@pytest.mark.parametrize("name", FOLDERS)
def test_everything_is_rebuilt_byte_for_byte(name):
    for experiment in experiments(EXPERIMENTS / name):
        for path, content in rebuild(experiment):
            assert path.read_bytes() == content, f"{path} is stale: make experiments"


@pytest.mark.parametrize("name", FOLDERS)
def test_every_readme_says_what_it_must(name):
    text = (EXPERIMENTS / name / "README.md").read_text()
    for part in ("**Claim", "| Command |", " H100 |", "| Laptop |", "## Results"):
        assert part in text, part
    for path in re.findall(r"`(conf/[\w/]+\.yaml)`", text):
        assert (ROOT / path).exists(), path
    assert "(unmeasured)" not in text
    for exp in re.findall(r"\+exp=(\w+)", text):
        assert (ROOT / "conf" / "exp" / f"{exp}.yaml").exists(), exp


def test_a_rebuild_repairs_what_was_edited_and_check_only_tells(tmp_path, capsys):
    shutil.copytree(EXPERIMENTS / "table1_datasets", tmp_path / "e" / "table1_datasets")
    table = tmp_path / "e" / "table1_datasets" / "table1.md"
    good = table.read_bytes()
    table.write_text("edited")
    assert main(["rebuild", str(tmp_path / "e"), "--check"]) == 3
    assert "table1.md" in capsys.readouterr().err
    assert table.read_text() == "edited"
    assert main(["rebuild", str(tmp_path / "e")]) == 0
    assert table.read_bytes() == good
    assert main(["rebuild", str(tmp_path / "e"), "--check"]) == 0


@pytest.fixture
def experiment(tmp_path):
    def make(toml, readme=f"# e\n{START}\nolder result\n{END}\nafter\n"):
        (tmp_path / "e").mkdir(exist_ok=True)
        (tmp_path / "e" / "experiment.toml").write_text(toml)
        (tmp_path / "e" / "README.md").write_text(readme)
        return tmp_path

    return make


def test_results_stand_between_the_marks_of_the_readme(experiment, run_maker):
    run_maker("e/store/a")
    folder = experiment(
        f'title = "t"{BUILD}miniature = true\nprotocol = "strict"\n'
        '[[build]]\nkind = "components"\nsource = "store"\nout = "c"\n'
        '[[build]]\nkind = "figure3"\nsource = "store"\nout = "f"\nrun = "a"\n'
        '[[build]]\nkind = "sweep"\nsource = "store"\nout = "s"\nprotocol = "strict"\n'
        '[[build]]\nkind = "text"\nsource = "none.txt"\nout = "x"\n'
    )
    (one,) = experiments(folder)
    changed = {path.name for path in write(one)}
    assert changed == {"README.md", "t.md", "t.csv", "t.tex", "t.html", "c.svg", "f.svg", "s.svg"}
    text = (folder / "e" / "README.md").read_text()
    assert text.startswith("# e\n") and text.endswith("after\n") and "older result" not in text
    assert "**0.673 [0.59, 0.74]**" in text
    assert "Not yet run: `none.txt`" in text
    assert write(one) == []


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("title = ", "is not valid TOML"),
        ("", "must have a title"),
        ('title = "t"\nbuild = [1]', r"a build must be a table"),
        ('title = "t"\n[[build]]\nkind = "table"', "a build has no source and no out"),
        (f'title = "t"{BUILD}colour = 1', r"unknown key 'colour'"),
        (f'title = "t"{BUILD}miniature = "yes"', "miniature is 'yes', but bool is expected"),
        ('title = "t"' + BUILD.replace('"table"', '"tabel"'), r"unknown kind 'tabel'"),
        ('title = "t"' + BUILD.replace("4", "9"), r"Table 9 is not one of"),
    ],
)
def test_a_wrong_file_is_named(experiment, toml, message):
    with pytest.raises((DataError, UsageError), match=message):
        for one in experiments(experiment(toml)):
            write(one)


def test_a_readme_without_marks_and_an_empty_folder_are_named(experiment, tmp_path):
    with pytest.raises(DataError, match="lacks a mark"):
        for one in experiments(experiment(f'title = "t"{BUILD}', "# no marks")):
            write(one)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(DataError, match="no experiment in"):
        experiments(tmp_path / "nothing")


def test_a_damaged_run_does_not_drop_out_of_a_committed_table(run_maker, tmp_path, capsys):
    folder = tmp_path / "e" / "mine"
    run_maker("e/mine/store/whole", steps=2)
    damaged = run_maker("e/mine/store/cut", seed=1, steps=2)
    (folder / "README.md").write_text(f"{START}\n{END}\n")
    (folder / "experiment.toml").write_text(f'title = "t"\n{BUILD}')
    (damaged / "outcomes_after.jsonl").write_text("")
    assert main(["rebuild", str(tmp_path / "e")]) == 3
    assert "cut/outcomes_after.jsonl is empty" in capsys.readouterr().err
    assert not (folder / "t.md").exists()
