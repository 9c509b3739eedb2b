"""``python run.py`` inside the test process, with an engine and a machine of the test's choice."""

import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import hydra
import pytest

from real import dispatch
from real.config import cli
from real.config.lifecycle import run_job
from real.config.schema import register
from real.evaluation.metrics import build_metrics
from real.evaluation.rates import Metrics, Rate
from real.machine import Machine
from real.runs.store import RunStore
from real.settings import RootCfg

CONF = Path(__file__).resolve().parents[2] / "conf"
LAPTOP = Machine(cpus=2, packages=frozenset({"torch", "transformers", "wandb"}))
HALF, QUARTER, EIGHTH = Rate.of(4, 8), Rate.of(2, 8), Rate.of(1, 8)
BEFORE = Metrics(function=HALF, quality=QUARTER, func_qual=EIGHTH, safety=None, n=8, masked=0)
AFTER = Metrics(function=HALF, quality=HALF, func_qual=HALF, safety=None, n=8, masked=0)

register()
MAIN = hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")(run_job)


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


class Engine:
    """Stands in for ``real.pipeline``: notes its runs, and ends once as ``ends[reward, seed]`` says, else well."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, int]] = []
        self.last: Path | None = None
        self.ends: dict[tuple[str, int], BaseException | Callable[[], object]] = {}

    def run(self, root: RootCfg, run_dir: Path, *, train_only: bool = False) -> None:
        key = (root.reward.variant, root.seed)
        self.runs.append(key)
        self.last = run_dir
        if key in self.ends:
            end = self.ends.pop(key)
            if isinstance(end, BaseException):
                raise end
            end()
        metrics = build_metrics(
            run_id=run_dir.name,
            before=BEFORE,
            after=AFTER,
            difference={},
            steps=root.trainer.steps,
            seconds=1.0,
            seed=root.seed,
            dataset=root.dataset.name,
            model=root.model.name,
            method=root.method.name,
            reward=root.reward.variant,
            config_hash="",
            data_hash="",
            versions={},
        )
        RunStore(run_dir).write_metrics(metrics)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    fake = Engine()
    module = types.ModuleType("real.pipeline")
    module.run = fake.run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "real.pipeline", module)
    return fake


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Callable[[Machine], None]:
    return lambda machine: monkeypatch.setattr(dispatch, "machine", lambda: machine)


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    engine: Engine,
    here: Callable[[Machine], None],
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., Ended]:
    """Run a command line in an empty working directory on a machine without a GPU."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REAL_DATA", raising=False)
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")  # a data set that is not here cannot be had
    here(LAPTOP)

    def run(*argv: str) -> Ended:
        capsys.readouterr()
        code = cli.launch(MAIN, argv, CONF)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return run
