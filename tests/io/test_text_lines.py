"""Lines end where files end them, and nowhere else; nobody reads JSON Lines in another way."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from real.io.text_lines import lines_of

ROOT = Path(__file__).resolve().parents[2]


@given(
    st.lists(st.text(st.sampled_from(list("ab\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")))), st.sampled_from(["\n", "\r\n"])
)
def test_only_line_feeds_and_carriage_returns_end_lines(lines, end):
    assert lines_of("".join(line + end for line in lines)) == lines


def test_a_last_line_without_end_and_nothing_at_all():
    assert lines_of("a\rb") == ["a", "b"]
    assert lines_of("") == []


@pytest.mark.parametrize("folder", ["real", "benchmarks", "slurm"])
def test_no_json_is_read_with_splitlines(folder):
    """A raw U+2028 within a string would tear its line in two."""
    for path in (ROOT / folder).rglob("*.py"):
        for match in re.finditer(r"for .* in .*splitlines\(\).*\n(?:.*\n){0,2}", path.read_text()):
            assert "json.loads" not in match[0], path
