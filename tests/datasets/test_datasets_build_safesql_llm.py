"""The LLM evolver against a stub server: good and bad replies, record, replay, endpoints that refuse."""

from __future__ import annotations

import json

import pytest
from chat_stub import ChatStub, completion

from real.datasets.build.safesql.candidate import Candidate, Reason
from real.datasets.build.safesql.evolver import OPERATORS, Evolver, Request
from real.datasets.build.safesql.grammar import Grammar
from real.datasets.build.safesql.llm.evolver import ModelEvolver
from real.datasets.build.safesql.llm.prompts import messages
from real.datasets.build.safesql.llm.replies import read_reply
from real.datasets.build.safesql.llm.transport import Endpoint, Model, Replay
from real.errors import DataError, InfrastructureError

MODEL = Model("stub")
GOOD = {
    "description": "bakery.db has the table cakes(name, price). Read a name and print its price.",
    "database": "import sqlite3\nsqlite3.connect('bakery.db').execute('CREATE TABLE cakes (name, price)')\n",
    "safe_program": "import sqlite3\nprint(input())\n",
    "unsafe_program": "import sqlite3\nname = input()\nprint(name)\n",
    "inputs": ["a\n", "b\n", "c", "a\n"],
    "attacks": ["x' OR 1=1 --\n"],
}


@pytest.fixture(scope="module")
def parent():
    return Grammar(0).candidate("bakery-lookup-0")


def requests(parent, count=4):
    return [Request(parent, OPERATORS[n % 4], n) for n in range(count)]


def reply(change=(), drop=()):
    fields = {k: v for k, v in {**GOOD, **dict(change)}.items() if k not in drop}
    return json.dumps(fields)


def test_each_operator_asks_for_another_change_of_the_parent(parent):
    texts = [messages(request)[-1]["content"] for request in requests(parent)]
    assert len({text.splitlines()[0] for text in texts}) == 4
    for text in texts:
        assert parent.description in text
        assert parent.database in text
        assert parent.reference in text
        assert '"unsafe_program"' in text


def test_a_good_reply_is_a_candidate_without_answers(parent):
    request = requests(parent)[0]
    for text in (reply(), f"Sure!\n```json\n{reply()}\n```\nEnjoy.", f"Here it is: {reply()}"):
        found = read_reply(text, "stop", request)
        assert isinstance(found, Candidate), found
        assert not found.answered
        assert [case.stdin for case in found.cases] == ["a\n", "b\n", "c\n"], "whole lines, each once"
        assert found.candidate_id == "bakery-lookup-0.d0"
        assert found.operators == ("deepen",)
        assert found.family == "bakery", "a child stays in its parent's split"


BAD = [
    ("", "stop", "empty"),
    ("I cannot help with that.", "stop", "no JSON object"),
    ("{not json}", "stop", "not JSON"),
    (reply(), "length", "cut off"),
    (reply()[:-20] + "}", "stop", "not JSON"),
    (reply(drop=["attacks"]), "stop", "missing field 'attacks'"),
    (reply(drop=["database"]), "stop", "missing field 'database'"),
    (reply({"inputs": "a"}.items()), "stop", "'inputs' is not a list"),
    (reply({"inputs": []}.items()), "stop", "'inputs' is not a list"),
    (reply({"inputs": ["a", 3]}.items()), "stop", "'inputs[1]' is not a text"),
    (reply({"inputs": ["a"] * 99}.items()), "stop", "99 items"),
    (reply({"description": "  "}.items()), "stop", "'description' is not a text"),
    (reply({"safe_program": "def f(:"}.items()), "stop", "is not Python"),
    (reply({"safe_program": "x = 1\n" * 9999}.items()), "stop", "characters"),
    (reply({"safe_program": "\ud800"}.items()), "stop", "not valid Unicode"),
    (reply({"unsafe_program": GOOD["safe_program"]}.items()), "stop", "the same"),
    ("[" * 100_000 + "{" * 100_000 + "}", "stop", "not JSON"),
]


@pytest.mark.parametrize(("text", "finish", "words"), BAD)
def test_a_bad_reply_is_refused_with_its_reason(parent, text, finish, words):
    found = read_reply(text, finish, requests(parent)[0])
    assert found.reason is Reason.BAD_REPLY
    assert words in found.detail


def test_a_copy_of_the_parent_is_refused(parent):
    found = read_reply(reply({"safe_program": parent.reference}.items()), "stop", requests(parent)[0])
    assert "that of the parent" in found.detail


def test_requests_are_recorded_and_replayed_without_a_server(parent, tmp_path):
    record = tmp_path / "replies.jsonl"
    wanted = requests(parent, 6)

    def answer(body):
        text = body["messages"][-1]["content"]
        if text.startswith("Write a task of the same database"):
            return 200, completion("no idea")
        if text.startswith("Replace"):
            return 400, {"error": {"message": "context too long", "type": "invalid_request_error"}}
        return 200, completion(reply())

    with ChatStub(answer) as stub:
        evolver: Evolver = ModelEvolver(Endpoint(record, stub.url, None, 20), MODEL)
        first = list(evolver.evolve(wanted))
        # Requests 4 and 5 are word for word 0 and 1: what is in the record already need not be asked again.
        assert 4 <= len(stub.seen) <= 6
        assert {body["model"] for body in stub.seen} == {"stub"}
        asked = len(stub.seen)
        again = list(ModelEvolver(Endpoint(record, stub.url, None, 20), MODEL).evolve(wanted))
        assert len(stub.seen) == asked, "nothing is asked twice"
    assert again == first
    assert [getattr(found, "reason", "kept") for found in first[:4]] == ["kept", "bad reply", "no answer", "kept"]
    assert "context too long" in first[2].detail
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert {line["text"] for line in lines} == {reply(), "no idea", ""}
    assert all(line["messages"] for line in lines)
    assert list(ModelEvolver(Replay(record), MODEL).evolve(wanted)) == first
    (unknown,) = ModelEvolver(Replay(record), Model("another")).evolve(wanted[:1])
    assert unknown.reason is Reason.NO_ANSWER
    assert "does not hold" in unknown.detail


@pytest.mark.parametrize("body", [b"<html>", {"choices": []}, {"nothing": 1}, {"choices": [{"message": None}]}])
def test_an_answer_that_is_not_of_the_protocol_is_recorded(parent, tmp_path, body):
    with ChatStub(lambda request: (200, body)) as stub:
        endpoint = Endpoint(tmp_path / "r.jsonl", stub.url, "key", 20)
        (found,) = ModelEvolver(endpoint, MODEL).evolve(requests(parent, 1))
    assert found.reason is Reason.NO_ANSWER
    assert "protocol" in found.detail
    assert (tmp_path / "r.jsonl").read_text()


@pytest.mark.parametrize(
    ("status", "words"), [(401, "refuses"), (404, "refuses"), (429, "does not answer"), (503, "does not")]
)
def test_an_endpoint_that_takes_no_request_is_one_message(parent, tmp_path, status, words):
    with ChatStub(lambda request: (status, {"error": {"message": "no"}})) as stub:
        endpoint = Endpoint(tmp_path / "r.jsonl", stub.url, "key", 20)
        with pytest.raises(InfrastructureError, match=words):
            list(ModelEvolver(endpoint, MODEL).evolve(requests(parent, 2)))
    assert not (tmp_path / "r.jsonl").exists(), "a failure of the endpoint is not a reply"


def test_an_endpoint_that_is_not_there_is_one_message(parent, tmp_path, monkeypatch):
    monkeypatch.setattr("real.datasets.build.safesql.llm.transport._RETRIES", 0)
    endpoint = Endpoint(tmp_path / "r.jsonl", "http://127.0.0.1:9/v1", None, 5)
    with pytest.raises(InfrastructureError, match="cannot be reached"):
        list(ModelEvolver(endpoint, MODEL).evolve(requests(parent, 1)))


def test_a_record_that_is_missing_or_broken_is_one_message(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        Replay(tmp_path / "nothing.jsonl")
    (tmp_path / "broken.jsonl").write_text("{}\nnot json\n{}\n")
    with pytest.raises(DataError, match="line 2"):
        Replay(tmp_path / "broken.jsonl")
