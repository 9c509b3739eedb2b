"""Selenium: browsers."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "selenium",
    "selenium==4.51.0",
    (
        *sinks(
            Kind.JAVASCRIPT,
            arg(0, "script"),
            "selenium.**.execute_script",
            of=("selenium.webdriver.remote.webdriver.WebDriver",),
        ),
        *sinks(Kind.URL, arg(0, "url"), "selenium.**.get", of=("selenium.webdriver.remote.webdriver.WebDriver",)),
    ),
)
