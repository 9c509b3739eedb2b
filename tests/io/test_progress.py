"""Progress: a bar on a terminal, few plain lines elsewhere, and nothing where there is nothing to do."""

import io

import pytest

from real.io import progress
from real.io.progress import Progress, duration


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass when the test says so."""
    now = [100.0]
    real = progress.tqdm.__init__

    def init(self, *args, **settings):
        real(self, *args, **settings)
        self._time = lambda: now[0]
        self.start_t = self.last_print_t = now[0]

    monkeypatch.setattr(progress.tqdm, "__init__", init)
    return now


def test_plain_progress_writes_a_line_every_ten_seconds(clock):
    stream = io.StringIO()
    with Progress(8, "scoring", "programs", stream=stream) as counted:
        for _ in range(8):
            clock[0] += 4
            counted.advance()
    assert counted.done == 8
    assert stream.getvalue().splitlines() == [
        "scoring:  38% 3/8 [00:12<00:20,  4.00s/programs]",
        "scoring:  75% 6/8 [00:24<00:08,  4.00s/programs]",
        "scoring: 100% 8/8 [00:32<00:00,  4.00s/programs]",
    ]


def test_live_progress_redraws_one_line_and_wipes_the_rest(clock):
    stream = Screen()
    counted = Progress(2, "train", "steps", stream=stream)
    for note in ("a rather long note at the end", "x"):
        clock[0] += 1
        counted.advance(note=note)
    counted.close()
    counted.close()
    frames = stream.getvalue().split("\r")[1:]
    assert [frame.count("\n") for frame in frames] == [0, 0, 1]
    assert len(frames[1]) >= len(frames[0].rstrip())
    assert "100%" in frames[-1]
    assert "2/2" in frames[-1]


def test_quick_work_leaves_one_line():
    stream = io.StringIO()
    with Progress(2, "comparing", stream=stream) as counted:
        counted.advance(2)
    assert stream.getvalue().count("\n") == 1


def test_the_last_line_is_told_once(clock):
    stream = io.StringIO()
    with Progress(2, "ppo", "steps", stream=stream) as counted:
        clock[0] += 20
        counted.advance(2)
    assert stream.getvalue().splitlines() == ["ppo: 100% 2/2 [00:20<00:00, 10.00s/steps]"]


def test_what_ends_before_anything_was_counted_says_nothing():
    stream = io.StringIO()
    Progress(2, "ppo", stream=stream).close()
    assert stream.getvalue() == ""


@pytest.mark.parametrize("stream", [io.StringIO(), Screen()])
def test_nothing_to_do_says_nothing(stream):
    with Progress(0, "evaluating", stream=stream):
        pass
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.24, "0.2 s"), (59.4, "59 s"), (59.7, "1 min 00 s"), (251.7, "4 min 12 s"), (7775, "2 h 10 min")],
)
def test_duration(seconds, text):
    assert duration(seconds) == text
