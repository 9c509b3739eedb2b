"""Submit runs to SLURM and return at once: ``python slurm/submit.py --help``."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

try:
    from real.config.schema import register
    from real.slurm.cli import main
except ModuleNotFoundError as error:
    sys.exit(f"{error}: the training dependencies are missing. Install them with: pip install -e '.[train]'")

if __name__ == "__main__":
    register()
    sys.exit(main(sys.argv[1:], ROOT / "conf"))
