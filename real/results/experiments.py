"""``experiments/``: every table and figure rebuilt from the results that are committed beside it, byte for byte.

An experiment is a folder with an ``experiment.toml``, which lists what to build; see ``Build``. Tables are written as
``OUT.md``, ``.csv``, ``.tex`` and ``.html``, figures as ``OUT.svg``, and what stands between the two marks of the
folder's ``README.md`` is replaced by the tables in Markdown.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from real.errors import DataError, UsageError
from real.evaluation.metrics import RunMetrics
from real.io.disk import atomic_write, read_text
from real.registry import did_you_mean
from real.results.gains import gains_table
from real.results.index import Entry, distinct, entries
from real.results.learning_speed import speed_table
from real.results.paper.overview import datasets_table, detectors_table
from real.results.paper.specs import spec_of
from real.results.paper.tables import paper_table
from real.results.render import SUFFIXES, Table, render
from real.results.tables import before_after_table, runs_table

FILE = "experiment.toml"
START, END = "<!-- results: python -m real.results rebuild -->", "<!-- end of results -->"


@dataclass(frozen=True)
class Build:
    """One thing to build.

    ``kind``: ``table`` (``number`` 2 to 5), ``datasets`` (Table 1), ``detectors`` (Table 6), ``runs`` (what a store
    holds), ``changes`` (rates of each run before and after), ``losses`` (figure: what methods other than REAL
    minimised), ``gains`` (whether training raised its reward), ``learning_speed`` (steps to a joint rate, by credit,
    and ``learning_curves``, its figure), ``text`` (a program's output as it is), ``sweep`` (figure), ``components`` and
    ``figure3`` (figures of one run).

    ``source`` is a folder of runs, one run, or a file (of detectors, a pattern of several), relative to the experiment;
    what is not there yet is said to be not yet run. ``out`` names the files. ``run`` chooses the run of a figure by the
    beginning of its name.
    """

    kind: str
    source: str
    out: str
    number: int = 0
    protocol: str = "paper"
    miniature: bool = False
    run: str = ""


@dataclass(frozen=True)
class Experiment:
    """A folder of ``experiments/``."""

    folder: Path
    title: str
    builds: tuple[Build, ...]


def experiments(folder: Path) -> list[Experiment]:
    """The experiments below ``folder``; raises ``DataError`` naming the file and the key that is wrong."""
    files = sorted(folder.glob(f"*/{FILE}")) or ([folder / FILE] if (folder / FILE).exists() else [])
    if not files:
        raise DataError(f"no experiment in {folder}", hint=f"An experiment is a folder with a file {FILE}.")
    return [_read(file) for file in files]


def rebuild(experiment: Experiment) -> Iterator[tuple[Path, bytes]]:
    """Path and content of every file of the experiment that is made from others; nothing is written."""
    shown = []
    for build in experiment.builds:
        made = _make(experiment.folder, build)
        if isinstance(made, Table):
            for fmt, suffix in SUFFIXES.items():
                yield experiment.folder / f"{build.out}.{suffix}", render(made, fmt).encode()
            shown.append(f"**{made.caption}**\n\n{render(made, 'md')}")
        elif isinstance(made, str):
            shown.append(made)
        else:
            path = experiment.folder / f"{build.out}.svg"
            yield path, made
            shown.append(f"![{build.kind}]({path.name})\n")
    readme = experiment.folder / "README.md"
    yield readme, _between_marks(read_text(readme), "\n".join(shown), readme).encode()


def write(experiment: Experiment) -> list[Path]:
    """Rebuild on disk; returns the files that changed."""
    changed = []
    for path, content in rebuild(experiment):
        if not path.exists() or path.read_bytes() != content:
            atomic_write(path, content)
            changed.append(path)
    return changed


def _make(folder: Path, build: Build) -> Table | str | bytes:
    makers: Mapping[str, Callable[[Path, Build], Table | str | bytes]] = {
        "table": _table,
        "datasets": lambda source, _: datasets_table(source),
        "detectors": lambda source, _: detectors_table(sorted(source.parent.glob(source.name))),
        "text": _text,
        "runs": _stored,
        "changes": _changes,
        "losses": _losses,
        "gains": _gains,
        "learning_speed": _learning_speed,
        "learning_curves": _learning_curves,
        "sweep": _sweep,
        "components": _components,
        "figure3": _figure3,
    }
    if build.kind not in makers:
        raise UsageError(f"{folder / FILE}: unknown kind {build.kind!r}", hint=did_you_mean(build.kind, makers))
    return makers[build.kind](folder / build.source, build)


def _table(source: Path, build: Build) -> Table:
    spec = spec_of(build.number)
    runs = [run for run in _runs(source) if run.protocol == build.protocol]
    return paper_table(spec.in_miniature() if build.miniature else spec, runs)


def _text(source: Path, _: Build) -> str:
    return f"```\n{read_text(source).rstrip()}\n```\n" if source.exists() else _not_yet(source)


def _stored(source: Path, _: Build) -> Table | str:
    """The runs of a store: what a table is made of."""
    found = _figured(source)
    return runs_table(found) if found else _not_yet(source)


def _changes(source: Path, build: Build) -> Table | str:
    runs = [run for run in _runs(source) if run.protocol == build.protocol]
    return before_after_table(runs) if runs else _not_yet(source)


def _losses(source: Path, _: Build) -> bytes | str:
    found = _figured(source)
    if not found:
        return _not_yet(source)
    from real.results.losses_figure import losses_figure
    from real.results.style import to_bytes

    return to_bytes(losses_figure(found), "svg")


def _gains(source: Path, _: Build) -> Table | str:
    found = _figured(source)
    return gains_table(found) if found else _not_yet(source)


def _learning_speed(source: Path, _: Build) -> Table | str:
    found = _figured(source)
    return speed_table(found) if found else _not_yet(source)


def _learning_curves(source: Path, _: Build) -> bytes | str:
    found = _figured(source)
    if not found:
        return _not_yet(source)
    from real.results.learning_figure import learning_figure
    from real.results.style import to_bytes

    return to_bytes(learning_figure(found), "svg")


def _sweep(source: Path, build: Build) -> bytes | str:
    runs = [run for run in _runs(source) if run.protocol == build.protocol]
    if not runs:
        return _not_yet(source)
    from real.results.figures import sweep_figure
    from real.results.style import to_bytes

    return to_bytes(sweep_figure(runs), "svg")


def _components(source: Path, build: Build) -> bytes | str:
    run = _one_run(source, build)
    if run is None:
        return _not_yet(source)
    from real.results.figures import components_figure
    from real.results.style import to_bytes
    from real.runs.store import RunStore

    return to_bytes(components_figure(RunStore(run).read_steps()), "svg")


def _figure3(source: Path, build: Build) -> bytes | str:
    run = _one_run(source, build)
    if run is None:
        return _not_yet(source)
    from real.results.paper.figure3 import figure3
    from real.results.style import to_bytes

    return to_bytes(figure3(run), "svg")


def _runs(source: Path) -> list[RunMetrics]:
    return [entry.run for entry in _figured(source) if entry.run is not None]


def _figured(source: Path) -> list[Entry]:
    """The committed runs with figures; a damaged one would silently drop out of a table, so it is a ``DataError``."""
    found = distinct(entries([source])) if source.is_dir() else []
    for entry in found:
        if entry.damaged:
            raise DataError(entry.problem)
    return [entry for entry in found if entry.run is not None]


def _one_run(source: Path, build: Build) -> Path | None:
    found = [e.path for e in entries([source]) if e.run_id.startswith(build.run)] if source.is_dir() else []
    return found[0] if found else None


def _not_yet(source: Path) -> str:
    return f"Not yet run: `{source.name}` is to hold the result.\n"


def _between_marks(text: str, results: str, readme: Path) -> str:
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise DataError(f"{readme} lacks a mark", hint=f"Results are written between {START} and {END}.")
    return f"{before}{START}\n\n{results}\n{END}{after}"


def _read(file: Path) -> Experiment:
    try:
        record = tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{file} is not valid TOML: {error}") from error
    builds = record.get("build", [])
    if not isinstance(record.get("title"), str) or not isinstance(builds, list):
        raise DataError(f"{file} must have a title and a list of [[build]]")
    return Experiment(file.parent, str(record["title"]), tuple(_build(file, one) for one in _objects(file, builds)))


def _objects(file: Path, builds: Sequence[object]) -> Iterator[Mapping[str, object]]:
    for build in builds:
        if not isinstance(build, Mapping):
            raise DataError(f"{file}: a build must be a table, [[build]]")
        yield build


def _build(file: Path, record: Mapping[str, object]) -> Build:
    known = {field.name: type(field.default) for field in fields(Build)}
    for key, value in record.items():
        if key not in known:
            raise DataError(f"{file}: unknown key {key!r} of a build", hint=did_you_mean(key, known))
        if key in ("number", "miniature") and not isinstance(value, known[key]):
            raise DataError(f"{file}: {key} is {value!r}, but {known[key].__name__} is expected")
    missing = [key for key in ("kind", "source", "out") if not isinstance(record.get(key), str)]
    if missing:
        raise DataError(f"{file}: a build has no {' and no '.join(missing)}")
    return Build(**record)  # type: ignore[arg-type]
