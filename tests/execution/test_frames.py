"""The two wire formats under arbitrary bytes: nothing but a typed error ever comes of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from real.execution import claimed_values
from real.execution.jail import values
from real.execution.jail.frames import Decoder, Frame, FrameError, pack
from real.execution.jail.program_output import READY, ClaimReader

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers(-(2**60), 2**60), inner, max_size=4)
    ),
    max_leaves=20,
)


MESSAGE = st.tuples(st.dictionaries(st.text(max_size=5), JSON, max_size=2), st.lists(st.binary(max_size=9), max_size=2))


@settings(max_examples=40)
@given(st.lists(MESSAGE, max_size=3), st.integers(1, 40))
def test_frames_survive_any_split(messages: list[tuple[dict[str, object], list[bytes]]], size: int) -> None:
    messages = [({key: value for key, value in header.items() if key != "blobs"}, blobs) for header, blobs in messages]
    stream = b"".join(pack(header, blobs) for header, blobs in messages)
    decoder, found = Decoder(), []
    while stream:
        found += decoder.feed(stream[:size])
        stream = stream[size:]
    assert found == [Frame(header, blobs) for header, blobs in messages]


@given(st.binary(), st.integers(0, 200), st.integers(0, 200))
def test_garbage_is_a_frame_error_or_nothing(data: bytes, header: int, body: int) -> None:
    for stream in (data, header.to_bytes(4, "big") + body.to_bytes(4, "big") + data):
        try:
            frames = Decoder().feed(stream)
        except FrameError:
            continue
        assert all(isinstance(frame.header, dict) for frame in frames)


@pytest.mark.parametrize(
    "text",
    [
        b"[]",
        b"null",
        b"{}",
        b'{"blobs": 1}',
        b'{"blobs": [-1, 1]}',
        b'{"blobs": [true]}',
        b'{"blobs": [1]}',
        b"[" * 9999,
    ],
)
def test_malformed_headers(text: bytes) -> None:
    with pytest.raises(FrameError):
        Decoder().feed(len(text).to_bytes(4, "big") + bytes(4) + text)


def test_an_announced_giant_is_refused_before_it_arrives() -> None:
    with pytest.raises(FrameError, match="more bytes than allowed"):
        Decoder().feed(b"\xff" * 8)


@given(st.lists(st.binary(max_size=50)))
def test_claim_streams_survive_garbage(chunks: list[bytes]) -> None:
    for start in (b"", READY):
        reader = ClaimReader(max_bytes=40)
        messages = [message for chunk in [start, *chunks] for message in reader.feed(chunk)]
        assert all(len(message) <= 40 for message in messages)


@given(PLAIN)
def test_values_survive_the_wire(value: object) -> None:
    decoded = claimed_values.decode(json.loads(json.dumps(values.encode(value, 1 << 20))))
    assert decoded == value
    assert type(decoded) is type(value)


@given(JSON)
def test_any_json_is_a_value_or_a_value_error(data: object) -> None:
    try:
        claimed_values.decode(data)
    except ValueError:
        return


class Equal:
    """Equals everything, as a cheat would like to."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__


class Text(str):
    """A subclass of a builtin type that compares as it likes."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


class Number(int):
    """A subclass of a builtin type whose methods lie, but which is compared as its base."""

    def __int__(self) -> int:
        return 7

    __index__ = __add__ = __int__  # type: ignore[assignment]
    __repr__ = __str__ = lambda self: "7"  # type: ignore[assignment]


def test_a_subclass_that_compares_as_its_base_has_its_value() -> None:
    assert claimed_values.decode(values.encode(Number(8), 1 << 20)) == 8


@pytest.mark.parametrize("value", [Equal(), Text("x"), object, print, (n for n in ())])
def test_whatever_is_no_plain_data_becomes_opaque(value: object) -> None:
    assert isinstance(claimed_values.decode(values.encode(value, 1 << 20)), claimed_values.Opaque)


def test_keys_that_could_be_made_to_collide_are_refused() -> None:
    giant = ["i", hex(2**61 - 1)]
    assert claimed_values.decode(["l", [giant]]) == [2**61 - 1]
    for data in (["s", [giant]], ["z", [giant]], ["d", [[giant, None]]]):
        with pytest.raises(ValueError, match="too large for a key"):
            claimed_values.decode(data)


def test_large_numbers_of_tuples_as_keys_are_refused() -> None:
    """Their hashes can be chosen: all tuples of -1 and -2 share one, and each would be compared with each."""
    one, two = ["i", "-0x1"], ["i", "-0x2"]
    for tag in ("s", "z"):
        many = [["t", [one if number >> bit & 1 else two for bit in range(12)]] for number in range(4096)]
        with pytest.raises(ValueError, match="keys that are tuples"):
            claimed_values.decode([tag, many])
        assert len(claimed_values.decode([tag, many[:1000]])) == 1000  # type: ignore[arg-type]


@pytest.mark.parametrize("data", [["q", "0x1", "0x0"], ["q", "1" * 5000, "0x1"], ["q", "0x1", "x"], ["q", "0x1"]])
def test_what_is_no_fraction_is_refused(data: object) -> None:
    with pytest.raises(ValueError):
        claimed_values.decode(data)


def test_a_float_of_a_million_digits_is_refused() -> None:
    with pytest.raises(ValueError, match="not a float"):
        claimed_values.decode(["f", "1" * 1_000_000])


def test_limits_of_values() -> None:
    deep: list[object] = []
    for _ in range(values.MAX_DEPTH + 1):
        deep = [deep]
    with pytest.raises(values.ValueLimitError):
        values.encode(deep, 1 << 20)
    with pytest.raises(values.ValueLimitError):
        values.encode([0] * 1000, 1999)
