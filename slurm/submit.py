"""Submit runs to SLURM and return at once: ``python slurm/submit.py --help``."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

try:
    import hydra  # noqa: F401
except ModuleNotFoundError as error:
    sys.exit(f"{error}: the training dependencies are missing. Install them with: pip install -e '.[train]'")

from real.config.schema import register  # noqa: E402
from real.slurm.cli import main  # noqa: E402

if __name__ == "__main__":
    register()
    sys.exit(main(sys.argv[1:], ROOT / "conf"))
