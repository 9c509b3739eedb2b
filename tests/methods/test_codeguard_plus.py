"""Constraints on text, and decoding under them against brute force over a toy vocabulary."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from real.errors import DataError
from real.generation.config import GenerationCfg
from real.generation.hf import HfGenerator
from real.methods.codeguard_plus import METHOD
from real.methods.codeguard_plus.beams import ConstrainedBeams
from real.methods.codeguard_plus.negatives import NegativePhrases
from real.methods.codeguard_plus.phrases import (
    LEXICON,
    Negative,
    Phrases,
    code_blocks,
    lexicon_files,
    open_code,
    phrases_for,
    read_lexicon,
)
from real.training.workspace import Workspace
from real.types import Task

CWES = (74, 77, 79, 89, 94, 95, 200, 327, 347, 352, 502, 601, 770, 862, 863, 915, 918, 1333)  # the paper's A.1


class Toy:
    """One character or a few a token."""

    def __init__(self, *pieces: str) -> None:
        self.pieces, self.eos_token_id = (*pieces, ""), len(pieces)

    def decode(self, tokens: Sequence[int], skip_special_tokens: bool = True) -> str:
        return "".join(self.pieces[token] for token in tokens)

    def __call__(self, text: str, add_special_tokens: bool = True) -> dict[str, list[int]]:
        return {"input_ids": [next(i for i, piece in enumerate(self.pieces) if piece and text.startswith(piece))]}


def test_every_cwe_of_the_paper_has_a_lexicon_with_reasons() -> None:
    assert set(lexicon_files(LEXICON)) == {f"CWE-{number}" for number in CWES}
    for file in lexicon_files(LEXICON).values():
        text = file.read_text(encoding="utf-8")
        assert text.count("reason =") == text.count("phrase =") > 0
        for negative in read_lexicon(file).negative:
            assert negative.pattern().search(f" {negative.phrase} ")


def test_phrases_match_at_the_boundaries_of_identifiers() -> None:
    lazy = Phrases((Negative("yaml.load"),))
    assert lazy.forbidden("x = yaml.load(text)") == "yaml.load"
    assert lazy.forbidden("x = yaml . load (text)") == "yaml.load"
    for fine in ("x = yaml.load_all(text)", "x = myyaml.load(text)", "x = yaml.safe_load(text)", "x = yaml.load"):
        assert lazy.forbidden(fine) is None
    assert Phrases((Negative("verify=False", eager=True),)).forbidden("get(u, verify = False") == "verify=False"


def test_only_fenced_code_counts() -> None:
    text = "Avoid eval( here.\n```python\nx = 1\n```\nNo eval( there."
    assert code_blocks(text) == ["x = 1\n"]
    assert Phrases((Negative("eval("),)).accept(text)
    assert not Phrases((Negative("eval("),)).accept("```python\neval(x)\n```")
    assert not Phrases((), ("eval(",)).accept(text)  # a positive phrase in prose is none in code
    assert not Phrases().accept("no code at all")
    assert open_code(text) is None
    assert open_code("```python\nx = ") == "x = "


def test_negatives_are_exactly_those_of_brute_force() -> None:
    words = Toy("e", "eval", "val", "(", "_", " ", "al(", "eval(", "\n")
    phrases = Phrases((Negative("eval("), Negative("val_")))
    constraint = NegativePhrases(words, phrases, tested=3)
    for size in (0, 1, 2, 3):
        for tokens in itertools.product(range(len(words.pieces) - 1), repeat=size):
            code = words.decode(tokens)
            if phrases.forbidden(code) is not None:
                continue
            for before, token in itertools.product(("x = 1\n", "x = _"), range(len(words.pieces))):
                text = before + code
                added = text + (words.pieces[token] or "\n")
                expected = any(negative.pattern().search(added) for negative in phrases.negative)
                assert constraint.forbids(text, token) == expected, (text, words.pieces[token])
                assert constraint.forbids(phrases.tail(text), token) == expected, (text, words.pieces[token])


def test_the_tail_is_as_long_as_the_longest_phrase() -> None:
    phrases = Phrases((Negative("eval("), Negative("a b")))
    assert phrases.tail("x = some  \teval") == "me  \teval"
    assert phrases.tail("eval") == "eval"
    assert Phrases().tail("x = 1") == "1"


def test_prose_is_free_and_in_code_the_best_allowed_token_wins() -> None:
    words = Toy("```python\n", "eval", "(", "x", "```")
    constraint = NegativePhrases(words, Phrases((Negative("eval("),)), tested=1)
    logits = torch.tensor([[0.0, 1.0, 5.0, 2.0, 0.5, 0.1]] * 3)
    limited = constraint(logits, [(1,), (0, 1), (0, 3)])
    assert torch.equal(limited[0], logits[0])
    assert int(limited[1].argmax()) == 3
    assert int(limited[2].argmax()) == 2


def test_a_model_that_wants_the_phrase_never_writes_it(model: Any, tokenizer: Any) -> None:
    """The tiny model is made to answer with the phrase; under the constraint it does not, and without it does."""
    wanted = tokenizer("```python\nexecute(query)\n")["input_ids"]
    calls = {"step": 0}

    def insist(logits: torch.Tensor, written: Sequence[Sequence[int]]) -> torch.Tensor:
        pushed = logits.clone()
        for row, tokens in enumerate(written):
            pushed[row, wanted[len(tokens) % len(wanted)]] += 1000
        calls["step"] += 1
        return pushed

    generator = HfGenerator(model, tokenizer, GenerationCfg(max_new_tokens=len(wanted), batch=2))
    generator.constraint = insist
    (free,) = generator.generate([[5, 6]], greedy=True, seed=0)
    phrases = Phrases((Negative("execute("),))
    assert phrases.forbidden(tokenizer.decode(free.tokens)) == "execute("
    negative = NegativePhrases(tokenizer, phrases)
    generator.constraint = lambda logits, written: negative(insist(logits, written), written)
    (bound,) = generator.generate([[5, 6]], greedy=True, seed=0)
    text = tokenizer.decode(bound.tokens)
    assert code_blocks(text)
    assert all(phrases.forbidden(block) is None for block in code_blocks(text))


def test_beams_find_what_brute_force_finds() -> None:
    """Every sequence of a toy model up to five tokens is scored; wide beams must return the best accepted one."""
    words = Toy("```\n", "a", "b", "\n```")
    size, length = len(words.pieces), 5
    phrases = Phrases((Negative("aa", eager=True),), ("ab",))
    torch.manual_seed(3)
    table = torch.log_softmax(torch.randn(size + 1, size), dim=-1)  # of the token before; the last row is the first

    def score(tokens: Sequence[int]) -> float:
        return sum(float(table[size if i == 0 else tokens[i - 1], token]) for i, token in enumerate(tokens))

    accepted = [
        (*body, words.eos_token_id)
        for n in range(length)
        for body in itertools.product(range(size - 1), repeat=n)
        if phrases.accept(words.decode(body))
    ]
    best = max(accepted, key=lambda tokens: score(tokens) / len(tokens))
    search = ConstrainedBeams(words, phrases, beams=size**length, length=length)
    found = search.search(table[size], lambda rows, tokens: table[list(tokens)])
    assert found is not None
    assert math.isclose(score(found) / len(found), score(best) / len(best), rel_tol=1e-5)
    narrow = ConstrainedBeams(words, phrases, beams=3, length=length, generator=torch.Generator().manual_seed(0))
    answer = narrow.search(table[size], lambda rows, tokens: table[list(tokens)])
    assert answer is None or phrases.accept(words.decode(answer))


def test_unsupported_weaknesses_and_empty_lexicons_are_told(workspace: Workspace, tmp_path: Path) -> None:
    task: Task = workspace.test[0]
    workspace.test = [replace(task, cwe="CWE-22")]
    with pytest.raises(DataError, match="no lexicon for CWE-22"):
        METHOD.check(workspace)
    own = workspace.cfg.method.codeguard_plus
    own.lexicon = str(tmp_path)
    (lack,) = METHOD.missing(workspace.cfg)
    assert "no cwe_NNN.toml" in lack
    (tmp_path / "cwe_022.toml").write_text('cwe = "CWE-22"\n')
    with pytest.raises(DataError, match="holds no phrase"):
        METHOD.check(workspace)
    (tmp_path / "cwe_022.toml").write_text("[[negative]]\nword = 1\n")
    with pytest.raises(DataError, match="is no lexicon"):
        METHOD.check(workspace)


def test_positive_phrases_depend_on_the_prompt(tasks: list[Task]) -> None:
    asked = replace(tasks[0], cwe="CWE-502")
    assert phrases_for(asked).positive == ()
    yaml = replace(asked, prompt=(replace(asked.prompt[0], content="Read the YAML file."),))
    assert phrases_for(yaml).positive == ("yaml.safe_load(",)
