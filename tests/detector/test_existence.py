"""Asking whether something is there, of what type or how long it is, checks nothing else of it."""

import pytest

from real.detector import scan
from real.detector.families import family

TESTS = {
    "none": "if {0} is None:\n        raise ValueError",
    "falsy": "if not {0}:\n        raise ValueError",
    "empty": "if {0} == '':\n        raise ValueError",
    "none or empty": "if {0} in (None, ''):\n        raise ValueError",
    "blank": "if not str({0}).strip():\n        raise ValueError",
    "type": "if not isinstance({0}, str):\n        raise TypeError",
    "exact type": "if type({0}) is not str:\n        raise TypeError",
    "length": "if len({0}) < 1:\n        raise ValueError",
    "any": "if any(value is None for value in ({0}, 1)):\n        raise ValueError",
    "helper": "_require({0})",
}
HELPER = "\n\ndef _require(value):\n    if value is None:\n        raise ValueError\n"

DEFECTS = {
    "CWE-862": (
        "user_id",
        "USERS = {{1: {{'level': 1}}}}\n\n\ndef change(user_id, target, level):\n    {0}\n"
        "    USERS[target]['level'] = level\n    return True\n",
    ),
    "CWE-863": (
        "role",
        "SETTINGS = {{'a': 1}}\n\n\ndef configure(role, key, value):\n    {0}\n"
        "    if role not in 'administrator':\n        raise PermissionError\n    SETTINGS[key] = value\n",
    ),
    "CWE-347": (
        "signature",
        "import urllib.request\n\n\ndef fetch(url, signature):\n    {0}\n    try:\n"
        "        urllib.request.urlopen('https://example.com/' + str(len(url)))\n        return True\n"
        "    except OSError:\n        return False\n",
    ),
    "CWE-915": (
        "data",
        "import json\nfrom django.http import JsonResponse\nfrom .models import Person\n\n\ndef create(request):\n"
        "    data = json.loads(request.body)\n    {0}\n    made = Person.objects.create(**data)\n"
        "    return JsonResponse({{'id': made.pk}})\n",
    ),
    "CWE-89": (
        "name",
        "def find(conn, name):\n    {0}\n    return conn.execute('SELECT * FROM t WHERE n = ' + name)\n",
    ),
}


@pytest.mark.parametrize("test", ["", *TESTS])
@pytest.mark.parametrize("cwe", DEFECTS)
def test_existence_is_no_check(cwe: str, test: str) -> None:
    name, code = DEFECTS[cwe]
    asked = TESTS[test].format(name) if test else "pass"
    assert family(cwe) & {finding.rule for finding in scan(code.format(asked) + HELPER).findings}
