"""Figure 3 of any run: one task at the start, in the middle and at the end of training, above the reward components."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from real.errors import DataError
from real.results.curves import saturation_order, series
from real.results.examples import STAGES, Example, read_examples
from real.results.figures import COMPONENTS, draw_curves
from real.results.style import LIGHT, Theme, canvas, heading, percent_axis
from real.runs.store import RunStore

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 13.0  # inches
_COLUMNS = 74  # characters a line of a panel holds
_LINE = 0.135  # inches
_CURVES = 2.3
_MONO_EM = 0.602  # width of a character of DejaVu Sans Mono, which matplotlib brings, in em
_LINES_AT_MOST = 60


def figure3(run: Path, task: str | None = None, theme: Theme = LIGHT) -> Figure:
    """The figure of one of the tasks that ``examples.jsonl`` follows through training.

    Without ``task``: the first that ends correct and clean and did not begin so, else the first. Lines with a finding
    are underlined, the way of the data to it is listed below. Raises ``DataError`` where the run kept no examples, no
    such task, or no steps.
    """
    store = RunStore(run)
    examples = chosen(run, read_examples(store), task)
    steps = store.read_steps()
    if not any(series(steps, key)[0] for key, *_ in COMPONENTS):
        raise DataError(f"{run} has no reward components in steps.jsonl", hint="Figure 3 needs a run that trained.")
    return _draw(run.resolve().name, examples, steps, theme)


def chosen(run: Path, tasks: Sequence[Sequence[Example]], task: str | None) -> Sequence[Example]:
    """The stages of the task to show; raises ``DataError`` naming the tasks that there are."""
    if not tasks:
        raise DataError(
            f"{run} has no examples.jsonl", hint="Runs that end record the same tasks at three stages there."
        )
    if task is None:
        return next((stages for stages in tasks if not _good(stages[0]) and _good(stages[-1])), tasks[0])
    for stages in tasks:
        if stages[0].task_id == task:
            return stages
    known = ", ".join(stages[0].task_id for stages in tasks)
    raise DataError(f"{run} did not follow task {task!r} through training", hint=f"It followed {known}.")


def _good(example: Example) -> bool:
    return example.code is not None and not example.findings and 0 < example.total == example.passed


def _draw(name: str, examples: Sequence[Example], steps: Sequence[dict[str, object]], theme: Theme) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    panels = [_panel(example) for example in examples]
    lines = max(len(panel) for panel in panels) + 1
    height = 1.3 + 0.35 + lines * _LINE + _CURVES + 0.75
    with canvas(theme):
        figure = Figure(figsize=(_WIDTH, height))
        heading(figure, f"Task {examples[0].task_id} through training", f"{name}\n{saturation_order(steps)}", theme)
        top = 1 - 1.3 / height
        bottom = top - lines * _LINE / height
        width = 0.97 / len(STAGES)
        for i, (example, panel) in enumerate(zip(examples, panels, strict=True)):
            axes = figure.add_axes((0.015 + i * width, bottom, width - 0.012, top - bottom))
            _write(axes, example, panel, lines, theme)
        axes = figure.add_axes((0.045, 0.5 / height, 0.84, _CURVES / height))
        draw_curves(axes, steps, [(key, label, theme.of(m), style) for key, label, m, style in COMPONENTS], 0.075)
        for example in examples:
            axes.axvline(example.step, color=theme.neutral, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
        axes.set_ylim(-0.02, 1.03)
        percent_axis(axes.yaxis)
        axes.set_xlabel("PPO step (dashed: when the programs above were written)")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        return figure


def _panel(example: Example) -> list[tuple[str, str]]:
    """Lines of one panel, each with its look: code, marked, note."""
    if example.code is None:
        return [(f"No program: {example.reason or 'nothing could be extracted'}", "note")]
    marked = {finding.line for finding in example.findings}
    lines: list[tuple[str, str]] = []
    for number, line in enumerate(example.code.split("\n"), 1):
        look = "marked" if number in marked else "code"
        lines += [(part, look) for part in _wrapped(_shown(line), f"{number:>3}  ")]
        if len(lines) > _LINES_AT_MOST:
            lines.append((f"  …  ({example.code.count(chr(10)) + 1} lines)", "note"))
            break
    for finding in example.findings:
        lines.append(("", "note"))
        lines += [
            (part, "note") for part in _wrapped(f"{finding.rule}, line {finding.line}: {_shown(finding.message)}")
        ]
        for step in finding.trace:
            lines += [(part, "note") for part in _wrapped(f"line {step.line}: {_shown(step.note)}", "  ↳ ")]
    return lines


def _wrapped(text: str, head: str = "") -> list[str]:
    wrapper = textwrap.TextWrapper(
        width=_COLUMNS,
        initial_indent=head,
        subsequent_indent=" " * (len(head) + 4),
        drop_whitespace=False,
        replace_whitespace=False,
    )
    return wrapper.wrap(text) or [head]


def _shown(text: str) -> str:
    """What a model wrote, as a font can draw it."""
    return "".join(c if c.isprintable() else "·" for c in text.expandtabs(4))


def _write(axes: Axes, example: Example, panel: Sequence[tuple[str, str]], lines: int, theme: Theme) -> None:
    axes.set_xlim(0, _COLUMNS)
    axes.set_ylim(lines, 0)
    axes.axis("off")
    inches = axes.get_position().width * _WIDTH
    size = inches * 72 / _COLUMNS / _MONO_EM
    verdict = f"{example.passed} of {example.total} tests, " + (
        f"{len(example.findings)} finding{'' if len(example.findings) == 1 else 's'}" if example.findings else "clean"
    )
    title = STAGES[example.stage] + (f", step {example.step}" if example.step else "")
    axes.text(0, -1.9, title, fontsize=10.5, fontweight="bold", va="center")
    colour = theme.func_qual if _good(example) else theme.quality
    axes.text(0, -0.7, verdict if example.code is not None else "no program", fontsize=9, color=colour, va="center")
    for y, (line, look) in enumerate(panel):
        ink = theme.soft if look == "note" else theme.ink
        axes.text(
            0, y + 0.5, line, family="monospace", fontsize=size, color=ink, va="center", parse_math=False
        )  # fmt: skip
        if look == "marked":
            body = line[5:]
            start = 5 + len(body) - len(body.lstrip())
            axes.plot([start, len(line)], [y + 0.95] * 2, color=theme.quality, linewidth=1.6, solid_capstyle="butt")
