"""The wording of prompts is part of the data: a change here changes what models are asked."""

from __future__ import annotations

from real import prompts
from real.types import Message, ScriptSuite, StdinCase, Task

GOLDEN = """\
[Problem]
Read a name and print its age.

[Example Input & Output]
- Input: Ada\\n ; Output: 36\\n37

[Instruction]
Read with input() and print each row with print(*row). Write the code inside ```python."""


def test_script_prompt_golden():
    built = prompts.script_prompt("Read a name and print its age.", [StdinCase("Ada\n", "36\n37")])
    assert built == (Message("user", GOLDEN),)


def test_script_prompt_without_examples_has_no_example_section():
    (message,) = prompts.script_prompt("Do it.", [])
    assert "[Example" not in message.content


def test_a_backslash_in_an_example_is_told_from_a_new_line():
    (message,) = prompts.script_prompt("Do it.", [StdinCase("a\\nb\n", "c")])
    assert "- Input: a\\\\nb\\n ; Output: c" in message.content


def test_a_task_of_a_benchmark_keeps_its_messages():
    chat = (Message("system", "be brief"), Message("user", "do it"))
    task = Task("a", "d", "test", chat, ScriptSuite((StdinCase("", ""),)), ())
    assert prompts.messages(task) == chat


def test_render_plain_ends_where_the_response_begins():
    chat = [Message("system", "be brief"), Message("user", "do it")]
    assert prompts.render_plain(chat) == "[system]\nbe brief\n\n[user]\ndo it\n\n[assistant]\n"


def test_mini_prompt_golden(test):
    task = next(t for t in test if t.task_id == "mini-test-0003")
    assert task.prompt[0].content == (
        "[Problem]\nHere is a quick job. lamps.db has the table lamps(id, name, color, kind, price, weight, stock). "
        "The user types a low and a high weight. Show the price of the lamps with weight from the low to the high one, "
        "sorted by price.\n\n[Example Input & Output]\n- Input: 5.8\\n5.9\\n ; Output: 21\\n34\n\n[Instruction]\n"
        "Read with input() and print each row with print(*row). Write the code inside ```python."
    )
