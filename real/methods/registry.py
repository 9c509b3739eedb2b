"""Every method by its name (``conf/method``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from real.methods.real import real
from real.methods.sft import sft
from real.methods.vanilla import vanilla
from real.registry import Registry
from real.training.workspace import Workspace

Method: TypeAlias = Callable[[Workspace], int]  # returns the number of optimisation steps taken

METHODS: Registry[Method] = Registry("method")
for _method in (vanilla, sft, real):
    METHODS.register(_method.__name__)(_method)
