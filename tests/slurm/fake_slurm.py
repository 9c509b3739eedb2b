"""SLURM's programs as small scripts: they note how they were called, and answer what a test wants."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_SEPARATOR = "\x1f"
_PROGRAM = """\
#!/bin/sh
cd {folder} || exit 9
for word in "$@"; do printf '%s\\037' "$word"; done >>{name}.calls
echo >>{name}.calls
[ -f {name}.script ] && . ./{name}.script
[ -f {name}.err ] && cat {name}.err >&2
[ -f {name}.out ] && cat {name}.out
[ -f {name}.code ] && exit "$(cat {name}.code)"
exit 0
"""
# Job ids count up from 101; the batch script is kept as it was when it was submitted.
_SBATCH = """\
number=$(($(cat number 2>/dev/null || echo 100) + 1))
echo $number >number
for last in "$@"; do :; done
cp "$last" submitted-$number.sh
if [ "$number" = "$(cat refuse 2>/dev/null)" ]; then
    echo "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit)" >&2
    exit 1
fi
echo "$number;cluster"
"""


@dataclass
class FakeSlurm:
    """Where the programs keep what they were asked and what they answer."""

    folder: Path

    def install(self) -> None:
        """Write the programs."""
        for name in ("sbatch", "squeue", "sinfo", "scancel", "sacct", "scontrol", "srun"):
            program = self.folder / name
            program.write_text(_PROGRAM.format(folder=self.folder, name=name))
            program.chmod(0o755)
        (self.folder / "sbatch.script").write_text(_SBATCH)
        (self.folder / "sinfo.out").write_text("gpu* 2-00:00:00\nshort 10:00\n")

    def calls(self, name: str) -> list[list[str]]:
        """The arguments of each call."""
        path = self.folder / f"{name}.calls"
        return [line.split(_SEPARATOR)[:-1] for line in path.read_text().splitlines()] if path.exists() else []

    def answer(self, name: str, *, out: str = "", err: str = "", code: int = 0) -> None:
        """What a program says from now on."""
        for suffix, text in (("out", out), ("err", err), ("code", str(code))):
            (self.folder / f"{name}.{suffix}").write_text(text)

    def queue(self, *rows: tuple[str, str, str, str, str]) -> None:
        """What squeue lists: (array id, index, state, reason, script)."""
        lines = []
        for array, index, state, reason, script in rows:
            job = f"{array}_{index}" if index.isdigit() else array
            cells = [job, array, index, state, reason, script, "1:00", "9:00", "2020-01-01T00:00:00", "n1"]
            lines.append(_SEPARATOR.join(cells))
        self.answer("squeue", out="".join(line + "\n" for line in lines))

    def path(self) -> str:
        """PATH with these programs first."""
        return f"{self.folder}{os.pathsep}{os.environ['PATH']}"
