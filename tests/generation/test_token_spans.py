"""Which characters a token writes, with every kind of tokenizer in use: byte-level BPE, and BPE with byte fallback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from real.generation.token_spans import token_spans
from real.policy.tokenizer import train_tokenizer

QWEN = Path.home() / ".cache/real-models/qwen2.5-coder-0.5b-instruct/hf"
CORPUS = [
    "Here is the program:\n```python\nimport sqlite3\n\ndef find(name: str) -> list[str]:\n    return []\n```\n",
    'cursor.execute(f"SELECT * FROM users WHERE name = \'{name}\'")\nprint("größer, naïve")\n',
]
RESPONSE = (
    '```python\r\nname = input("Größe 😀: ")\r\n\tq = f"SELECT „{name}“ 漢字"\r\ncur.execute(q)  # ✓\r\n```<|im_end|>'
)


def byte_level():
    """The miniature's kind: also Qwen's and that of GPT-2."""
    return train_tokenizer(CORPUS * 3, vocab=330)


def byte_fallback():
    """SentencePiece as Llama uses it: a blank is part of the word behind it, and unknown characters are bytes."""
    bpe = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    bpe.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    bpe.pre_tokenizer = pre_tokenizers.Split("\n", "isolated")
    bpe.train_from_iterator(CORPUS * 3, trainers.BpeTrainer(vocab_size=160, special_tokens=["<unk>", "<|im_end|>"]))
    written = json.loads(bpe.to_str())  # a trainer knows special tokens only, which decoding leaves out: bytes are none
    vocab = written["model"]["vocab"]
    vocab |= {f"<0x{n:02X}>": len(vocab) + n for n in range(256)}
    bpe = Tokenizer.from_str(json.dumps(written))
    bpe.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="<|im_end|>", unk_token="<unk>", clean_up_tokenization_spaces=False
    )


def qwen():
    """Qwen2.5-Coder's own, where its files are."""
    return PreTrainedTokenizerFast(tokenizer_file=str(QWEN / "tokenizer.json"), clean_up_tokenization_spaces=False)


KINDS = [byte_level, byte_fallback, *([qwen] if (QWEN / "tokenizer.json").exists() else [])]
TOKENIZERS = {kind.__name__: kind() for kind in KINDS}


def spans_of(tokenizer, tokens):
    def decode(ids):
        return tokenizer.decode(ids, skip_special_tokens=True)

    text = decode(tokens)
    return text, token_spans(decode, tokens, text)


def check(tokenizer, tokens):
    text, spans = spans_of(tokenizer, tokens)
    assert len(spans) == len(tokens)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert {at for start, end in spans for at in range(start, end)} == set(range(len(text)))  # nothing is left out
    return text, spans


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(deadline=None, max_examples=20)
@given(st.text(max_size=30))
@example(RESPONSE)
@example("  leading blanks")
@example("👩‍👩‍👧‍👦 e\u0301 \ufffd \ufeff漢")
def test_every_part_of_a_text_is_in_what_its_tokens_write(name, text):
    """Held against the text so far after each token, decoded from the beginning every time."""
    tokenizer = TOKENIZERS[name]
    tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
    made, spans = check(tokenizer, tokens)
    prefixes = [tokenizer.decode(tokens[:n], skip_special_tokens=True) for n in range(len(tokens) + 1)]
    for start in range(len(made)):
        for end in (start + 1, min(start + 5, len(made))):
            over = [n for n, (low, high) in enumerate(spans) if low < end and start < high]
            first = next(n for n, written in enumerate(prefixes) if written.startswith(made[: start + 1])) - 1
            last = next(n for n, written in enumerate(prefixes) if written.startswith(made[:end])) - 1
            assert over[0] <= first  # what completes its first character
            assert over[-1] >= last  # and its last are among them


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(deadline=None, max_examples=20)
@given(st.data())
def test_any_tokens_at_all_cover_their_text(name, data):
    """What a policy samples need not be what the tokenizer would make of the text, nor text at all."""
    tokenizer = TOKENIZERS[name]
    check(tokenizer, data.draw(st.lists(st.integers(0, min(len(tokenizer), 1000) - 1), min_size=1, max_size=40)))


@pytest.mark.parametrize("name", ["byte_level", "byte_fallback"])
def test_a_character_of_several_tokens_belongs_to_each_of_them(name):
    tokenizer = TOKENIZERS[name]
    tokens = tokenizer("a😀漢b", add_special_tokens=False)["input_ids"]
    text, spans = spans_of(tokenizer, tokens)
    assert text == "a😀漢b"
    assert [span for span in spans if span != (0, 0)] == [(0, 1), *[(1, 2)] * 4, *[(2, 3)] * 3, (3, 4)]


def test_the_work_is_linear():
    """Tokens decoded, counted: twice as many for twice the length."""

    def decoded(length):
        tokenizer, count = TOKENIZERS["byte_level"], 0
        tokens = tokenizer(RESPONSE * length, add_special_tokens=False)["input_ids"]
        text = tokenizer.decode(tokens, skip_special_tokens=True)

        def decode(ids):
            nonlocal count
            count += len(ids)
            return tokenizer.decode(ids, skip_special_tokens=True)

        token_spans(decode, tokens, text)
        return count

    assert decoded(20) <= 2 * decoded(10) + 10
