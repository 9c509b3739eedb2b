"""SARIF logs held against the schema of OASIS, and against rules of the standard that a schema cannot say."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jsonschema import Draft4Validator

SCHEMA = Path(__file__).parent.parent / "fixtures" / "sarif" / "sarif-schema-2.1.0.json"
SHA256 = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"  # see ORIGIN.md beside the schema
# RFC 3986: what may stand in a URI reference; the first part of a relative one has no colon.
_URI = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9._~!$&'()*+,;=:@/?#-])*")


def schema() -> Any:
    """The schema, checked to be the official text."""
    raw = SCHEMA.read_bytes()
    assert hashlib.sha256(raw).hexdigest() == SHA256
    return json.loads(raw)


def checked(text: str) -> Any:
    """The single run of a log; fails with every violation."""
    log = json.loads(text)
    violations = [f"{error.json_path}: {error.message}" for error in Draft4Validator(schema()).iter_errors(log)]
    assert violations == []
    (run,) = log["runs"]
    for key in ("suppressions", "baselineState"):  # sections 3.27.23 and 3.27.24: all results or none
        assert len({key in result for result in run["results"]}) <= 1
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    for uri in uris(run):
        assert _URI.fullmatch(uri), uri
        assert urlsplit(uri).query == urlsplit(uri).fragment == "", uri
    for rule in rules:
        for relation in rule.get("relationships", ()):
            taxonomy = run["taxonomies"][relation["target"]["toolComponent"]["index"]]
            assert taxonomy["taxa"][relation["target"]["index"]]["id"] == relation["target"]["id"]
    text.encode("ascii")  # whatever the encoding of standard output, the log is the same
    assert not re.search(r"\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])", text), "a lone surrogate"
    return run


def uris(run: Any) -> list[str]:
    """Every URI of an artifact in results, their traces and notifications."""
    found = []
    places = [run["results"], run["invocations"][0]["toolExecutionNotifications"]]
    while places:
        place = places.pop()
        if isinstance(place, dict):
            found += [place["uri"]] if "uri" in place else []
            places += place.values()
        elif isinstance(place, list):
            places += place
    return found


def paths(run: Any) -> list[str]:
    """The same as file names."""
    return [unquote(urlsplit(uri).path) for uri in uris(run)]
