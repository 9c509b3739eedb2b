"""Every method by its name: the module (or package) of that name in this folder, which holds ``METHOD``."""

from __future__ import annotations

import importlib
import pkgutil

import real.methods
from real.errors import UnknownNameError
from real.methods.base import Method
from real.registry import did_you_mean

_NO_METHODS = {"base", "common", "config", "registry"}


def method_names() -> list[str]:
    """All of them, sorted; nothing is imported."""
    return sorted({module.name for module in pkgutil.iter_modules(real.methods.__path__)} - _NO_METHODS)


def method_of(name: str) -> Method:
    """The method called ``name``; raises ``UnknownNameError`` with the nearest names."""
    if name not in method_names():
        raise UnknownNameError(f"unknown method {name!r}", hint=did_you_mean(name, method_names()))
    method = importlib.import_module(f"real.methods.{name}").METHOD
    assert isinstance(method, Method)
    return method
