"""The running moments equal those of everything seen, however it came in."""

import statistics
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from real.moments import RunningMoments

NUMBERS = st.lists(st.floats(-1000, 1000), min_size=1, max_size=8)


@given(st.lists(NUMBERS, min_size=1, max_size=5), st.booleans())
def test_moments_are_those_of_all_numbers_so_far(batches, one_by_one):
    moments = RunningMoments()
    for batch in batches:
        if one_by_one:
            for value in batch:
                moments.add(value)
        else:
            mean = statistics.fmean(batch)
            moments.merge(len(batch), mean, sum((value - mean) ** 2 for value in batch))
    seen = [value for batch in batches for value in batch]
    assert moments.count == len(seen)
    assert moments.mean == pytest.approx(statistics.fmean(seen), abs=1e-6)
    assert moments.std == pytest.approx(statistics.pstdev(seen), abs=1e-3)


def test_nothing_seen_and_nothing_added():
    moments = RunningMoments()
    moments.merge(0, 5.0, 1.0)
    assert (moments.count, moments.mean, moments.std) == (0, 0, 0)


def test_an_inference_engine_gets_no_library_with_it():
    code = (
        "import sys, real.serving.openrlhf_reward\n"
        "print([name for name in 'numpy torch hydra tqdm'.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
