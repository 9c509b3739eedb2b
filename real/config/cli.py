"""The frame around ``@hydra.main``: the command line is read before it, errors are told and exit codes chosen after."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from real.config import usage
from real.config.arguments import Arguments, parse
from real.config.keys import read_settings
from real.config.lifecycle import tell
from real.config.messages import composing
from real.errors import RealError, UsageError
from real.stopping import Stopped, obeying_signals

_HYDRA_ANSWERS = ("--hydra-help", "--version", "--info", "--shell-completion")


def launch(main: Callable[[], object], argv: Sequence[str], conf: Path) -> int:
    """Let ``main`` run a command line with the YAML files below ``conf``; returns the exit code."""
    try:
        with obeying_signals():
            return start(main, argv, conf)
    except RealError as error:
        tell(error)
        return error.exit_code
    except KeyboardInterrupt as error:
        # force=true would start anew instead
        unforced = " (without force=true)" if any("force=" in word for word in argv) else ""
        print(f"\ninterrupted; run the same command to continue{unforced}", file=sys.stderr, flush=True)
        return error.exit_code if isinstance(error, Stopped) else 130


def start(main: Callable[[], object], argv: Sequence[str], conf: Path) -> int:
    """As ``launch``; raises ``RealError`` where a person can act."""
    arguments = parse(argv)
    if "--help" in arguments.flags:
        print(usage.text(conf))
        return 0
    if not any(flag in arguments.flags for flag in _HYDRA_ANSWERS):
        folder = arguments.flags.get("--config-dir")
        if folder is not None and not Path(str(folder)).is_dir():
            raise UsageError(f"--config-dir {folder}: there is no such folder")
        arguments = Arguments(tuple(read_settings(arguments.settings)), arguments.flags)
    try:
        with composing(conf), _as_hydra_reads_it(arguments):
            main()
    except SystemExit as end:
        if isinstance(end.code, Exception):  # what the callback found
            raise end.code from None
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


@contextmanager
def _as_hydra_reads_it(arguments: Arguments) -> Iterator[None]:
    """Hydra reads ``sys.argv``; it hands errors on instead of printing them where HYDRA_FULL_ERROR is set."""
    argv, full = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    sys.argv = [argv[0], *arguments.for_hydra()]
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        yield
    finally:
        sys.argv = argv
        del os.environ["HYDRA_FULL_ERROR"]
        if full is not None:
            os.environ["HYDRA_FULL_ERROR"] = full
