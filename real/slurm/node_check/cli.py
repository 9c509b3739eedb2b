"""``python slurm/first_node_check.py``: the checks in the order in which a person with a new node should make them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from real.config.lifecycle import tell
from real.errors import RealError, UsageError
from real.io import console
from real.slurm.node_check.findings import Finding, verdict
from real.slurm.node_check.rehearsal import Rehearsal
from real.slurm.node_check.submission import submit_and_follow

SMALL, LARGE, SUBMIT = "small", "large", "submit"
_SETTINGS = {SMALL: (), LARGE: ("model=qwen25_coder_7b", "trainer.steps=4")}
_HELP = f"""\
python slurm/first_node_check.py [{SMALL}] [{LARGE}] [{SUBMIT}] [key=value ...]

  {SMALL}    0.5B, 6 steps on this node's GPUs, killed after step 3 and started again
  {LARGE}    7B, 4 steps, the same; the most GPU and main memory, the size of a checkpoint
  {SUBMIT}   two short trainings as SLURM jobs, e.g. {SUBMIT} cluster=slurm_1x8 cluster.container=$PWD/real-gpu.sif

Without a name: {SMALL}, then {LARGE}. Each ends with "passed" or with what to change, and the first that does not pass
is the last. Settings are those of run.py, on top of +exp=first_node_check. Exit code 0: all passed."""


def main(argv: Sequence[str] | None = None) -> int:
    """Make the checks that were asked for; returns 1 at the first that does not pass, or the code of an error."""
    console.protect()
    words = list(sys.argv[1:] if argv is None else argv)
    if "--help" in words or "-h" in words:
        print(_HELP)
        return 0
    try:
        return _main(words)
    except RealError as error:
        tell(error)
        return error.exit_code
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130


def _main(words: Sequence[str]) -> int:
    names = [word for word in words if "=" not in word]
    settings = tuple(word for word in words if "=" in word and not word.startswith("output_dir="))
    if any(setting.partition("=")[0] == "dry_run" for setting in settings):
        raise UsageError(
            "a check is made of real trainings, and dry_run makes none",
            hint="python run.py +exp=first_node_check dry_run=true shows what would be trained.",
        )
    unknown = [name for name in names if name not in (SMALL, LARGE, SUBMIT)]
    if unknown:
        raise UsageError(f"{unknown[0]!r} is no check", hint=f"There are {SMALL}, {LARGE} and {SUBMIT}; see --help.")
    named = [word.partition("=")[2] for word in words if word.startswith("output_dir=")]
    output_dir = Path(named[-1] if named else "outputs").absolute() / "first_node_check"
    for name in names or [SMALL, LARGE]:
        print(f"{name}: output in {output_dir / f'{name}.log'}" if name != SUBMIT else f"{name}:", flush=True)
        findings = _check(name, settings, output_dir)
        print("\n".join([*map(str, findings), f"{name}: {verdict(findings)}"]), flush=True)
        if any(finding.change for finding in findings):
            return 1
    return 0


def _check(name: str, settings: tuple[str, ...], output_dir: Path) -> list[Finding]:
    if name == SUBMIT:
        return submit_and_follow(settings, output_dir)
    return Rehearsal((*_SETTINGS[name], *settings), output_dir, output_dir / f"{name}.log").run()
