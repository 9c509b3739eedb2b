"""The page about the models is the models; the command prints one of them."""

from pathlib import Path

import pytest

from real.detector.models.document import page
from real.linter.command import main

ROOT = Path(__file__).parents[3]


def test_the_page_is_generated() -> None:
    written = (ROOT / "docs" / "detector_models.md").read_text(encoding="utf-8")
    assert written == page(), "real-detect --models all > docs/detector_models.md"


def test_models_prints_one_library(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--models", "Flask"]) == 0
    assert "`flask.redirect` 1. location: sends the browser there" in capsys.readouterr().out


def test_an_unknown_library_is_a_users_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--models", "flsk"]) == 2
    assert "flask" in capsys.readouterr().err
