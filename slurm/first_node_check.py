"""The first trainings on a node with GPUs: ``python slurm/first_node_check.py --help``."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

try:
    from real.config.schema import register
    from real.slurm.node_check.cli import main
except ModuleNotFoundError as error:
    sys.exit(f"{error}: the training dependencies are missing. Install them with: pip install -e '.[train]'")

if __name__ == "__main__":
    register()
    sys.exit(main())
