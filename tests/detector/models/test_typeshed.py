"""The table of what the standard library returns is the one that MyPy's typeshed makes."""

from typeshed import TARGET, returns, table


def test_the_table_is_generated() -> None:
    assert TARGET.read_text(encoding="utf-8") == table(), "python tests/detector/models/typeshed.py"


def test_what_holds_text_is_no_number() -> None:
    found = returns()
    assert {"builtins.len", "math.sqrt"} <= found["number"]
    assert {"os.path.exists", "builtins.isinstance"} <= found["truth"]
    assert {"datetime.date", "uuid.UUID", "datetime.datetime.strptime"} <= found["fixed"]
    everything = found["truth"] | found["number"] | found["fixed"]
    assert not {"builtins.int.from_bytes", "builtins.hex", "builtins.abs", "time.strftime", "os.path.join"} & everything
