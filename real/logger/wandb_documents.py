"""The documents of a finished run (report, tables, figures) as an artifact of its W&B run.

The run of W&B is that of the training, continued; a method that trains nothing gets its own here. Offline, the log of
the documents is a folder of its own under the same run id, which ``wandb sync`` sends to the same run.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from real.logger.config import LoggerCfg
from real.logger.wandb_preflight import WandbMode, wandb_mode
from real.logger.wandb_tracker import open_run, own_folders, startup_errors

TYPE = "report"
_MARK = "documents"  # in the folder of a log that holds documents and no steps: a later one takes its place


def log_documents(
    cfg: LoggerCfg,
    run_dir: Path,
    run_id: str,
    files: Sequence[Path],
    summary: Mapping[str, float],
    *,
    warn: Callable[[str], None] = print,
) -> None:
    """Log ``files`` (below ``run_dir``) as the artifact ``RUN_ID-report``, and ``summary`` as the run's own figures.

    Nothing where W&B is off, or offline without the client. The run is over, and all of this lies in its directory: a
    client or a server that fails is a warning.
    """
    mode = wandb_mode(cfg)
    if mode == WandbMode.NONE:
        return
    online = mode == WandbMode.ONLINE
    try:
        with own_folders(run_dir):
            import wandb

            _remove_earlier(run_dir, run_id)
            run = open_run(cfg, run_dir, run_id, {}, online)
            artifact = wandb.Artifact(f"{run_id}-{TYPE}", type=TYPE)
            for file in files:
                artifact.add_file(str(file), name=file.relative_to(run_dir).as_posix())
            run.summary.update(dict(summary))
            run.log_artifact(artifact)
            folder = Path(run.dir).parent
            run.finish()
            if not online:
                (folder / _MARK).touch()
    except ImportError as error:
        if online:
            warn(f"the report is not in W&B, which is not installed ({error}); `pip install wandb` adds it")
    except startup_errors() as error:
        warn(f"the report is not in W&B: {error}. It is in {run_dir}.")


def _remove_earlier(run_dir: Path, run_id: str) -> None:
    for folder in (run_dir / "wandb").glob(f"offline-run-*-{run_id}"):
        if (folder / _MARK).exists():
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)
