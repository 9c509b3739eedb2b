"""python-crontab: commands that cron gives to a shell."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "python-crontab", "python-crontab==3.4.0", (*sinks(Kind.SHELL, arg(0, "command"), "crontab.CronTab().new"),)
)
