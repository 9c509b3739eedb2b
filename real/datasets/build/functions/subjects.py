"""What the lists of the functions hold: names that recur in code, each with a type and a supply of values."""

from __future__ import annotations

import random
from dataclasses import dataclass

Value = int | float | str

KIND_WORDS = {"int": "whole number", "float": "decimal number", "str": "text"}
_TEXTS = ("amber", "basil", "cedar", "delta", "ebony", "ember", "fable", "amend", "bold", "cod", "dare", "apple", "as")


@dataclass(frozen=True, slots=True)
class Subject:
    """A list ``items`` of things called ``item``; ``kind`` is their Python type: int, float or str."""

    items: str
    item: str
    kind: str

    def value(self, rng: random.Random) -> Value:
        """One item; the supply is small, so that lists repeat values and limits meet them."""
        if self.kind == "str":
            return rng.choice(_TEXTS)
        return rng.randrange(1, 10) if self.kind == "int" else rng.randrange(2, 20) / 2  # exact in binary


SUBJECTS = (
    Subject("scores", "score", "int"),
    Subject("prices", "price", "float"),
    Subject("ages", "age", "int"),
    Subject("weights", "weight", "float"),
    Subject("levels", "level", "int"),
    Subject("heights", "height", "float"),
    Subject("points", "point", "int"),
    Subject("rates", "rate", "float"),
    Subject("names", "name", "str"),
    Subject("cities", "city", "str"),
    Subject("words", "word", "str"),
    Subject("titles", "title", "str"),
    Subject("colors", "color", "str"),
    Subject("tags", "tag", "str"),
)
