"""One warm checker for the whole session: starting MyPy costs seconds."""

from collections.abc import Iterator

import pytest

from real.typecheck import Checker


@pytest.fixture(scope="session")
def checker() -> Iterator[Checker]:
    with Checker() as running:
        yield running
