"""Python: what allocates or does as much as it is told."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "sizes",
    "",
    (
        *calls(Role.KEEPS_ALL, (), "functools.cache"),
        *calls(Role.KEEPS_SOME, (), "functools.lru_cache"),
        *calls(Role.CONTAINER, (), "builtins.{dict,list,set}", "collections.{OrderedDict,deque}"),
        *calls(Role.CONTAINER, arg(0), "collections.defaultdict"),
        *calls(
            Role.CONTAINER, (), "queue.{Queue,LifoQueue,PriorityQueue,SimpleQueue}", "{asyncio,multiprocessing}.Queue"
        ),
        *calls(Role.QUEUE, (), "queue.{Queue,LifoQueue,PriorityQueue,SimpleQueue}"),
        *calls(Role.THREAD, (), "threading.Thread", "multiprocessing.Process"),
        *calls(Role.SIZE, arg(0, "stop"), "builtins.range"),
        *calls(Role.SIZE, arg(0, "source"), "builtins.{bytes,bytearray}"),
        *calls(Role.SIZE, arg(1, "times"), "itertools.repeat"),
        *calls(Role.SIZE, arg(0, "secs"), "time.sleep"),
        *calls(Role.SIZE, arg(0, "max_workers"), "concurrent.futures.{ThreadPoolExecutor,ProcessPoolExecutor}"),
        *calls(Role.SIZE, arg(0, "n"), "math.factorial"),
        *calls(Role.SIZE, arg(0, "width"), "**.{ljust,rjust,zfill}"),
    ),
)
