"""One warm checker of each policy for the whole session: starting MyPy costs seconds."""

from collections.abc import Iterator

import pytest

from real.typecheck import Checker


@pytest.fixture(scope="session")
def checker() -> Iterator[Checker]:
    """Plain MyPy: what a cold command line says."""
    with Checker(policy="paper") as running:
        yield running


@pytest.fixture(scope="session")
def hardened() -> Iterator[Checker]:
    with Checker(policy="hardened") as running:
        yield running
