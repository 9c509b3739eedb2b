"""Rows and columns of the paper's Tables 2 to 5, and which runs belong into which of their cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from real.errors import UsageError
from real.evaluation.metrics import RunMetrics

SIZES: Mapping[str, str] = {  # model names of conf/model to the paper's sizes
    "qwen25_coder_0p5b": "0.5B",
    "qwen25_coder_3b": "3B",
    "qwen25_coder_7b": "7B",
    "tiny": "0.7M",
}
DATASETS: Mapping[str, str] = {
    "seccodeplt_plus": "SecCodePLT+",
    "safesql": "SafeSQL",
    "apps_plus": "APPS+",
    "safesql_mini": "SafeSQL miniature",
    "functions_mini": "APPS+ miniature",
}


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One method of a table: its name in the paper, and the run (``method``, and ``reward`` for REAL's) that fills it.

    The row of ``vanilla`` is the policy before any training, whichever run evaluated it. A row ``beyond`` the paper is
    ours: the paper prints no number for it.
    """

    label: str
    method: str
    reward: str = ""
    beyond: bool = False

    def holds(self, run: RunMetrics) -> bool:
        """Whether the policy at the end of ``run`` belongs here."""
        return run.method == self.method and self.reward in ("", run.reward)


@dataclass(frozen=True, slots=True)
class TableSpec:
    """The shape of one table; ``miniature``: the same rows for the embedded data set, nothing of the paper."""

    number: int
    caption: str
    datasets: tuple[str, ...]
    rows: tuple[MethodRow, ...]
    experiment: str
    sizes: tuple[str, ...] = ("0.5B", "3B", "7B")
    miniature: bool = False

    def in_miniature(self) -> TableSpec:
        """The same rows for the model and data set that come with REAL: typed functions where APPS+ stands alone."""
        return replace(
            self,
            caption=f"Miniature of Table {self.number} ({self.caption[0].lower()}{self.caption[1:]})",
            datasets=("functions_mini",) if self.datasets == ("apps_plus",) else ("safesql_mini",),
            sizes=(SIZES["tiny"],),
            miniature=True,
        )


_VANILLA, _SFT, _REAL = MethodRow("Vanilla", "vanilla"), MethodRow("SFT", "sft"), MethodRow("REAL", "real", "hybrid")
_WITHOUT_TRAINING = (
    MethodRow("Rejection sampling", "rejection_sampling", beyond=True),
    MethodRow("Self-repair", "self_repair", beyond=True),
)
_SECURITY = ("seccodeplt_plus", "safesql")

SPECS: Mapping[int, TableSpec] = {
    2: TableSpec(
        2,
        "REAL and baselines on security-sensitive tasks",
        _SECURITY,
        (
            _VANILLA,
            MethodRow("SafeCoder", "safecoder"),
            MethodRow("SVEN", "sven"),
            MethodRow("CodeGuard+", "codeguard_plus"),
            MethodRow("PromSec", "promsec"),
            _SFT,
            _REAL,
            MethodRow("SVEN (LoRA)", "sven_lora", beyond=True),
            MethodRow("PromptEng", "prompt_eng", beyond=True),  # the paper has it in Table 3 only
            *_WITHOUT_TRAINING,
        ),
        "table2_security",
    ),
    3: TableSpec(
        3,
        "REAL and baselines on maintainability-aware tasks",
        ("apps_plus",),
        (_VANILLA, MethodRow("PromptEng", "prompt_eng"), _SFT, _REAL, *_WITHOUT_TRAINING),
        "table3_maintainability",
    ),
    4: TableSpec(
        4,
        "Training with rewards for function only, quality only, and both",
        (*_SECURITY, "apps_plus"),
        (
            _VANILLA,
            MethodRow("w/ r_Function", "real", "function_only"),
            MethodRow("w/ r_quality", "real", "quality_only"),
            _REAL,
        ),
        "table4_reward_ablation",
    ),
    5: TableSpec(
        5,
        "Training with program analysis (REAL) and with safety unit tests",
        _SECURITY,
        (
            MethodRow("w/ Safety Unit Tests", "real", "safety_unit_tests"),
            MethodRow("w/ Detector (REAL)", "real", "hybrid"),
        ),
        "table5_safety_tests",
    ),
}


def spec_of(number: int) -> TableSpec:
    """The shape of Table ``number``; raises ``UsageError`` for one that is not filled from runs."""
    if number not in SPECS:
        raise UsageError(f"Table {number} is not one of {', '.join(map(str, SPECS))}, which are filled from runs")
    return SPECS[number]
