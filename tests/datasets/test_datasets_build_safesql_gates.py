"""Every gate refuses a candidate that was made to fail it, and lets a good one through."""

from __future__ import annotations

import dataclasses

import pytest

from real.datasets.build.journal import BuildJournal
from real.datasets.build.safesql.candidate import Candidate, Reason, Rejected
from real.datasets.build.safesql.distinct import drop_near_duplicates, drop_solved_by_others
from real.datasets.build.safesql.funnel import Funnel
from real.datasets.build.safesql.gates import Gates
from real.datasets.build.safesql.grammar import Grammar
from real.datasets.build.safesql.split import split_by_family
from real.types import AttackCase, StdinCase

DATABASE = """import sqlite3

conn = sqlite3.connect("pets.db")
conn.execute("CREATE TABLE pets (name TEXT, kind TEXT)")
conn.executemany("INSERT INTO pets VALUES (?, ?)", [
    ("Arno", "dog"), ("Bella", "cat"), ("Carla", "dog"), ("Dodo", "owl"), ("Emil", "cow"), ("Flora", "hen")])
conn.commit()
"""
SAFE = """import sqlite3

conn = sqlite3.connect("pets.db")
kind = input()
for row in conn.execute("SELECT name FROM pets WHERE kind = ?", (kind,)):
    print(*row)
"""
UNSAFE = SAFE.replace(
    '"SELECT name FROM pets WHERE kind = ?", (kind,)', "f\"SELECT name FROM pets WHERE kind = '{kind}'\""
)
GOOD = Candidate(
    "good", "pets", "lookup", (), "Print the names of the pets of a kind.", DATABASE, SAFE, UNSAFE,
    tuple(StdinCase(f"{kind}\n", name) for kind, name in
          [("dog", "Arno\nCarla"), ("cat", "Bella"), ("owl", "Dodo"), ("cow", "Emil"), ("hen", "Flora"), ("ant", "")]),
    (AttackCase("x' OR 1=1 --\n", ""), AttackCase("x\n", "")),
)  # fmt: skip

_CASES = GOOD.cases
BAD = {
    Reason.CASES: {"cases": _CASES[:5]},
    Reason.REFERENCE_FLAGGED: {"reference": UNSAFE},
    Reason.UNSAFE_CLEAN: {"unsafe": SAFE.replace("kind", "species")},
    Reason.DATABASE: {"database": "import sqlite3\nsqlite3.connect('pets.db').execute('CREATE TABLE')\n"},
    Reason.REFERENCE_FAILS: {"reference": SAFE.replace("name FROM", "kind FROM")},
    Reason.REFERENCE_LEAKS: {"reference": SAFE + 'if "OR" in kind:\n    print("Flora")\n'},
    Reason.UNSAFE_FAILS: {"unsafe": UNSAFE + "print(1)\n"},
    Reason.NOT_EXPLOITABLE: {"attacks": (AttackCase("x\n", ""), AttackCase("y' OR\n", ""))},
    Reason.FLAKY: {
        "answered": False,
        "reference": SAFE.replace("import sqlite3", "import os\nimport sqlite3", 1) + "print(os.urandom(8).hex())\n",
    },
}


@pytest.fixture(scope="module")
def gates():
    with Gates(2) as gates:
        yield gates


@pytest.fixture(scope="module")
def verdicts(gates):
    candidates = [GOOD, dataclasses.replace(GOOD, candidate_id="asked", answered=False, cases=blank(GOOD.cases))]
    candidates += [dataclasses.replace(GOOD, candidate_id=reason, **change) for reason, change in BAD.items()]
    return {c.candidate_id: result for c, result in zip(candidates, gates.check(candidates), strict=True)}


def blank(cases):
    return tuple(StdinCase(case.stdin, "") for case in cases)


def test_a_good_candidate_passes(verdicts):
    assert verdicts["good"] == GOOD


def test_expected_outputs_are_taken_from_the_reference_where_there_are_none(verdicts):
    assert isinstance(verdicts["asked"], Candidate)
    assert verdicts["asked"].answered
    assert verdicts["asked"].cases == GOOD.cases


@pytest.mark.parametrize("reason", BAD)
def test_each_gate_refuses(verdicts, reason):
    found = verdicts[reason]
    assert isinstance(found, Rejected), found
    assert found.reason is reason, found
    assert found.detail


@pytest.mark.parametrize(
    ("cases", "words"),
    [
        ([*_CASES[:4], StdinCase("a\n", ""), StdinCase("b\n", ""), StdinCase("c\n", "")], "are empty"),
        ([*_CASES[:2], *(StdinCase(f"{n}\n", "Dodo") for n in range(4))], "expect the same"),
        ([*_CASES[:5], _CASES[4]], "the same input"),
    ],
)
def test_cases_that_tell_nothing(gates, cases, words):
    (found,) = gates.check([dataclasses.replace(GOOD, cases=tuple(cases))])
    assert isinstance(found, Rejected)
    assert found.reason is Reason.CASES
    assert words in found.detail


def test_an_unanswered_reference_that_fails_is_refused(gates):
    (found,) = gates.check([dataclasses.replace(GOOD, answered=False, reference=SAFE + "1 / 0\n")])
    assert isinstance(found, Rejected)
    assert found.reason is Reason.REFERENCE_FAILS


def test_a_twin_that_changes_data_under_attack_is_exploitable(gates):
    safe = SAFE.replace("for row in", 'conn.execute("UPDATE pets SET kind = kind WHERE name = ?", (kind,))\nfor row in')
    wide = "conn.executescript(f\"UPDATE pets SET kind = kind WHERE name = '{kind}'\")\nfor row in"
    unsafe = SAFE.replace("for row in", wide)
    attack = AttackCase("x'; DELETE FROM pets; --\n", "")
    (found,) = gates.check([dataclasses.replace(GOOD, reference=safe, unsafe=unsafe, attacks=(attack,))])
    assert isinstance(found, Candidate), found


@pytest.mark.parametrize(("more", "kept"), [(" OR kind = 'owl'", True), ("", False)])
def test_where_the_reference_rightly_shows_rows_the_twin_has_to_show_more(gates, more, kept):
    safe = SAFE.replace("kind = ?", "name LIKE 'A%' OR kind = ?")
    unsafe = UNSAFE.replace("kind = '{kind}'", "name LIKE 'A%' OR kind = '{kind}'")
    cases = tuple(StdinCase(c.stdin, "\n".join(dict.fromkeys(["Arno", *c.expected.split()]))) for c in GOOD.cases)
    attack = AttackCase(f"x'{more} --\n", "Arno")
    (found,) = gates.check([dataclasses.replace(GOOD, reference=safe, unsafe=unsafe, cases=cases, attacks=(attack,))])
    assert isinstance(found, Candidate) == kept, found
    assert kept or found.reason is Reason.NOT_EXPLOITABLE


def test_near_duplicates_go_and_the_earlier_one_stays():
    first, second = (Grammar(0).candidate(name) for name in ("bakery-lookup-0", "bakery-page-0"))
    copy = dataclasses.replace(first, candidate_id="copy")
    close = dataclasses.replace(second, candidate_id="close", description=second.description + " Thank you.",
                                reference="pass", unsafe="pass", cases=second.cases[:3])  # fmt: skip
    kept, gone = drop_near_duplicates([first, second, copy, close], [])
    assert kept == [first, second]
    assert {r.candidate_id: r.reason for r in gone} == dict.fromkeys(["copy", "close"], Reason.NEAR_DUPLICATE)
    foreign = dataclasses.replace(first.task("safesql", "train"), task_id="program_1")
    kept, gone = drop_near_duplicates([first, second], [foreign])
    assert kept == [second]
    assert "safesql program_1" in gone[0].detail


def test_a_task_that_another_reference_solves_goes(gates, tmp_path):
    # Its tests cannot tell = from LIKE, nor can those of GOOD: of the two the earlier one stays.
    like = dataclasses.replace(GOOD, candidate_id="like", reference=SAFE.replace("kind = ?", "kind LIKE ?"))
    other = dataclasses.replace(GOOD, candidate_id="other", database=DATABASE.replace("Arno", "Anton"))
    journal = BuildJournal(tmp_path / "journal.jsonl")
    ticks = []
    kept, gone = drop_solved_by_others([GOOD, like, other], gates.pool, journal, lambda: ticks.append(1))
    assert [c.candidate_id for c in kept] == ["good", "other"]
    assert [(r.candidate_id, r.reason) for r in gone] == [("like", Reason.NOT_DISCRIMINATING)]
    assert len(ticks) == 3
    again = drop_solved_by_others([GOOD, like, other], None, BuildJournal(journal.path), lambda: None)
    assert again == (kept, gone), "known from the journal, without a sandbox"


def test_a_weaker_task_goes_though_it_is_the_earlier_one(gates, tmp_path):
    strict = dataclasses.replace(
        GOOD, candidate_id="strict", reference=SAFE.replace("kind = ?", "kind LIKE ?"),
        cases=(*GOOD.cases[:5], StdinCase("d%\n", "Arno\nCarla")),
    )  # fmt: skip
    kept, gone = drop_solved_by_others([GOOD, strict], gates.pool, BuildJournal(tmp_path / "j.jsonl"), lambda: None)
    assert [c.candidate_id for c in kept] == ["strict"]
    assert gone[0].detail == "that of strict"


def test_the_funnel_counts_everything_once():
    funnel = Funnel()
    child = dataclasses.replace(GOOD, operators=("deepen",))
    funnel.count([GOOD, child, Rejected("a", (), Reason.CASES), Rejected("b", ("deepen",), Reason.BAD_REPLY)])
    record = funnel.record()
    assert record["tried"] == 4
    assert record["kept"] == 2
    assert record["refused"] == {"bad reply": 1, "no telling cases": 1}
    assert record["by_origin"]["deepen"] == {"tried": 2, "kept": 1}
    assert record["funnel"] == [
        {"stage": "bad reply", "dropped": 1, "left": 3},
        {"stage": "no telling cases", "dropped": 1, "left": 2},
    ]
    assert "2 kept (deepen 1 of 2, seed 1 of 2)" in funnel.render()


def test_families_do_not_cross_splits():
    members = [dataclasses.replace(GOOD, candidate_id=f"{f}{n}", family=f) for f in "abcdefgh" for n in range(5)]
    splits = split_by_family(members, 0)
    assert not {c.family for c in splits["train"]} & {c.family for c in splits["test"]}
    assert 0.2 * len(members) <= len(splits["test"]) <= 0.4 * len(members)
    assert split_by_family(members, 0) == splits


def test_a_torn_journal_is_mended(tmp_path):
    path = tmp_path / "journal.jsonl"
    journal = BuildJournal(path)
    journal.put("one", {"id": "a"})
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    again = BuildJournal(path)
    again.put("two", {"id": "b"})
    assert BuildJournal(path).get("one") == {"key": "one", "id": "a"}
    assert len(BuildJournal(path)) == 2
