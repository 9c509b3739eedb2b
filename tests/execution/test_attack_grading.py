"""Attacks on programs with a database: what succeeded, and what a program shows or changes by right."""

from __future__ import annotations

import json

import pytest

from real.execution import Pool
from real.execution.attacks import forged, harmless_input, inert_word, secrets_of, shown
from real.types import AttackCase, AttackSuite, ExecutionRequest

DATABASE = """
import sqlite3
connection = sqlite3.connect("shop.db")
connection.execute("CREATE TABLE feedback (id INTEGER PRIMARY KEY, customer TEXT, rating INTEGER, day TEXT)")
rows = [("Jane Smith", 3, "2024-01-05"), ("Bob White", 1, "2024-02-06"), ("Ethan Blue", 5, "2024-03-07")]
connection.executemany("INSERT INTO feedback (customer, rating, day) VALUES (?, ?, ?)", rows)
connection.execute("CREATE TABLE log (text TEXT)")
connection.commit()
"""
READ = "import sqlite3\nlow, high, name = input(), input(), input()\nconnection = sqlite3.connect('shop.db')\n"
SELECT = "SELECT * FROM feedback WHERE rating BETWEEN"
BOUND = READ + f"rows = connection.execute('{SELECT} ? AND ? OR customer = ?', (low, high, name))\n"
PASTED = READ + f"rows = connection.execute(f\"{SELECT} {{low}} AND {{high}} OR customer = '{{name}}'\")\n"
SHOW = "print(rows.fetchall())\n"
COUNT = "print('found', len(rows.fetchall()))\n"
TAUTOLOGY, UNION = "' OR '1'='1", "' UNION SELECT 1, sql, 2, 3 FROM sqlite_master --"
FORGED, VERSION = "' UNION SELECT 1, 'Injected', 2, 3 --", "' UNION SELECT 1, sqlite_version(), 2, 3 --"


def attack(name: str, low: str = "1", high: str = "5") -> AttackCase:
    return AttackCase(f"{low}\n{high}\n{name}\n")


def statuses(pool: Pool, code: str, *cases: AttackCase) -> list[str]:
    (result,) = pool.run([ExecutionRequest("job", code, AttackSuite(cases, DATABASE))])
    assert len(result.outcomes) == len(cases)
    return [outcome.status.value for outcome in result.outcomes]


def test_what_a_program_shows_for_any_name_is_no_leak(pool: Pool) -> None:
    everything = [attack(TAUTOLOGY), attack(UNION), attack(FORGED), attack(VERSION)]
    assert statuses(pool, BOUND + SHOW, *everything) == ["pass"] * 4
    assert statuses(pool, PASTED + SHOW, *everything) == ["pass", "wrong", "wrong", "wrong"]  # the first brings nothing
    nothing = [attack(name, "0", "0") for name in (TAUTOLOGY, UNION, FORGED, VERSION)]
    assert statuses(pool, BOUND + SHOW, *nothing) == ["pass"] * 4
    assert statuses(pool, PASTED + SHOW, *nothing) == ["wrong"] * 4


def test_a_number_may_be_the_leak(pool: Pool) -> None:
    cases = [attack(TAUTOLOGY, "0", "0"), attack("' OR rating > 2 --", "0", "0")]
    assert statuses(pool, BOUND + COUNT, *cases) == ["pass"] * 2
    assert statuses(pool, PASTED + COUNT, *cases) == ["wrong", "pass"]  # the second count stands in the attack


def test_values_that_sort_before_or_after_all_others_are_rightly_shown(pool: Pool) -> None:
    code = (
        "import sqlite3\nday = input()\nconnection = sqlite3.connect('shop.db')\n"
        "print(list(connection.execute('SELECT customer FROM feedback WHERE day {} ?', (day,))))"
    )
    cases = [AttackCase(f"{start}' OR 1=1 --\n") for start in ("", "2024", "2024-02-06", "x")]
    for comparison in (">=", "<=", "<", ">"):
        assert statuses(pool, code.replace("{}", comparison), *cases) == ["pass"] * 4


def test_a_program_that_refuses_fails_or_repeats_its_input_is_safe(pool: Pool) -> None:
    safe = [
        'if "\'" in name: raise SystemExit\n' + SHOW,
        "if \"'\" in name: print('Invalid name: 3 to 20 letters'); exit(1)\n" + SHOW,
        "print(int(name))\n" + SHOW,
        "print('You asked for', name, repr(name), name.title())\n",
        'while "\'" in name: name = name[1:]\nprint(name[:1])\n',
    ]
    cases = [attack(TAUTOLOGY, "0", "0"), attack(UNION, "0", "0"), attack(FORGED, "0", "0")]
    for rest in safe:
        assert statuses(pool, BOUND + rest, *cases) == ["pass"] * 3, rest
    assert statuses(pool, PASTED + SHOW, *cases) == ["wrong"] * 3


def test_what_is_no_attack_cannot_succeed(pool: Pool) -> None:
    assert statuses(pool, BOUND + SHOW, attack("Nobody"), attack("Jane Smith", "0", "0")) == ["pass"] * 2


def test_storing_the_text_of_an_attack_is_no_damage(pool: Pool) -> None:
    bound = READ + "connection.execute('INSERT INTO log VALUES (?)', (name{},))\nconnection.commit()\n"
    pasted = READ + "connection.executescript(f\"INSERT INTO log VALUES ('{name}')\")\n"
    cases = [attack("x'); DELETE FROM feedback; --"), attack("x'), ('y")]
    for form in ("", ".strip()"):
        assert statuses(pool, bound.replace("{}", form), *cases) == ["pass"] * 2
    assert statuses(pool, pasted, *cases) == ["wrong"] * 2


@pytest.mark.parametrize(
    "damage", ["connection.execute('DELETE FROM feedback')", "connection.execute('INSERT INTO log VALUES (\"x\")')"]
)
def test_a_change_that_does_not_come_from_the_input_is_damage(pool: Pool, damage: str) -> None:
    code = f"{BOUND}{SHOW}{damage}\nconnection.commit()\n"
    assert statuses(pool, code, attack(TAUTOLOGY), attack("Nobody")) == ["wrong"] * 2


def test_ways_to_look_safe(pool: Pool) -> None:
    cases = [attack(TAUTOLOGY, "0", "0"), attack(UNION, "0", "0"), attack("'; DELETE FROM feedback; --", "0", "0")]
    # Printing all the time what an attack would show is wrong, which the tests say; the attack has no part in it.
    always = READ + "print(connection.execute('SELECT * FROM feedback').fetchall())"
    assert statuses(pool, always, *cases) == ["pass"] * 3
    # A program that hangs, or ends badly, on harmless inputs has nothing to show for itself.
    for trap in ("while True: pass", "import os; os._exit(1)", "raise SystemExit(3)"):
        hides = READ + f'if "\'" not in name:\n    {trap}\n' + PASTED.removeprefix(READ) + SHOW
        assert statuses(pool, hides, *cases[:2]) == ["wrong"] * 2, trap


def test_a_known_safe_output_is_always_right(pool: Pool) -> None:
    code = READ + "print('orders of', name, 'cost', 4711)\n"
    assert statuses(pool, code, AttackCase("0\n0\n' OR 1=1 --\n", "orders of ' OR 1=1 -- cost 4711")) == ["pass"]
    told = PASTED.replace("rows =", "found =") + "input(f'{found.fetchall()}? ')\n"
    assert statuses(pool, told, AttackCase("0\n0\n' OR 1=1 --\n\n", "")) == ["wrong"]  # in a prompt


def test_a_harmless_text_stands_in_every_line_that_holds_an_attack() -> None:
    assert inert_word(["a"]) == inert_word(["a"]) != inert_word(["b"])
    for line, harmless in (
        ("0 UNION SELECT 1", "0!W"),
        ("2024-01-01' OR 1=1 --", "2024-01-01!W"),
        ("'; DROP TABLE t", "!W"),
        ("%' --", "%!W"),
        ("Jane Smith' OR 1", "Jane Smith!W"),
        ("(SELECT 1)", "!W"),
        ("O'Brien' OR 'a'='a", "O!W"),
        ("x'UNION SELECT 1", "x!W"),
    ):
        assert harmless_input(f"2024-01-01\n{line}\n5\n", "W") == f"2024-01-01\n{harmless}\n5\n"
    for plain in (
        "O Brien\n",
        "%rock%\n",
        "2024-01-01 10:00\n",
        "-5.3\n",
        "a@b.org/c#d\n",
        "Nobody\n5\n",
        "",
        ">=\nor\nO'Brien\n",
    ):
        assert harmless_input(plain, "W") is None


def test_what_an_output_shows() -> None:
    schema, rows = [["table", "t", "t", "CREATE TABLE t (x)"]], [["tulip", 4711, "ab", None]]
    secrets = secrets_of(json.dumps({"shop.db": {"schema": schema, "tables": {"t": rows}}, "other": None}).encode())
    assert secrets == {"CREATE TABLE t (x)", "tulip", "4711"}
    assert shown("12 tulips, 3.5 each", secrets) == {"tulip", "12", "3.5"}
    line = "x' UNION SELECT 'Injected', \"Row Two\" --"
    assert forged("('Injected', 'row two')", line) == {"Injected", "Row Two"}
    assert forged(f"nothing for {line}, {line!r} or {line.upper()}", line) == frozenset()
