"""Frames survive the pipe whole, or say how they did not."""

import os
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from real.typecheck.json_frames import DeadlineError, FrameReader, StreamEndError, write_frame

Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    read_end, write_end = os.pipe()
    yield read_end, write_end
    for end in (read_end, write_end):
        try:
            os.close(end)
        except OSError:
            continue  # a test closed it


@given(st.lists(st.one_of(st.text(st.characters()), st.integers(), st.none()), max_size=5))
def test_frames_come_out_as_they_went_in(values: list[str | int | None]) -> None:
    read_end, write_end = os.pipe()
    try:
        for value in values:
            write_frame(write_end, {"value": value})
        reader = FrameReader(read_end)
        assert [reader.read(1.0) for _ in values] == [{"value": value} for value in values]
    finally:
        os.close(read_end)
        os.close(write_end)


def test_a_frame_larger_than_the_pipe(pipe: Pipe) -> None:
    writer = threading.Thread(target=write_frame, args=(pipe[1], "é" * 200_000))
    writer.start()
    assert FrameReader(pipe[0]).read(30.0) == "é" * 200_000
    writer.join()


def test_a_stream_that_ends_inside_a_frame(pipe: Pipe) -> None:
    os.write(pipe[1], b"\0\0\0\7{}")
    os.close(pipe[1])
    with pytest.raises(StreamEndError):
        FrameReader(pipe[0]).read()


def test_no_frame_in_time(pipe: Pipe) -> None:
    os.write(pipe[1], b"\0\0")
    with pytest.raises(DeadlineError):
        FrameReader(pipe[0]).read(0.01)
