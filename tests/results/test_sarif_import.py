"""Table 6 from SARIF: our own detector's, and files as CodeQL, semgrep, bandit and Bearer write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from real.errors import DataError
from real.linter.command import main as detect
from real.results.__main__ import main
from real.results.paper.imported import counts_of
from real.results.paper.sarif import read_sarif

SCHEMA = Path(__file__).parents[1] / "fixtures" / "sarif" / "sarif-schema-2.1.0.json"
UNSAFE = "import sqlite3\nname = input()\nsqlite3.connect('a').execute('SELECT ' + name)\n"
SAFE = "import sqlite3\nname = input()\nsqlite3.connect('a').execute('SELECT ?', (name,))\n"


@pytest.fixture
def programs(tmp_path):
    """Two pairs of one origin: the patched program of the second is not safe either."""
    folder = tmp_path / "programs"
    pairs = []
    for number, patched in enumerate((SAFE, UNSAFE)):
        place = folder / f"pair_{number}"
        place.mkdir(parents=True)
        (place / "vulnerable.py").write_text(UNSAFE)
        (place / "patched.py").write_text(patched)
        paths = {role: f"pair_{number}/{role}.py" for role in ("vulnerable", "patched")}
        pairs.append({"origin": "mine", "name": str(number), "cwe": "CWE-089", "family": ["89", "564"], **paths})
    (folder / "pairs.json").write_text(json.dumps({"pairs": pairs}))
    return folder


def log(path, **run):
    """A SARIF log of one run, which is a valid one."""
    content = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "tool"}}, "results": [], **run}]}
    violations = [error.message for error in Draft4Validator(json.loads(SCHEMA.read_text())).iter_errors(content)]
    assert violations == []
    path.write_text(json.dumps(content))
    return path


def at(uri, **place):
    return [{"physicalLocation": {"artifactLocation": {"uri": uri, **place}, "region": {"startLine": 3}}}]


def finding(uri, **more):
    taxa = [{"id": "89", "toolComponent": {"name": "CWE"}}]
    return {"ruleId": "py/sql", "message": {"text": ""}, "locations": at(uri), "taxa": taxa, **more}


def found(path):
    return read_sarif(path).found


def test_our_own_sarif_gives_our_own_verdicts(programs, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(programs)
    assert detect(["--format", "sarif", "."]) == 1
    file = tmp_path / "ours.sarif"
    file.write_text(capsys.readouterr().out)
    counts = counts_of("REAL too", file, programs)
    assert counts["rows"] == [
        {"tool": "REAL too", "origin": "mine", "cwe": "all", "pairs": 2, "found": 2, "false": 1, "correct": 1}
    ]
    assert counts["versions"]["REAL too"]


def test_our_own_sarif_with_a_program_that_cannot_be_parsed_is_read(programs, monkeypatch, capsys, tmp_path):
    """It is an alarm for a patched program, as in ``detector_pairs.py``, and nothing is found in a vulnerable one."""
    monkeypatch.chdir(programs)
    (programs / "pair_0" / "patched.py").write_text("x = (\n")
    (programs / "pair_1" / "vulnerable.py").write_text("x = (\n")
    assert detect(["--format", "sarif", "--profile", "reward", "."]) == 1
    file = tmp_path / "ours.sarif"
    file.write_text(capsys.readouterr().out)
    (row,) = counts_of("REAL too", file, programs)["rows"]
    assert (row["pairs"], row["found"], row["false"], row["correct"]) == (2, 1, 2, 0)


def test_codeql_keeps_its_rules_in_a_query_pack_and_its_paths_below_a_base(tmp_path):
    rule = {
        "id": "py/sql-injection",
        "defaultConfiguration": {"enabled": True, "level": "error"},
        "properties": {"tags": ["external/cwe/cwe-089", "security"], "kind": "path-problem"},
    }
    results = [
        {
            "ruleId": "py/sql-injection",
            "ruleIndex": 0,
            "rule": {"id": "py/sql-injection", "index": 1, "toolComponent": {"index": 0}},
            "message": {"text": "This SQL query depends on a [user-provided value](1)."},
            "locations": at("pair_0/vulnerable.py", uriBaseId="%SRCROOT%", index=0),
            "partialFingerprints": {"primaryLocationLineHash": "1"},
        }
    ]
    file = log(
        tmp_path / "codeql.sarif",
        tool={
            "driver": {"name": "CodeQL", "organization": "GitHub", "semanticVersion": "2.20.1", "rules": []},
            "extensions": [{"name": "codeql/python-queries", "rules": [{"id": "py/other"}, rule]}],
        },
        results=results,
        artifacts=[{"location": {"uri": "pair_0/vulnerable.py", "uriBaseId": "%SRCROOT%", "index": 0}}],
        originalUriBaseIds={"%SRCROOT%": {"uri": "file:///home/me/my%20programs/"}},
    )
    report = read_sarif(file)
    assert (report.tool, report.version) == ("CodeQL", "2.20.1")
    assert report.found == {"/home/me/my programs/pair_0/vulnerable.py": {"89"}}


def test_other_ways_to_name_a_rule_a_weakness_and_a_place(tmp_path):
    semgrep = {"id": "python.sqli", "properties": {"tags": ["CWE-89: Improper Neutralization", "OWASP-A03:2021"]}}
    bandit = {"id": "B602", "properties": {"tags": ["security", "external/cwe/cwe-78"]}}
    related = {"id": "R", "relationships": [{"target": {"index": 0, "toolComponent": {"index": 0}}}]}
    results = [
        {"ruleId": "python.sqli", "message": {"text": ""}, "locations": at("./a.py")},
        {"ruleIndex": 1, "message": {"text": ""}, "locations": at("b.py")},
        {"ruleId": "R/sub", "message": {"text": ""}, "locations": at("c.py")},  # a hierarchical id (3.5.4)
        {"rule": {"id": "R"}, "message": {"text": ""}, "locations": at("d%20d.py", index=0)},
        {
            "ruleId": "unknown",
            "message": {"text": ""},
            "taxa": [{"id": "CWE-0022", "toolComponent": {"name": "CWE"}}],
            "locations": [{"physicalLocation": {"artifactLocation": {"index": 0}}}],
        },
        {"ruleId": "without", "message": {"text": ""}, "locations": at("f.py")},
    ]
    file = log(
        tmp_path / "many.sarif",
        tool={"driver": {"name": "many", "rules": [semgrep, bandit, related]}},
        results=results,
        taxonomies=[{"name": "CWE", "taxa": [{"id": "330"}]}],
        artifacts=[{"location": {"uri": "e.py"}}],
    )
    expected = {"a.py": "89", "b.py": "78", "c.py": "330", "d d.py": "330", "e.py": "22", "f.py": ""}
    assert found(file) == {path: {number} for path, number in expected.items()}


def test_what_is_no_failure_waived_gone_or_a_note_is_not_reported(tmp_path):
    rules = [{"id": "advice", "defaultConfiguration": {"level": "note"}}, {"id": "x"}]
    accepted, rejected = ([{"kind": "external", "status": status}] for status in ("accepted", "rejected"))
    silent = [
        {"ruleId": "advice"},
        {"ruleId": "x", "kind": "pass"},
        {"ruleId": "x", "suppressions": [{"kind": "inSource"}]},
        {"ruleId": "x", "suppressions": accepted},
        {"ruleId": "x", "baselineState": "absent"},
        {"ruleId": "x", "level": "none"},
    ]
    told = [{"ruleId": "x", "suppressions": rejected}, {"ruleId": "advice", "level": "warning"}, {"ruleId": "x"}]
    results = [
        {**one, "message": {"text": ""}, "locations": at(f"{kind}{number}.py")}
        for kind, ones in (("silent", silent), ("told", told))
        for number, one in enumerate(ones)
    ]
    file = log(tmp_path / "a.sarif", tool={"driver": {"name": "t", "rules": rules}}, results=results)
    assert sorted(found(file)) == ["told0.py", "told1.py", "told2.py"]


def test_a_program_that_was_not_analysed_is_neither_found_nor_silent(programs, tmp_path):
    problem = {"level": "error", "message": {"text": "syntax"}, "locations": at("pair_0/patched.py")}
    results = [
        {"ruleId": "CWE-89", "message": {"text": ""}, "locations": at(f"/scan/pair_{number}/vulnerable.py"),
         "taxa": [{"id": "89", "toolComponent": {"name": "CWE"}}]}
        for number in (0, 1)
    ]  # fmt: skip
    invocations = [{"executionSuccessful": True, "toolExecutionNotifications": [problem]}]
    (row,) = counts_of("x", log(tmp_path / "a.sarif", results=results, invocations=invocations), programs)["rows"]
    assert (row["found"], row["false"], row["correct"]) == (2, 1, 1)


def test_the_command_makes_table_6_and_keeps_the_counts(programs, tmp_path, capsys, monkeypatch):
    file = log(
        tmp_path / "codeql.sarif",
        results=[
            {"ruleId": "py/sql", "message": {"text": ""}, "locations": at("pair_0/vulnerable.py"),
             "taxa": [{"id": "89", "toolComponent": {"name": "CWE"}}]}
        ],
    )  # fmt: skip
    monkeypatch.chdir(tmp_path)
    imported = ["--sarif", f"CodeQL={file}", "--programs", str(programs), "--keep", "codeql.json"]
    assert main(["paper", "table", "6", *imported]) == 0
    said = capsys.readouterr().out
    assert "CodeQL" in said and "50.0 %" in said and "Bearer" in said.split("Not yet run:")[1]
    assert "CodeQL" not in said.split("Not yet run:")[1]
    assert main(["paper", "table", "6", "codeql.json"]) == 0
    assert capsys.readouterr().out == said


def test_an_origin_of_one_pair_is_counted_in_numbers(programs, tmp_path, capsys, monkeypatch):
    listed = json.loads((programs / "pairs.json").read_text())["pairs"]
    (programs / "pairs.json").write_text(json.dumps({"pairs": listed[:1]}))
    file = log(tmp_path / "a.sarif", results=[finding("pair_0/vulnerable.py")])
    monkeypatch.chdir(tmp_path)
    assert main(["paper", "table", "6", "--sarif", f"x={file}", "--programs", str(programs), "--keep", "x.json"]) == 0
    assert "100.0 %" in capsys.readouterr().out
    (row,) = json.loads((tmp_path / "x.json").read_text())["rows"]
    assert [type(row[key]) for key in ("pairs", "found", "false", "correct")] == [int] * 4


def test_counts_are_kept_only_where_the_table_can_be_made(programs, tmp_path, capsys):
    file = log(tmp_path / "a.sarif", results=[finding("pair_0/vulnerable.py")])
    (tmp_path / "other.json").write_text("{}")
    imported = ["--sarif", f"x={file}", "--programs", str(programs), "--keep", str(tmp_path / "x.json")]
    assert main(["paper", "table", "6", str(tmp_path / "other.json"), *imported]) == 3
    assert "other.json" in capsys.readouterr().err
    assert not (tmp_path / "x.json").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no json", "codeql.sarif"),
        ("[]", "codeql.sarif"),
        ('{"version": "1.0.0", "runs": []}', "is no SARIF 2.1.0 file"),
        ('{"version": "2.1.0", "runs": [{"tool": {}}]}', "breaks the rules of SARIF: KeyError('driver')"),
        ('{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": {}}]}', "a list is expected"),
    ],
)
def test_a_file_that_is_no_sarif_is_named(programs, tmp_path, text, said, capsys):
    (tmp_path / "codeql.sarif").write_text(text)
    arguments = ["--sarif", f"CodeQL={tmp_path / 'codeql.sarif'}", "--programs", str(programs)]
    assert main(["paper", "table", "6", *arguments]) == 3
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ({"results": [{"ruleId": "x", "message": {"text": ""}, "locations": at("pair_0/vulnerable.py")}]},
         "none of its 1 findings names a weakness (CWE)"),
        ({"invocations": [{"executionSuccessful": True}, {"executionSuccessful": False}]},
         "tool did not end successfully (executionSuccessful: false)"),
        ({"results": [finding("a.py", locations=[]), finding("a.py", locations=[{}])]},
         "none of its 2 findings names a file"),
    ],
)  # fmt: skip
def test_what_is_no_silence_is_refused(programs, tmp_path, run, said, capsys):
    """A detector that failed, or whose findings cannot be read, must not count as one that finds nothing."""
    file = log(tmp_path / "a.sarif", **run)
    assert main(["paper", "table", "6", "--sarif", f"x={file}", "--programs", str(programs)]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"error: {file}: {said}" in printed.err


def test_a_run_without_the_key_results_is_refused_and_one_that_found_nothing_is_not(programs, tmp_path):
    file = log(tmp_path / "a.sarif")
    (row,) = counts_of("x", file, programs)["rows"]
    assert (row["found"], row["false"]) == (0, 0)
    content = json.loads(file.read_text())
    whole = content["runs"][0]
    for silent in ({key: value for key, value in whole.items() if key != "results"}, {**whole, "results": None}):
        file.write_text(json.dumps({**content, "runs": [whole, silent]}))
        with pytest.raises(DataError, match=r"a.sarif: tool computed no results"):
            counts_of("x", file, programs)


def test_findings_that_cannot_be_used_are_counted(programs, tmp_path, capsys):
    used = [finding("pair_0/vulnerable.py"), finding("pair_1/patched.py", taxa=[])]
    results = [*used, finding("x", locations=[]), finding("setup.py", taxa=[])]
    (row,) = counts_of("x", log(tmp_path / "a.sarif", results=results), programs)["rows"]
    assert (row["found"], row["false"], row["correct"]) == (1, 1, 1)
    said = capsys.readouterr().err
    assert "2 of 3 findings name no weakness" in said
    assert "1 of 4 findings name no file: left out" in said
    assert "1 of 3 files with findings is none of the programs, such as 'setup.py': left out" in said


def test_one_name_for_two_files_is_refused(programs, tmp_path, capsys):
    file = log(tmp_path / "a.sarif")
    twice = ["--sarif", f"X={file}", "--sarif", f"X={tmp_path / 'other.sarif'}", "--programs", str(programs)]
    assert main(["paper", "table", "6", *twice]) == 2
    assert "--sarif names X twice" in capsys.readouterr().err


def test_mistakes_are_one_message(programs, tmp_path, capsys):
    file = log(tmp_path / "a.sarif", results=[{"message": {"text": ""}, "locations": at("elsewhere/x.py")}])
    with pytest.raises(DataError, match=r"names none of the 4 programs of .* but 'elsewhere/x.py'"):
        counts_of("x", file, programs)
    with pytest.raises(DataError, match=r"pairs.json is missing"):
        counts_of("x", file, tmp_path)
    assert main(["paper", "table", "6", "--sarif", f"x={file}"]) == 2
    assert "--sarif needs --programs" in capsys.readouterr().err
    assert main(["paper", "table", "2", "--sarif", f"x={file}"]) == 2
    assert "belong to Table 6" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["paper", "table", "6", "--sarif", str(file)])
    assert "is not NAME=FILE" in capsys.readouterr().err
