"""Arguments of other programs that may be options (CWE-88, reported as CWE-77), in several styles."""

import pytest

from real.detector import scan
from real.detector.models.catalogue import rows_of
from real.detector.models.rows import Program

HEAD = "import asyncio, os, shlex, subprocess, webbrowser\nfrom urllib.parse import urlparse\n"
HEAD += "from flask import Flask, request\napp = Flask(__name__)\n\n\n@app.route('/')\n"


def reported(body: str, head: str = HEAD) -> bool:
    """Whether a view with this body injects."""
    view = "def view():\n" + "".join(f"    {line}\n" for line in body.splitlines())
    return any(finding.rule == "CWE-77" for finding in scan(head + view, select=["CWE-77"]).findings)


PROGRAMS = sorted({row.name for row in rows_of(Program)})


def command(name: str) -> str:
    (row, *_) = [row for row in rows_of(Program) if row.name == name]
    return ", ".join(f"'{word}'" for word in (f"/usr/bin/{name}", *row.commands[:1]))


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_program_reads_options(name: str) -> None:
    words = command(name)
    assert reported(f"url = request.args['url']\nsubprocess.run([{words}, url], check=True)")
    assert not reported(f"url = request.args['url']\nsubprocess.run([{words}, '--', url], check=True)")
    assert not reported(f"url = request.args['url']\nsubprocess.run([{words}, 'https://e.org/' + url], check=True)")


@pytest.mark.parametrize(
    "body",
    [
        "command = ['rsync', '-a']\ncommand.append(request.form['from'])\nsubprocess.check_call(command + ['/srv'])",
        "async def go(url):\n    await asyncio.create_subprocess_exec('curl', '-s', url)\n"
        "asyncio.run(go(request.args['u']))",
        "os.execvp('tar', ['tar', 'xf', 'a.tar', request.args['member']])",
        "return subprocess.check_output(['find', request.args['folder'], '-name', '*.txt'])",
        "url = request.args['u']\nif url:\n    subprocess.Popen(args=['wget', '-q', url])",
        "os.spawnlp(os.P_WAIT, 'svn', 'svn', 'checkout', request.args['u'])",
        "webbrowser.open(request.args['u'])",
        "webbrowser.get('firefox').open_new_tab(request.json['u'])",
    ],
)
def test_options_from_clients(body: str) -> None:
    assert reported(body)


@pytest.mark.parametrize(
    "body",
    [
        "source = request.form['from']\nif source.startswith('-'):\n    return ''\n"
        "subprocess.run(['rsync', source, '/srv'])",
        "url = request.args['u']\nif not url.startswith('https://'):\n    return ''\n"
        "subprocess.run(['curl', '-s', url])",
        "subprocess.run(['find', '/srv', '-name', request.args['name']])",
        "subprocess.run(['curl', '-sSo', request.args['name'], 'https://e.org'])",
        "subprocess.run(['tar', 'tf', request.args['name']])",
        "subprocess.run(['echo', request.args['name']])",
        "url = request.args['u']\nif urlparse(url).scheme not in ('http', 'https'):\n    return ''\n"
        "webbrowser.open(url)",
        "webbrowser.open('https://e.org/?q=' + request.args['q'])",
        "webbrowser.open_new('https://e.org')",
    ],
)
def test_no_options(body: str) -> None:
    assert not reported(body)


def test_who_calls_a_function_chooses_the_options_of_what_it_starts() -> None:
    code = "import subprocess\n\n\ndef pack(folder):\n    subprocess.run(['tar', 'czf', 'a.tgz', folder])\n"
    assert not scan(code, select=["CWE-77"]).findings
