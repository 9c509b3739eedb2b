"""Which tokens a fix changed: examples marked by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from real.errors import DataError
from real.methods.common.masks import Sample, diff_masks, safecoder_samples, sven_samples, token_mask
from real.methods.common.pairs import Pair, load_pairs, missing_pairs, twins
from real.methods.safecoder.oversampling import oversampled
from real.settings import RootCfg
from real.types import Message, Task

BEFORE = 'def f(name):\n    run("ls " + name)\n    return 1\n'
AFTER = 'def f(name):\n    run(["ls", name])\n    return 1\n'


def pair(before: str = BEFORE, after: str = AFTER) -> Pair:
    deleted = (before.index("    run"), before.index("    return"))
    added = (after.index("["), after.index("]") + 1)
    return Pair((Message("user", "Write f."),), before, after, (deleted,), (added,), "cwe-078", "py")


def marked(tokenizer: Any, sample: Sample) -> str:
    return str(tokenizer.decode([i for i, changed in zip(sample.response, sample.changed, strict=True) if changed]))


def test_a_token_counts_from_its_first_to_its_last_character() -> None:
    offsets = [(0, 2), (2, 5), (5, 6), (6, 9)]
    assert token_mask(offsets, [(4, 6)]) == (False, True, True, False)
    assert token_mask(offsets, [(5, 5)]) == (False,) * 4
    assert token_mask(offsets, [(0, 1), (8, 9)]) == (True, False, False, True)


def test_sven_marks_added_characters_and_deleted_lines(tokenizer: Any) -> None:
    secure, insecure = sven_samples(tokenizer, pair(), [1, 2])
    assert (secure.secure, insecure.secure) == (True, False)
    assert marked(tokenizer, secure).strip("( )\n") == '["ls", name]'
    assert marked(tokenizer, insecure).strip() == 'run("ls " + name)'
    assert secure.response[-1] == tokenizer.eos_token_id
    assert not secure.changed[-1]
    assert tokenizer.decode(secure.response[:-1]) == f"```python\n{AFTER}\n```"


def test_sven_leaves_out_a_version_without_a_change(tokenizer: Any) -> None:
    only_added = Pair((), "a = 1\n", "a = 1\nb = 2\n", (), ((6, 12),), "", "py")
    assert [sample.secure for sample in sven_samples(tokenizer, only_added, [])] == [True]


def test_the_diff_of_tokens_by_hand() -> None:
    assert diff_masks([1, 2, 3, 4], [1, 9, 3, 4]) == ((False, True, False, False),) * 2
    # 5 is unchanged and stands alone between two changed ones: part of the same edit
    old, new = diff_masks([1, 2, 5, 3, 4], [1, 8, 5, 9, 4])
    assert old == new == (False, True, True, True, False)
    assert diff_masks([1, 2], [1, 7, 2]) == ((False, False), (False, True, False))


def test_safecoder_cuts_behind_the_last_change(tokenizer: Any) -> None:
    secure, insecure = safecoder_samples(tokenizer, pair(), [1])
    for sample in (secure, insecure):
        assert sample.changed[-1]
        assert sample.group == "py/cwe-078"
    assert "return" not in tokenizer.decode(secure.response)
    assert '"ls", name' in tokenizer.decode(secure.response)


def test_rare_groups_are_filled_up() -> None:
    many = [Sample((), (1,), (True,), True, "py/cwe-089")] * 5
    few = [Sample((), (2,), (True,), True, "py/cwe-022")]
    made = oversampled([*many, *few], 4, seed=0)
    assert made.count(many[0]) == 5
    assert made.count(few[0]) == 4
    assert oversampled([*many, *few], 0, seed=0) == [*many, *few]


def test_twins_of_tasks_are_pairs(tasks: list[Task]) -> None:
    made = twins(tasks)
    assert [(p.before, p.after) for p in made] == [(t.unsafe, t.reference) for t in tasks]
    for p in made:
        assert "".join(p.before[a:b] for a, b in p.deleted)
        assert "".join(p.after[a:b] for a, b in p.added)


def line(**more: object) -> str:
    record = {
        "func_name": "f", "func_src_before": BEFORE, "func_src_after": AFTER, "file_name": "a.py",
        "vul_type": "cwe-078", "line_changes": {"deleted": [{"char_start": 0, "char_end": 4}], "added": []},
        "char_changes": {"deleted": [], "added": [{"char_start": 3, "char_end": 9}]},
    } | more  # fmt: skip
    return json.dumps(record) + "\n"


def test_files_in_svens_format(tmp_path: Path) -> None:
    folder = tmp_path / "train"
    folder.mkdir()
    assert missing_pairs(RootCfg(), str(tmp_path), "sven", "method.sven.pairs")
    (folder / "cwe-078.jsonl").write_text(line() + line(file_name="b.c") + line(description="Do it."))
    (lack,) = missing_pairs(RootCfg(), str(tmp_path), "sven", "method.sven.pairs")
    assert "no val pair" in lack
    made = load_pairs(str(tmp_path), "sven", "train", [], most=0, seed=0)
    assert sorted(p.prompt[0].content for p in made) == ["Do it.", "Write the Python function `f`."]
    assert made[0].deleted == ((0, 4),)
    assert made[0].added == ((3, 9),)
    with pytest.raises(DataError, match="no val pair"):
        load_pairs(str(tmp_path), "sven", "val", [], most=0, seed=0)
    (folder / "cwe-078.jsonl").write_text(json.dumps({"func_name": "f"}) + "\n")
    with pytest.raises(DataError, match=r"line 1 is no pair"):
        load_pairs(str(tmp_path), "sven", "train", [], most=0, seed=0)
