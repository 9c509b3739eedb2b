"""Which record answers which task; a file that answers none is refused with what was found and what is expected."""

import pytest

from real.errors import DataError
from real.evaluation.completion_file import KEYS, read_completions
from real.extract import extract
from real.io.json_records import JsonRecord


def read(*values, known=("1", "2")):
    return read_completions([JsonRecord(f"line {i}", v) for i, v in enumerate(values, 1)], known, "c.jsonl")


def texts(found):
    return {task_id: [one.text for one in answers] for task_id, answers in found.by_task.items()}


@pytest.mark.parametrize("key", KEYS)
def test_every_usual_key_is_an_answer(key):
    assert texts(read({"task_id": "1", key: "```\ncode\n```", "model": "m"})) == {"1": ["```\ncode\n```"]}


def test_a_solution_may_be_the_program_itself_and_an_answer_may_not():
    found = read({"task_id": "1", "solution": "print(1)"}, {"task_id": "2", "completion": "print(1)"})
    ((solution,), (answer,)) = found.by_task.values()
    assert extract(solution.text).code == "print(1)"
    assert extract(answer.text).code is None


def test_numbers_are_ids_and_nulls_are_no_answers():
    found = read({"task_id": 1, "completion": None, "output": "code"}, {"task_id": "2", "completion": None})
    assert texts(found) == {"1": ["code"]}
    assert found.skipped == ["line 2: an object without an answer; its keys are 'task_id', 'completion'"]


def test_several_answers_are_samples_in_order():
    found = read({"task_id": "1", "completion": "a"}, {"task_id": "1", "completion": ["b", "c"]})
    assert texts(found) == {"1": ["a", "b", "c"]}
    assert found.sampled
    assert not read({"task_id": "1", "completion": "a"}).sampled


def test_our_own_key_goes_before_the_others_and_two_of_the_others_are_ambiguous():
    assert texts(read({"task_id": "1", "completion": "a", "solution": "b"})) == {"1": ["a"]}
    assert texts(read({"task_id": "1", "output": "a", "solution": "a"})) == {"1": ["a"]}
    with pytest.raises(DataError, match="output and solution differ"):
        read({"task_id": "1", "output": "a", "solution": "b"})


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([], "it is empty"),
        ([["not", "an", "object"]], "line 1: a list, but an object is expected"),
        ([{"prompt": "p", "completion": "x"}], "without \"task_id\"; its keys are 'prompt', 'completion'"),
        ([{"task_id": "1", "code": "x"}] * 3, "its keys are 'task_id', 'code' (and 2 more)"),
        ([{"task_id": "1", "response": [{"role": "assistant"}]}], "'response' holds a list, but a text"),
        ([{"task_id": "HumanEval/0", "completion": "x"}], "unknown task id 'HumanEval/0'. A task of this split is '1'"),
    ],
)
def test_a_useless_file_is_refused_with_what_was_found_and_what_is_expected(values, found):
    with pytest.raises(DataError) as caught:
        read(*values)
    assert found in str(caught.value)
    assert "c.jsonl answers none of the 2 tasks" in str(caught.value)
    for key in KEYS:
        assert key in str(caught.value)
