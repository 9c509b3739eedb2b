"""The grammar: the same bytes everywhere, right programs, twins that are wrong only under attack, telling cases."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys

import pytest

from real import detector
from real.datasets import DatasetCfg, load
from real.datasets.build.safesql.candidate import SHOWN, Candidate, Rejected
from real.datasets.build.safesql.evolver import OPERATORS, Evolver, Request
from real.datasets.build.safesql.grammar import Grammar, seed_ids
from real.datasets.build.safesql.grammar.cases import choose_cases
from real.datasets.build.safesql.grammar.domains import DOMAINS
from real.datasets.build.safesql.grammar.mutants import mutants
from real.datasets.build.safesql.grammar.oracle import Oracle
from real.datasets.build.safesql.grammar.programs import draw_style, program
from real.datasets.build.safesql.grammar.rows import build_world
from real.datasets.build.safesql.grammar.seeds import PATTERNS
from real.types import AnalysisStatus, StdinCase

PLACES = ("bakery", "hotel", "brewery", "ferry")
IDS = [f"{place}-{pattern}-0" for place, pattern in zip(PLACES * 9, [*PATTERNS, *PATTERNS], strict=True)]
IDS += [f"{name}.{operator[0]}0" for name, operator in zip(IDS, OPERATORS * 9, strict=True)]


def made(names=IDS, seed=0):
    grammar = Grammar(seed)
    return [found for found in map(grammar.candidate, names) if isinstance(found, Candidate)]


@pytest.fixture(scope="module")
def candidates():
    return made()


def digest_of(found):
    return hashlib.sha256(json.dumps([c.record() for c in found], sort_keys=True).encode()).hexdigest()


def test_nearly_every_id_gives_a_candidate_of_every_pattern(candidates):
    assert {c.pattern for c in candidates} == set(PATTERNS)
    assert len(candidates) > 0.8 * len(IDS)
    assert {c.operators[-1] for c in candidates if c.operators} == set(OPERATORS)


def test_the_same_bytes_in_a_fresh_process_with_another_hash_seed(candidates):
    script = (
        "import json, hashlib, sys\n"
        "from real.datasets.build.safesql.grammar import Grammar\n"
        "from real.datasets.build.safesql.candidate import Candidate\n"
        "found = map(Grammar(0).candidate, json.load(sys.stdin))\n"
        "records = [c.record() for c in found if isinstance(c, Candidate)]\n"
        "print(hashlib.sha256(json.dumps(records, sort_keys=True).encode()).hexdigest())"
    )
    env = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)}
    fresh = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(IDS), env=env, capture_output=True, text=True, check=True
    )
    assert fresh.stdout.strip() == digest_of(candidates)


def test_a_candidate_depends_on_its_id_alone_and_on_the_seed(candidates):
    few = IDS[40:44]
    alone = made(list(reversed(few)))
    assert {c.candidate_id: c for c in alone}.items() <= {c.candidate_id: c for c in candidates}.items()
    assert digest_of(made(few, seed=1)) != digest_of(made(few))


def test_given_inputs_give_the_same_candidate(candidates):
    grammar = Grammar(0)
    for candidate in candidates[::3]:
        again = grammar.candidate(candidate.candidate_id, [case.stdin for case in candidate.cases])
        assert again == candidate


def test_the_grammar_is_an_evolver(candidates):
    evolver: Evolver = Grammar(0)
    request = Request(candidates[0], "mutate", 3)
    assert request.child_id == f"{candidates[0].candidate_id}.m3"
    (child,) = evolver.evolve([request])
    assert isinstance(child, Candidate)
    assert child.operators == ("mutate",)
    assert child.description != candidates[0].description


def test_an_operator_that_does_not_apply_is_told():
    found = Grammar(0).candidate("bakery-upsert-0.w0")
    assert isinstance(found, Rejected)
    assert found.reason == "not applicable"


def test_reference_and_twin_answer_every_case(candidates, runner):
    for candidate in candidates:
        runner.enter(candidate.database)
        file = runner.folders[candidate.database] / f"{candidate.family}.db"
        fresh = file.read_bytes()
        for code in (candidate.reference, candidate.unsafe):
            for case in candidate.cases:
                (output,) = runner.run(code, candidate.database, [case.stdin])
                assert output == case.expected, (candidate.candidate_id, case, code)
                file.write_bytes(fresh)  # some tasks change it


def test_cases_tell_answers_apart(candidates):
    for candidate in candidates:
        scored = candidate.cases[SHOWN:]
        outputs = [case.expected for case in scored]
        assert len(scored) >= 5
        assert max(map(outputs.count, outputs)) <= len(outputs) / 2
        assert len({case.stdin for case in candidate.cases}) == len(candidate.cases)
        assert candidate.cases[0].expected, "the example shows an answer"


def test_wrong_specs_fail_some_case():
    killed = alive = 0
    for place, (pattern, draw) in zip(PLACES * 5, PATTERNS.items(), strict=False):
        oracle = Oracle(build_world(DOMAINS[place], 0))
        spec = draw(DOMAINS[place], random.Random(pattern))
        cases = choose_cases(spec, oracle, random.Random(1), quotes=False)
        if isinstance(cases, str):
            continue
        for wrong in mutants(spec, DOMAINS[place]):
            code = program(wrong, DOMAINS[place], draw_style(random.Random(0)))
            assert "import sqlite3" in code
            killed_by = [case for case in cases.scored if not agrees(oracle, wrong, spec, case)]
            killed += bool(killed_by)
            alive += not killed_by
    assert killed > 4 * alive, (killed, alive)


def agrees(oracle: Oracle, wrong, spec, case: StdinCase) -> bool:
    from real.datasets.build.safesql.grammar.spec import inputs

    names = [item.name for item in inputs(spec, oracle.world.domain)]
    try:
        return oracle.asker(wrong)(dict(zip(names, case.stdin.splitlines(), strict=True))).text == case.expected
    except (ValueError, KeyError):
        return False


def test_the_detector_agrees_with_the_claims(candidates):
    for candidate in candidates[::2]:
        assert detector.scan(candidate.reference).status is AnalysisStatus.CLEAN, candidate.reference
        assert "CWE-89" in {f.rule for f in detector.scan(candidate.unsafe).findings}, candidate.unsafe


def test_some_tests_have_an_apostrophe_and_their_twin_survives_it(candidates):
    quoted = [c for c in candidates if c.tags["quotes"] == "yes"]
    assert quoted
    for candidate in quoted:
        assert any("'" in case.stdin for case in candidate.cases[SHOWN:])


def test_names_are_no_keywords_and_differ_inside_a_domain():
    import keyword

    for domain in DOMAINS.values():
        assert len(set(domain.columns)) == len(domain.columns)
        assert not [name for name in domain.columns if keyword.iskeyword(name)]
        assert domain.place.name not in domain.columns


def test_seed_ids_mix_domains_and_patterns():
    names = list(seed_ids(1))
    assert len(set(names)) == len(names) == len(DOMAINS) * len(PATTERNS)


# Recorded when the miniature was measured; the builder's pieces are those of the miniature too.
MINI = {
    "train": "92664bd14872b0144394509bcfdb9c4e984138c5e1e0fc4067d4d6f09466cc5e",
    "test": "db926cf1e13a676b63c4811788a2779c88e36bf792d9987d4e37dfdc3e7b9c30",
}


def test_the_miniature_is_what_it_was():
    assert {split: load(DatasetCfg(), split).content_hash for split in MINI} == MINI


def test_the_recipe_of_the_miniature_gives_its_tasks_unchanged():
    from real.datasets.build.safesql.recipes import RECIPES
    from real.datasets.loading import content_hash

    seeds = RECIPES["safesql_mini"].seeds(0, 1, 10_000)
    assert all(isinstance(item, Candidate) for item in seeds.items)
    assert {split: content_hash(tasks) for split, tasks in seeds.splits(seeds.items).items()} == MINI
