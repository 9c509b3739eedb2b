"""CWE-601: what looks like a repair of a redirect, told apart from what is one."""

import pytest

from real.detector import scan

FLASK = "from urllib.parse import urljoin, urlparse, urlsplit\nfrom flask import Flask, redirect, request\n"
FLASK += "app = Flask(__name__)\n\n\n@app.route('/go')\ndef go():\n    target = request.args['next']\n"
TORNADO = "from tornado.web import RequestHandler\n\n\nclass Go(RequestHandler):\n    def get(self):\n"
TORNADO += "        target = self.get_argument('next')\n"


@pytest.mark.parametrize(
    ("lines", "is_bad"),
    [
        ("return redirect(urljoin(request.host_url, target))", True),
        ("return redirect('/' + target)", True),
        ("return redirect(target.strip('/'))", True),
        ("return redirect(target.lstrip('/'))", True),
        ("return redirect('/' + target.strip())", True),
        ("return redirect('/' + target.rstrip('/'))", True),
        ("return redirect(target.replace('https://', ''))", True),
        ("return redirect('/' + target.replace('//', '/'))", True),
        ("return redirect(urlparse(target).path)", True),
        ("return redirect('/' + target.lstrip('/'))", False),
        ("return redirect('/' + target.strip('/\\\\'))", False),
        ("path = target.lstrip('/')\n    return redirect(f'/{path}')", False),
        ("return redirect(urljoin(request.host_url, '/x/' + target))", False),
        (
            "url = urljoin(request.host_url, target)\n    if urlparse(url).netloc != request.host:\n        return ''\n"
            "    return redirect(url)",
            False,
        ),
        (
            "parts = urlsplit(target)\n    if parts.scheme or parts.netloc:\n        target = '/'\n"
            "    return redirect(target)",
            False,
        ),
    ],
)
def test_in_a_framework_that_encodes_addresses(lines: str, is_bad: bool) -> None:
    assert bool(scan(f"{FLASK}    {lines}\n", select=["CWE-601"]).findings) is is_bad


def test_where_an_address_is_sent_as_it_is_a_backslash_is_a_slash() -> None:
    assert scan(f"{TORNADO}        self.redirect('/' + target.lstrip('/'))\n", select=["CWE-601"]).findings
