"""One command for everything: ``python run.py [group=option] [key=value]``; ``python run.py --help`` lists them."""

from __future__ import annotations

import sys
from pathlib import Path

try:
    import hydra
    from omegaconf import DictConfig

    import real.dispatch  # noqa: F401 - Hydra finds it by name, and would tell less if it could not be imported
    from real.config.cli import launch
    from real.config.lifecycle import run_job
    from real.config.schema import register
    from real.io import console
except ModuleNotFoundError as error:
    sys.exit(f"{error}: the training dependencies are missing. Install them with: pip install -e '.[train]'")

register()


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg: DictConfig) -> None:
    """One run, or one job of a sweep."""
    run_job(cfg)


if __name__ == "__main__":
    console.protect(outlive=True)
    sys.exit(launch(main, sys.argv[1:], Path(__file__).resolve().parent / "conf"))
