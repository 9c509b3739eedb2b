"""What syntax tells of a program."""

from real.results import load
from real.results.traits import traits


def test_counts_of_a_program():
    told = traits("import re\n\nfor x in input():\n    if x:\n        print(f'{x}')\n")
    assert told == {
        "parses": True, "lines": 4, "statements": 4, "calls": 2, "branches": 2, "handlers": 0, "string_templates": 1,
    }  # fmt: skip


def test_what_does_not_parse_counts_nothing():
    for code in ("def f(:", "\x00", "(" * 5000, "'\ud83d"):
        assert traits(code)["parses"] is False
    assert traits("x = 1\ndef f(:\n")["lines"] == 2


def test_programs_of_a_store_have_their_code_and_what_came_of_it(run_maker, tmp_path):
    run_maker("store/a")
    programs = load(tmp_path / "store").programs()
    assert list(zip(programs.stage, programs.task_id, strict=True)) == [
        ("before", "t/1"), ("before", "t/2"), ("after", "t/1"), ("after", "t/2"),
    ]  # fmt: skip
    assert (programs.variant == "hybrid (REAL)").all()
    assert programs.iloc[0].code.startswith("import sqlite3")
    assert programs.iloc[0].string_templates == 1
    assert programs.iloc[2].string_templates == 0
