"""What the embedded data set promises: size, split, determinism, and tests that tell answers apart."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from real.datasets import DatasetCfg, load
from real.datasets.build.mini import mixture
from real.datasets.build.mini.assemble import build_tasks
from real.datasets.build.mini.patterns import PATTERNS
from real.datasets.build.mini.phrasing import OPENINGS, WORDINGS
from real.datasets.build.mini.programs import IDIOMS, UNSAFE_STYLES, Style, program
from real.datasets.build.mini.query import decode, encode
from real.datasets.build.mini.schemas import SCHEMAS, build_world
from real.types import Check


def test_sizes_and_ids(train, test):
    assert len(train) >= 600
    assert len(test) >= 150
    assert len({task.task_id for task in [*train, *test]}) == len(train) + len(test)
    assert all(task.checks == (Check.SECURITY, Check.MAINTAINABILITY) for task in test)


def cell(task):
    return task.tags["schema"], task.tags["pattern"]


def test_splits_share_no_cell_and_no_query_and_tasks_of_a_split_differ(train, test):
    assert not {cell(t) for t in train} & {cell(t) for t in test}
    queries = [t.tags["query"] for t in [*train, *test]]
    assert len(set(queries)) == len(queries)
    prompts = [t.prompt[0].content for t in [*train, *test]]
    assert len(set(prompts)) == len(prompts)


def test_every_tested_schema_and_pattern_is_trained_in_other_company(train, test):
    assert {t.tags["pattern"] for t in test} == set(PATTERNS) == {t.tags["pattern"] for t in train}
    assert {t.tags["schema"] for t in test} <= {t.tags["schema"] for t in train}
    tables_of = Counter(pattern for _, pattern in {cell(t) for t in train})
    assert min(tables_of.values()) >= 10


def test_column_names_recur_across_tables():
    uses = Counter(column for schema in SCHEMAS for column in (*schema.texts, *schema.numbers))
    assert min(uses.values()) >= 4


def test_openings_come_in_equal_shares(train, test):
    for tasks in (train, test):
        counts = Counter(t.tags["opening"] for t in tasks)
        assert set(counts) == set(OPENINGS)
        assert max(counts.values()) - min(counts.values()) <= 1
        assert {t.tags["wording"] for t in tasks} == {str(i) for i in range(WORDINGS)}


def test_any_prefix_mixes_patterns_and_openings(train):
    assert len({t.tags["pattern"] for t in train[:64]}) == len(PATTERNS)


def test_same_content_in_a_fresh_process_with_another_hash_seed():
    script = (
        "from real.datasets import DatasetCfg, load\n"
        "print(*(load(DatasetCfg(), split).content_hash for split in ('train', 'test')))"
    )
    env = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    fresh = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert fresh.stdout.split() == [load(DatasetCfg(), split).content_hash for split in ("train", "test")]


def test_the_test_split_depends_on_the_data_seed_only(test):
    assert load(DatasetCfg(train_tasks=5), "test").tasks == test
    assert load(DatasetCfg(test_tasks=7), "test").tasks == test[:7]
    other = build_tasks("test", 1)
    assert len(other) == len(test)
    assert [t.prompt for t in other] != [t.prompt for t in test]


def test_cases_of_a_task(train, test):
    for task in [*train, *test]:
        outputs = [case.expected for case in task.tests.cases]
        assert 6 <= len(outputs) <= 8
        assert outputs.count("") <= 0.2 * len(outputs)
        assert max(Counter(outputs).values()) <= len(outputs) / 2, "a constant answer passes half of the cases"
        stdins = [case.stdin for case in task.tests.cases]
        assert len(set(stdins)) == len(stdins)
        assert any("'" in stdin for stdin in stdins) == (task.tags["quotes"] == "yes")
        assert 3 <= len(task.safety.cases) <= 5


def test_some_inputs_have_an_apostrophe(train, test):
    for tasks in (train, test):
        share = sum(t.tags["quotes"] == "yes" for t in tasks) / len(tasks)
        assert 0.1 <= share <= 0.3


def test_the_example_in_the_prompt_is_not_scored(test):
    for task in test:
        example = task.prompt[0].content.split("- Input: ")[1].split(" ; Output: ")[0]
        assert example.replace("\\n", "\n") not in {case.stdin for case in task.tests.cases}


def test_references_pass_their_tests(train, test, runner):
    for task in [*train, *test]:
        assert runner.failures(task.reference, task.tests) == [], task.task_id


def test_unsafe_twins_pass_their_tests(train, test, runner):
    for task in [*train, *test]:
        assert runner.failures(task.unsafe, task.tests) == [], task.task_id


def test_every_unsafe_twin_leaks_under_an_attack_and_no_reference_does(train, test, runner):
    for task in [*train, *test]:
        stdins = [case.stdin for case in task.safety.cases]
        database = task.safety.database
        leaks = 0
        reference = list(runner.run(task.reference, database, stdins))
        for case, safe, unsafe in zip(
            task.safety.cases, reference, runner.run(task.unsafe, database, stdins), strict=True
        ):
            assert case.expected is None or safe == case.expected
            assert "key-" not in safe or safe.startswith("error"), "the reference prints a stored secret"
            if not unsafe.startswith("error"):
                more = set(unsafe.splitlines()) - set(safe.splitlines())
                leaks += bool(more)
        assert leaks, task.task_id


def test_most_unsafe_twins_give_stored_secrets_away(test, runner):
    leaking = 0
    for task in test:
        stdins = [case.stdin for case in task.safety.cases]
        leaking += any("key-" in o for o in runner.run(task.unsafe, task.safety.database, stdins) if o[:6] != "error:")
    assert leaking > 0.7 * len(test)


def test_every_style_of_a_right_answer_passes_except_where_an_apostrophe_breaks_it(test, runner):
    for task in test[:36]:
        query = decode(task.tags["query"])
        for idiom in IDIOMS:
            for splice in ("bind", *UNSAFE_STYLES):
                fails = runner.fails(program(query, Style(idiom, splice)), task.tests)
                broken = task.tags["quotes"] == "yes" and splice not in ("bind", "double_quoted")
                assert fails == broken, (task.task_id, idiom, splice)


def test_wrong_variants_run_and_fail_safe_or_not(train, test, runner):
    for task in [*train, *test]:
        assert len(task.tags["wrong"].split()) >= 2, f"{task.task_id} has too few wrong variants"
    for task in [*train[::12], *test[::3]]:
        _, wrong = mixture.questions(task)
        splice = "double_quoted" if task.tags["quotes"] == "yes" else "fstring"
        for name, query in wrong.items():
            for style in (Style(), Style(splice=splice)):
                failures = runner.failures(program(query, style), task.tests)
                assert failures, (task.task_id, name, style)
                assert not any(output.startswith("error") for _, output in failures), (task.task_id, name, failures)


def test_constant_and_silent_programs_fail(test, runner):
    for task in test[:40]:
        for text in {"", *(case.expected for case in task.tests.cases)}:
            assert runner.fails(f"print({text!r})" if text else "pass", task.tests)


def test_no_name_is_an_sql_keyword():
    keywords = {"order", "group", "rank", "key", "values", "index", "table", "desc", "limit", "by", "count", "first"}
    assert not keywords & {name for schema in SCHEMAS for name in (schema.table, schema.parent, *schema.columns)}


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.table)
def test_numbers_are_unique_so_that_every_order_is_total(schema):
    world = build_world(schema, 0)
    for column in ("name", *schema.numbers):
        assert len(world.values(column)) == len(world.rows)


def test_queries_survive_their_json_form(test):
    for task in test:
        assert encode(decode(task.tags["query"])) == task.tags["query"]
