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


WRAPPERS = {
    "args": "def git(*args):\n    return subprocess.check_output(('git', *args))\n",
    "list": "def git(*args):\n    return subprocess.run(['git'] + list(args), check=True)\n",
    "branch": "def git(*args, folder=None):\n    if folder:\n        args = ('--git-dir', folder) + args\n"
    "    return subprocess.check_output(['/usr/bin/git'] + list(args))\n",
}


@pytest.mark.parametrize("style", WRAPPERS)
@pytest.mark.parametrize(
    ("call", "is_bad"),
    [
        ("git('clone', url, '/srv/copy')", True),
        ("git('clone', '--depth', '1', url)", True),
        ("git('clone', '--', url, '/srv/copy')", False),
        ("git('clone', 'https://e.org/' + name)", False),
        ("git('log', '-1')", False),
    ],
)
def test_through_a_function_that_starts_the_program(style: str, call: str, is_bad: bool) -> None:
    code = f"import subprocess\n\n\n{WRAPPERS[style]}\n\ndef fetch(url, name):\n    {call}\n"
    lines = {finding.line for finding in scan(code, select=["CWE-77"]).findings}
    assert lines == ({len(code.splitlines())} if is_bad else set())


def test_through_a_method_that_is_given_the_words_as_a_list() -> None:
    code = "import subprocess\n\n\nclass Git:\n    def _run(self, words):\n"
    code += "        subprocess.check_call(['git'] + words)\n\n"
    code += "    def clone(self, source, target):\n        self._run(['clone', {}source, target])\n"
    assert scan(code.format(""), select=["CWE-77"]).findings
    assert not scan(code.format("'--', "), select=["CWE-77"]).findings
    test = "        if source.startswith('-'):\n            return\n"
    checked = code.replace("        self._run(", f"{test}        self._run(")
    assert not scan(checked.format(""), select=["CWE-77"]).findings
