"""``python slurm/status.py --help``; the work is done in ``real/slurm/status.py``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from real.slurm.status import main

if __name__ == "__main__":
    sys.exit(main())
