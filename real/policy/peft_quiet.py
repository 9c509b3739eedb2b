"""PEFT asks transformers for an attribute by a deprecated name: a warning about nothing that a user could mend."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def peft_quiet() -> Iterator[None]:
    """While adapters are added: without that warning, and with every other one."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r".*is_gradient_checkpointing.*", category=FutureWarning)
        yield
