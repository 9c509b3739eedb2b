"""Tables, figures, the HTML report and the terminal table of runs; ``load`` gives them as data frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from real.results.frames import Frames


def load(*folders: Path | str) -> Frames:
    """The runs at or below ``folders`` (``outputs`` where none is named) as pandas frames: see ``frames.Frames``.

    Raises ``UsageError`` where pandas is missing, ``DataError`` where there is no run that can be read.
    """
    from real.errors import UsageError

    try:
        from real.results import frames
    except ModuleNotFoundError as error:
        if error.name != "pandas":
            raise
        raise UsageError("pandas is missing", hint="pip install -e '.[notebooks]' brings it.") from error
    return frames.load(*folders)
