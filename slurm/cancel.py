"""``python slurm/cancel.py --help``; the work is done in ``real/slurm/cancellations.py``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from real.slurm.cancellations import main

if __name__ == "__main__":
    sys.exit(main())
