"""Pexpect: programs that are talked to."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library("pexpect", "pexpect==4.9.0", (*sinks(Kind.SHELL, arg(0, "command"), "pexpect.{spawn,run,runu}"),))
