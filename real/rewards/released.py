"""What the released implementation rewards on each data set, where that differs from the paper's text.

``conf/reward/hybrid_released.yaml`` reads this table through the resolver ``${released:KEY,DATASET,SIZE}``, so that
one option fits every data set and model size. docs/released_settings.md says how each value differs from the text.
"""

from __future__ import annotations

from typing import TypeAlias

from real.errors import UsageError

Setting: TypeAlias = "float | int | str | None"

# Paper, section 3.2: what holds where the released runs say nothing (a data set of your own).
_TEXT: dict[str, Setting] = {
    "alpha": 0.5,
    "tests": None,
    "finding": None,
    "unanalyzable": 0.0,
    "error": 0.0,
    "timeout": 0.0,
    "crash": None,
    "penalized": "cannot_run",
    "rollout_batch": 256,
    "minibatch": 256,
    "checkpoint_every": 20,
}
_SAFESQL: dict[str, Setting] = {
    "alpha": 0.1,
    "tests": 5,
    "error": -0.5,
    "timeout": -0.5,
    "penalized": "no_program",
    "checkpoint_every": 40,
}
RELEASED: dict[str, dict[str, Setting]] = {
    "safesql": _SAFESQL,
    "safesql_mini": _SAFESQL,  # the embedded miniature of the same shape
    "seccodeplt_plus": {
        "alpha": 0.5,
        "finding": 0.3,
        "unanalyzable": -0.5,
        "crash": -0.5,
        "penalized": "no_program",
        "rollout_batch": 512,
        "minibatch": 64,
    },
    "apps_plus": {
        "alpha": 0.5,
        "tests": 5,
        "finding": 0.5,
        "unanalyzable": -0.5,
        "error": -0.5,
        "timeout": 0.1,
        "penalized": "no_program",
        "checkpoint_every": 100,
    },
}
# SafeSQL's weight of quality is the one value that depends on the size of the model too.
_ALPHA_BY_SIZE = {("safesql", "3B"): 0.3}


def released(key: str, dataset: str, size: str) -> Setting:
    """One setting of the released runs; the paper's where they have none. Raises ``UsageError`` for an unknown key."""
    if key not in _TEXT:
        raise UsageError(f"the released settings have no {key!r}", hint=f"Known: {', '.join(_TEXT)}.")
    if key == "alpha" and (dataset, size) in _ALPHA_BY_SIZE:
        return _ALPHA_BY_SIZE[dataset, size]
    return RELEASED.get(dataset, {}).get(key, _TEXT[key])


def register_resolver() -> None:
    """Let YAML say ``${released:alpha,...}``; has to happen before Hydra composes."""
    from omegaconf import OmegaConf  # the scorer starts without it

    OmegaConf.register_new_resolver("released", released, replace=True)
