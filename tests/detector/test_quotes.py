"""Data inside quotes: harmless if the quote that ends its literal is refused, removed or doubled, and only there."""

# ruff: noqa: E501 (one program a line)

import pytest

from real.detector import scan
from real.types import AnalysisStatus

XPATH = "from lxml import etree\nimport re, html\n"
SQL = "import sqlite3\nimport re\n"
MYSQL = "import pymysql\n"
LDAP = "import ldap\n"
SHELL = "import os, subprocess\n"
SAFE = {
    "raises": XPATH
    + 'def f(tree, x):\n    if "\'" in x:\n        raise ValueError(x)\n    return tree.xpath(f"//a[b=\'{x}\']")\n',
    "tree of etree": XPATH
    + 'def f(p, x):\n    if x.find("\'") >= 0:\n        return None\n    return etree.parse(p).xpath("//a[b=\'" + x + "\']")\n',
    "find equals": XPATH
    + "def f(p, x):\n    if x.find('\"') == -1:\n        return etree.parse(p).xpath('//a[b=\"%s\"]' % x)\n    return []\n",
    "count": XPATH
    + 'def f(p, x):\n    if x.count("\'"):\n        return []\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "count of both": XPATH
    + "def f(p, x):\n    if x.count(\"'\") > 0 or x.count('\"') > 0:\n        return []\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "any quote": XPATH
    + 'def f(p, x):\n    if any(c in x for c in "\'\\""):\n        raise ValueError(x)\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "any character": XPATH
    + "def f(p, x):\n    if any(c in ('\"', \"'\") for c in x):\n        raise ValueError(x)\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "loop over quotes": XPATH
    + 'def f(p, x):\n    for c in "\'\\"":\n        if c in x:\n            raise ValueError(x)\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "any of a tuple": XPATH
    + "def f(p, x):\n    if any(c in x for c in (\"'\", '\"')):\n        raise ValueError(x)\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "loop over characters": XPATH
    + 'def f(p, x):\n    for c in x:\n        if c == "\'":\n            raise ValueError(x)\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "all characters": XPATH
    + "def f(p, x):\n    if not all(c.isalnum() or c in ' -_' for c in x):\n        raise ValueError(x)\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "a pattern refuses": XPATH
    + "BAD = re.compile('[\\'\"]')\ndef f(p, x):\n    if BAD.search(x):\n        return []\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "a pattern is not found": XPATH
    + 'def f(p, x):\n    if re.search(r"[<>\'&]", x) is not None:\n        return []\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "a pattern admits": XPATH
    + 'def f(p, x):\n    if not re.fullmatch(r"[^\']*", x):\n        return []\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "sets": XPATH
    + "def f(p, x):\n    if set(x) & {\"'\", '\"'}:\n        return []\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "disjoint": XPATH
    + 'def f(p, x):\n    if not set("\'\\"").isdisjoint(x):\n        return []\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "a helper raises": XPATH
    + 'def check(t):\n    if "\'" in t:\n        raise ValueError(t)\ndef f(p, x):\n    check(x)\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "a helper says": XPATH
    + "def has_quote(t):\n    return \"'\" in t or '\"' in t\ndef f(p, x):\n    if has_quote(x):\n        return []\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "a method says": XPATH
    + 'class C:\n    def ok(self, t):\n        return "\'" not in t\n    def f(self, p, x):\n        if not self.ok(x):\n            return []\n        return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "trimmed afterwards": XPATH
    + 'def f(p, x):\n    if "\'" in x:\n        return []\n    y = x.strip().lower()\n    return etree.parse(p).xpath(f"//a[b=\'{y}\']")\n',
    "one part": XPATH
    + "def f(p, x):\n    if \"'\" in x:\n        return []\n    name, _, rest = x.partition(':')\n    return etree.parse(p).xpath(f\"//a[b='{name}']\")\n",
    "replaced if odd": XPATH
    + "def f(p, x):\n    if \"'\" in x:\n        x = ''\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "chosen": XPATH
    + "def f(p, x):\n    y = x if \"'\" not in x else 'none'\n    return etree.parse(p).xpath(f\"//a[b='{y}']\")\n",
    "empty is let through": XPATH
    + 'def f(p, x):\n    if x and "\'" in x:\n        return []\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "read twice": XPATH
    + "from flask import request\ndef f(p):\n    if \"'\" in request.args['n']:\n        return []\n    return etree.parse(p).xpath(f\"//a[b='{request.args['n']}']\")\n",
    "callers test": XPATH
    + 'def _find(p, x):\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\ndef f(p, x):\n    if "\'" in x:\n        raise ValueError(x)\n    return _find(p, x)\n',
    "findall": 'import xml.etree.ElementTree as ET\ndef f(p, x):\n    if "\'" in x:\n        return []\n    return ET.parse(p).getroot().findall(f"./user[@name=\'{x}\']")\n',
    "find of the standard library": "import xml.etree.ElementTree as ET\ndef f(p, x):\n    x = x.replace(\"'\", '')\n    return ET.parse(p).find(\"./user[@name='%s']\" % x)\n",
    "entity": XPATH
    + "def f(p, x):\n    x = x.replace(\"'\", '&apos;')\n    return etree.parse(p).xpath(\"//a[b='{}']\".format(x))\n",
    "translated": XPATH
    + 'def f(p, x):\n    x = x.translate({ord("\'"): None})\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "a helper replaces": XPATH
    + "def clean(t):\n    return re.sub('[\"\\']', '', t)\ndef f(p, x):\n    return etree.parse(p).xpath(f\"//a[b='{clean(x)}']\")\n",
    "sqlite": SQL
    + 'def f(db, x):\n    if x.count("\'") != 0:\n        raise ValueError(x)\n    return db.execute("select a from b where c = \'" + x + "\'")\n',
    "sqlite, doubled": SQL
    + 'def f(db, x):\n    y = x.replace("\'", "\'\'")\n    return db.execute(f"select a from b where c = \'{y}\'")\n',
    "mysql, both": MYSQL
    + "def f(db, x):\n    for c in ('\\\\', \"'\"):\n        if c in x:\n            raise ValueError(x)\n    db.cursor().execute(f\"select a from b where c = '{x}'\")\n",
    "the text of an element": "from flask import Flask, request\napp = Flask(__name__)\n@app.get('/')\ndef f():\n    x = request.args['n']\n    if '<' in x:\n        return 'no'\n    return '<b>' + x + '</b>'\n",
    "an attribute": "from flask import Flask, request\napp = Flask(__name__)\n@app.get('/')\ndef f():\n    x = request.args['n']\n    if any(c in '<\"\\'' for c in x):\n        return 'no'\n    return '<b title=\"' + x + '\">a</b>'\n",
    "a filter of LDAP": LDAP
    + "def f(x):\n    if any(c in x for c in '*()\\\\'):\n        raise ValueError(x)\n    c = ldap.initialize('ldap://h')\n    return c.search_s('dc=a', ldap.SCOPE_SUBTREE, f'(uid={x})')\n",
    "a word of a shell": SHELL
    + 'def f(x):\n    if "\'" in x:\n        raise ValueError(x)\n    os.system(f"wc -l \'{x}\'")\n',
    "a word of a shell, double": SHELL
    + "def f(x):\n    if any(c in x for c in '\"$`\\\\'):\n        raise ValueError(x)\n    subprocess.run(f'wc -l \"{x}\"', shell=True)\n",
}
VULNERABLE = {
    "eval of some digits": "def f(x):\n    if any(c in '0123456789' for c in x):\n        return eval(x)\n",
    "the other quote": XPATH
    + "def f(p, x):\n    if '\"' in x:\n        raise ValueError(x)\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "no quotes": XPATH
    + 'def f(p, x):\n    if "\'" in x or \'"\' in x:\n        return []\n    return etree.parse(p).xpath(f"//a[@n={x}]")\n',
    "logged only": XPATH
    + "def f(p, x):\n    if \"'\" in x:\n        print('odd')\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "the test is turned around": XPATH
    + 'def f(p, x):\n    if x.find("\'") == -1:\n        return []\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "begins with one": XPATH
    + 'def f(p, x):\n    if x.find("\'") == 0:\n        return []\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "another value": XPATH
    + 'def f(p, x, y):\n    if "\'" in y:\n        return []\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "decoded afterwards": XPATH
    + 'from urllib.parse import unquote\ndef f(p, x):\n    if "\'" in x:\n        return []\n    y = unquote(x)\n    return etree.parse(p).xpath(f"//a[b=\'{y}\']")\n',
    "unescaped afterwards": XPATH
    + "def f(p, x):\n    x = html.unescape(x.replace(\"'\", '&apos;'))\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "one of two values": XPATH
    + "def f(p, x, y):\n    if \"'\" in x:\n        return []\n    return etree.parse(p).xpath(f\"//a[b='{x}' and c='{y}']\")\n",
    "one of two callers": XPATH
    + 'def _find(p, x):\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\ndef f(p, x):\n    if "\'" in x:\n        raise ValueError(x)\n    return _find(p, x)\ndef g(p, x):\n    return _find(p, x)\n',
    "any of some": XPATH
    + 'def f(p, x):\n    if all(c in x for c in "\'\\""):\n        raise ValueError(x)\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "some characters": XPATH
    + 'def f(p, x):\n    if any(c == "\'" for c in x if c.isalpha()):\n        raise ValueError(x)\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "in the loop": XPATH
    + 'def f(p, x):\n    for c in "\'\\"":\n        if c in x:\n            continue\n        return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "any of a tuple": XPATH
    + "def f(p, x):\n    if any(c in x for c in ('<', '\"')):\n        raise ValueError(x)\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "a tuple, in the loop": XPATH
    + "def f(p, x):\n    for c in (\"'\", '\"'):\n        if c in x:\n            continue\n        return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "a tuple, a break": XPATH
    + "def f(p, x):\n    for c in ('\"', \"'\"):\n        if c in x:\n            raise ValueError(x)\n        break\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "a tuple, sometimes a break": XPATH
    + "def f(p, x, z):\n    for c in ('\"', \"'\"):\n        if c in x:\n            raise ValueError(x)\n        if z:\n            break\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "a tuple, an exception for some": XPATH
    + "def f(p, x, z):\n    for c in ('\"', \"'\"):\n        if z:\n            continue\n        if c in x:\n            raise ValueError(x)\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "a break": XPATH
    + 'def f(p, x):\n    for c in x:\n        if c == "\'":\n            break\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "the first part": XPATH
    + 'def f(p, x):\n    if "\'" in x[0]:\n        return []\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "match looks at the start": XPATH
    + 'def f(p, x):\n    if re.match("\'", x):\n        return []\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "a helper that only tells": XPATH
    + 'def check(t):\n    if "\'" in t:\n        print(t)\ndef f(p, x):\n    check(x)\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "some ways": XPATH
    + 'def f(p, x, strict):\n    if strict and "\'" in x:\n        return []\n    return etree.parse(p).xpath(f"//a[b=\'{x}\']")\n',
    "replaced too late": XPATH
    + "def f(p, x):\n    q = f\"//a[b='{x}']\".replace(\"'\", '\"')\n    return etree.parse(p).xpath(q)\n",
    "the wrong one replaced": XPATH
    + "def f(p, x):\n    x = x.replace('\"', '')\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "once": XPATH
    + "def f(p, x):\n    x = x.replace(\"'\", '', 1)\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "less markup": XPATH
    + "def f(p, x):\n    x = x.replace('<', '')\n    return etree.parse(p).xpath(f\"//a[b='{x}']\")\n",
    "find with the other quote": "import xml.etree.ElementTree as ET\ndef f(p, x):\n    if '\"' in x:\n        return None\n    return ET.parse(p).find(f\"./user[@name='{x}']\")\n",
    "sqlite, a number": SQL
    + "def f(db, x):\n    if \"'\" in x:\n        raise ValueError(x)\n    return db.execute(f'select a from b where c = {x}')\n",
    "mysql, a backslash": MYSQL
    + "def f(db, x, y):\n    x, y = x.replace(\"'\", \"''\"), y.replace(\"'\", \"''\")\n    db.cursor().execute(f\"select a from b where c = '{x}' and d = '{y}'\")\n",
    "an attribute, no tags": "from flask import Flask, request\napp = Flask(__name__)\n@app.get('/')\ndef f():\n    x = request.args['n']\n    if '<' in x:\n        return 'no'\n    return '<b title=\"' + x + '\">a</b>'\n",
    "the text of an element, the other end": "from flask import Flask, request\napp = Flask(__name__)\n@app.get('/')\ndef f():\n    x = request.args['n']\n    if '>' in x:\n        return 'no'\n    return '<b>' + x + '</b>'\n",
    "a filter of LDAP, the star": LDAP
    + "def f(x):\n    if '*' in x:\n        raise ValueError(x)\n    c = ldap.initialize('ldap://h')\n    return c.search_s('dc=a', ldap.SCOPE_SUBTREE, f'(uid={x})')\n",
    "an attribute of LDAP": LDAP
    + "def f(x):\n    if any(c in x for c in '*()\\\\'):\n        raise ValueError(x)\n    c = ldap.initialize('ldap://h')\n    return c.search_s('dc=a', ldap.SCOPE_SUBTREE, f'({x}=1)')\n",
    "a word of a shell, a dollar": SHELL
    + "def f(x):\n    if '\"' in x:\n        raise ValueError(x)\n    os.system(f'wc -l \"{x}\"')\n",
    "a word of a shell, no quotes": SHELL
    + "def f(x):\n    if \"'\" in x:\n        raise ValueError(x)\n    os.system(f'wc -l {x}')\n",
}


@pytest.mark.parametrize("code", SAFE.values(), ids=SAFE)
def test_data_that_cannot_end_its_literal_is_harmless(code: str) -> None:
    assert scan(code).status is AnalysisStatus.CLEAN


@pytest.mark.parametrize("code", VULNERABLE.values(), ids=VULNERABLE)
def test_data_that_can_is_not(code: str) -> None:
    assert scan(code).status is AnalysisStatus.FINDINGS


LITERAL = {
    "ends and middle": 'def f(x):\n    if x.startswith("\'") and x.endswith("\'") and "\'" not in x[1:-1]:\n        return eval(x)\n',
    "early return": "def f(x):\n    if not x.startswith('\"') or not x.endswith('\"') or '\"' in x[1:-1]:\n        return None\n    exec(x)\n",
    "own quote": "def f(x):\n    if x[0] in '\"\\'' and x[-1] == x[0] and x[0] not in x[1:-1]:\n        return eval(x)\n",
    "items": 'def f(x):\n    if x[0] != "\'" or x[-1] != "\'":\n        raise ValueError(x)\n    if x[1:-1].find("\'") != -1:\n        raise ValueError(x)\n    return eval(x)\n',
    "two of them": 'def f(x):\n    if x.startswith("\'") and x.endswith("\'") and x.count("\'") == 2:\n        return eval(x)\n',
    "trimmed": 'def f(x):\n    y = x.strip()\n    if not (y.startswith("\'") and y.endswith("\'")) or "\'" in y[1:-1]:\n        raise ValueError(x)\n    return eval(y)\n',
    "a helper": 'def is_text(t):\n    return t.startswith("\'") and t.endswith("\'") and "\'" not in t[1:-1]\ndef f(x):\n    if not is_text(x):\n        raise ValueError(x)\n    return eval(x)\n',
    "a pattern": "import re\ndef f(x):\n    if re.fullmatch(r\"'[^']*'\", x):\n        return eval(x)\n",
    "a pattern with escapes": 'import re\nTEXT = re.compile(r\'^"(?:[^"\\\\]|\\\\.)*"$\')\ndef f(x):\n    if not TEXT.match(x):\n        raise ValueError(x)\n    return eval(x)\n',
    "a pattern of two": "import re\ndef f(x):\n    if re.fullmatch(r\"'[^']*'|[0-9]+\", x) is None:\n        raise ValueError(x)\n    return eval(x)\n",
    "repr": "def f(x):\n    exec('name = ' + repr(x))\n",
    "repr in a text": "def f(x):\n    return eval(f'len({repr(x)})')\n",
    "json": "import json\ndef f(x):\n    return eval('dict(a=' + json.dumps(x) + ')')\n",
    "inside quotes": "def f(x):\n    if any(c in x for c in '\"\\\\\\n'):\n        raise ValueError(x)\n    return eval('len(\"' + x + '\")')\n",
    "parsed numbers": "import json\ndef f(x):\n    return eval(str(float(json.loads(x)['n'])) + ' * 2')\n",
}
CODE = {
    "the ends only": 'def f(x):\n    if x.startswith("\'") and x.endswith("\'"):\n        return eval(x)\n',
    "another end": 'def f(x):\n    if x.startswith("\'") and "\'" not in x[1:-1]:\n        return eval(x)\n',
    "another quote between": 'def f(x):\n    if x.startswith("\'") and x.endswith("\'") and \'"\' not in x[1:-1]:\n        return eval(x)\n',
    "a shorter middle": 'def f(x):\n    if x.startswith("\'") and x.endswith("\'") and "\'" not in x[2:-2]:\n        return eval(x)\n',
    "one of the tests": 'def f(x):\n    if x.startswith("\'") or x.endswith("\'") or "\'" not in x[1:-1]:\n        return eval(x)\n',
    "another text": 'def f(x, y):\n    if y.startswith("\'") and y.endswith("\'") and "\'" not in y[1:-1]:\n        return eval(x)\n',
    "the inside": 'def f(x):\n    if x.startswith("\'") and x.endswith("\'") and "\'" not in x[1:-1]:\n        return eval(x[1:-1])\n',
    "a pattern of the start": "import re\ndef f(x):\n    if re.match(r\"'[^']*'\", x):\n        return eval(x)\n",
    "a pattern of any": "import re\ndef f(x):\n    if re.fullmatch(r\"'.*'\", x):\n        return eval(x)\n",
    "a pattern of escapes": "import re\ndef f(x):\n    if re.fullmatch(r\"'(?:[^']|\\\\.)*'\", x):\n        return eval(x)\n",
    "a pattern of two": "import re\ndef f(x):\n    if re.fullmatch(r\"'[^']*'|\\w+\\(\\)\", x):\n        return eval(x)\n",
    "repr in quotes": "def f(x):\n    return eval(f\"len('{repr(x)}')\")\n",
    "repr of one": "def f(x, y):\n    return eval(f'len({repr(x)}) + {y}')\n",
    "inside quotes, a backslash": "def f(x, y):\n    if '\"' in x or '\"' in y:\n        raise ValueError(x)\n    return eval('len(\"' + x + '\", \"' + y + '\")')\n",
    "parsed": "import json\ndef f(x):\n    return eval(json.loads(x)['formula'])\n",
    "parsed item": "import ast\ndef f(x):\n    for line in ast.literal_eval(x):\n        exec(line)\n",
    "parsed for SQL": "import json, sqlite3\ndef f(db, x):\n    row = json.loads(x)\n    db.execute(f\"select a from b where c = '{row['c']}'\")\n",
    "a template": 'import jinja2\ndef f(x):\n    if x.startswith("\'") and x.endswith("\'") and "\'" not in x[1:-1]:\n        return jinja2.Template(x).render()\n',
}


@pytest.mark.parametrize("code", LITERAL.values(), ids=LITERAL)
def test_a_literal_is_no_code(code: str) -> None:
    assert scan(code).status is not AnalysisStatus.FINDINGS  # what code the program writes itself is not analysed


@pytest.mark.parametrize("code", CODE.values(), ids=CODE)
def test_what_is_not_shown_to_be_a_literal_is(code: str) -> None:
    assert scan(code).status is AnalysisStatus.FINDINGS
