"""Two short trainings as SLURM jobs: the script, the container, the stages and the status."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from real.errors import InfrastructureError
from real.slurm.batch_script import REPOSITORY
from real.slurm.node_check.findings import Finding, examine
from real.slurm.run_status import NEED_ATTENTION

_TICK_S = 15.0
_SENT = re.compile(r"^submission: (.+)$", re.M)


def submit_and_follow(words: Sequence[str], output_dir: Path) -> list[Finding]:
    """Submit two seeds of ``+exp=first_node_check``, wait for their end, and tell what came of them."""
    command = [sys.executable, str(REPOSITORY / "slurm" / "submit.py"), "+exp=first_node_check", "seed=0,1", "-m"]
    done = subprocess.run([*command, *words, f"output_dir={output_dir}"], capture_output=True, text=True, check=False)
    sent = _SENT.search(done.stdout)
    if done.returncode or sent is None:
        said = (done.stderr or done.stdout).strip().removeprefix("error: ")
        raise InfrastructureError(said or "nothing was submitted")
    name = Path(sent[1]).name
    print(f"  submitted {name}; python slurm/status.py {name} --output-dir {output_dir} shows it", flush=True)
    rows = _ended(name, output_dir)
    found = []
    for row in rows:
        state = row["state"]
        advice = f"{row['error'] or row['note']} (its log: {row['log']})" if state != "done" else None
        found.append(Finding(f"job {' '.join(row['changes'])}", state, advice))
        if state == "done":
            found += examine(Path(row["run_dir"]))
    return found


def _ended(name: str, output_dir: Path) -> list[dict[str, Any]]:
    """The rows of ``status.py`` once every run is done or needs somebody."""
    command = [sys.executable, str(REPOSITORY / "slurm" / "status.py"), name, "--json", "--output-dir", str(output_dir)]
    final = {"done", *NEED_ATTENTION}
    while True:
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        try:
            (rows,) = json.loads(told.stdout).values()
        except ValueError as error:
            raise InfrastructureError(told.stderr.strip() or "slurm/status.py said nothing") from error
        if all(row["state"] in final for row in rows):
            return list(rows)
        time.sleep(_TICK_S)
