"""Data frames of runs say what their files say."""

import pytest

from real.errors import DataError
from real.evaluation.metrics import read_run
from real.results import frames
from real.runs.store import RunStore
from real.types import Analysis, AnalysisStatus, Check, Finding, OutcomeStatus, Program, Reward, TestOutcome, Verdict


def test_rates_of_a_trained_and_an_untrained_run(run_maker):
    trained, vanilla = run_maker("a"), run_maker("b", trained=False, seed=1)
    table = frames.rates([trained.path, vanilla.path])
    assert len(table) == 2 * 3 + 3
    one = table.query("run_id == 'a' and stage == 'after' and metric == 'func_qual'").iloc[0]
    told = read_run(trained.path).after.func_qual
    assert (one.rate, one.low, one.high, one.passed, one.n) == (told.rate, told.low, told.high, told.passed, told.n)
    assert (one.masked, one.seed, one.variant) == (2, 0, "hybrid (REAL)")
    assert set(table[table.run_id == "b"].stage) == {"before"}


def test_steps_are_indexed_by_step(run_maker):
    table = frames.steps(run_maker().path)
    assert list(table.index) == list(range(1, 25))
    assert table.explained_variance.isna().all()  # NaN is null in the file
    assert frames.steps(run_maker("vanilla", trained=False).path).empty


def test_samples_of_a_stage(tmp_path):
    store = RunStore(tmp_path)
    found = Analysis(AnalysisStatus.FINDINGS, (Finding("CWE-89", 5, "tainted SQL", 4, (), ""),))
    outcomes = (TestOutcome(OutcomeStatus.PASS), TestOutcome(OutcomeStatus.WRONG))
    judged = Verdict("t/1", Program("x"), outcomes, {Check.SECURITY: found})
    missing = Verdict("t/2", Program(None, "no code block"))
    store.write_outcomes("after", [(judged, Reward(0.25)), (missing, Reward(-1.0))])
    table = frames.samples(tmp_path).set_index("task_id")
    assert tuple(table.loc["t/1", ["status", "reward", "passed", "total", "clean", "findings"]]) == (
        "scored", 0.25, 1, 2, False, 1,
    )  # fmt: skip
    assert table.loc["t/2", "status"] == "no_program"
    assert table.loc["t/2", "reason"] == "no code block"
    with pytest.raises(DataError, match="missing"):
        frames.samples(tmp_path, "before")
