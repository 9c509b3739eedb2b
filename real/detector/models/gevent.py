"""gevent, eventlet and subprocess32: their own versions of subprocess."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "gevent",
    "gevent",
    (
        *calls(Role.RUNS_PROGRAM, arg(0, "args"), "gevent.subprocess.{run,Popen,call,check_call,check_output}"),
        *calls(Role.RUNS_PROGRAM, arg(0, "args"), "eventlet.green.subprocess.{run,Popen,call,check_call,check_output}"),
        *calls(Role.RUNS_PROGRAM, arg(0, "args"), "subprocess32.{run,Popen,call,check_call,check_output}"),
    ),
    unchecked="copies of the standard library's subprocess",
)
