"""Pools shared by the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from workers import REACHED

from real.execution import Pool

settings.register_profile("execution", deadline=None, max_examples=60)
settings.load_profile("execution")


@pytest.fixture(scope="session", params=REACHED)
def any_pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    """A pool at each level this machine reaches."""
    with Pool(2, level=request.param) as pool:
        yield pool


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """A pool at the best level this machine reaches."""
    with Pool(2) as best:
        yield best
