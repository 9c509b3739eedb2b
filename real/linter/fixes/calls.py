"""Repairs of one call: a safe loader of YAML, a list of words in place of a shell."""

from __future__ import annotations

import ast
import re
import shlex

from real.linter.fixes.source import Edit, Source, module_names, path_of
from real.linter.fixes.values import Scope, insertions, is_reading, is_value, scope_of, shown
from real.sqltext.string_parts import Hole, Text, pieces

_LOADERS = {
    **dict.fromkeys(("yaml.load", "yaml.unsafe_load", "yaml.full_load"), "safe_load"),
    **dict.fromkeys(("yaml.load_all", "yaml.unsafe_load_all", "yaml.full_load_all"), "safe_load_all"),
}
_OWN_LOADERS = {
    f"yaml.{name}" for name in ("Loader", "UnsafeLoader", "FullLoader", "CLoader", "CUnsafeLoader", "CFullLoader")
}
_EXTENDED = re.compile(r"\badd_(?:multi_)?constructor\b|\badd_\w*resolver\b|\bYAMLObject\b")
_STARTERS = {f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen")}
_OF_SHELLS = re.compile(r"[|&;<>()$`\\*?~{}\[\]!#\n%^]")
_OF_SEVERAL = re.compile(
    r"(?:args|argv|opts?|options?|flags?|params?|cmd|command|words|list|files|paths|pattern|glob|sub|extra|action)$",
    re.IGNORECASE,
)
_BUILTINS = """
    cd exit type export source . : set unset alias unalias eval exec ulimit umask time read test [ [[ trap wait jobs fg
    bg history command builtin declare typeset local readonly let shift return break continue for if while case function
    until select { ( ! then else elif fi do done esac in } coproc hash getopts shopt pushd popd dirs disown enable fc
    mapfile readarray logout suspend times caller compgen complete bind help echo printf kill pwd
""".split()  # noqa: SIM905 - read as words
# Programs that run what follows: a word there is a program, or a line for the shell of another machine.
_RUNNERS = """
    ssh su sudo doas env xargs nohup timeout nice ionice chroot setsid stdbuf strace watch script screen tmux parallel
    docker podman kubectl vagrant sh bash dash zsh ksh fish cmd powershell python python3 perl ruby node
""".split()  # noqa: SIM905 - read as words
_FIRST_HOLE = 0xE000  # characters for private use stand for what is inserted, while the words are taken apart


def safe_loader(source: Source, call: ast.Call) -> list[Edit] | None:
    """``yaml.load(data, Loader=…)`` becomes ``yaml.safe_load(data)``."""
    name = _LOADERS.get(path_of(call.func, module_names(source.tree)))
    if name is None or not isinstance(call.func, ast.Attribute) or len(call.args) not in (1, 2):
        return None
    if isinstance(call.args[0], ast.Starred) or any(keyword.arg != "Loader" for keyword in call.keywords):
        return None
    loaders = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
    imported = module_names(source.tree)
    if len(loaders) > 1 or any(path_of(loader, imported) not in _OWN_LOADERS for loader in loaders):
        return None  # a loader of the program's own may know more
    if _EXTENDED.search(source.raw.decode()) or _writes_objects(source.tree):
        return None
    start, end = source.arguments(call)
    return [
        Edit(source.end(call.func.value), source.end(call.func), f".{name}"),
        Edit(start, end, f"({source.segment(call.args[0])})"),
    ]


def _writes_objects(tree: ast.Module) -> bool:
    """Whether the program writes YAML with tags of Python, which a safe loader does not read."""
    paths = (path_of(node.func, module_names(tree)) for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(path in ("yaml.dump", "yaml.dump_all") for path in paths)


def word_list(source: Source, call: ast.Call) -> list[Edit] | None:
    """``subprocess.run(f"ls {folder}", shell=True)`` becomes ``subprocess.run(["ls", folder])``.

    Only where the line does nothing that only a shell can do: no pipes, redirections, patterns or variables.
    """
    if path_of(call.func, module_names(source.tree)) not in _STARTERS or len(call.args) != 1:
        return None
    shell = [keyword for keyword in call.keywords if keyword.arg == "shell"]
    others = [keyword for keyword in call.keywords if keyword.arg != "shell"]
    if (
        len(others) + 1 != len(call.keywords)
        or not shell
        or any(keyword.arg in (None, "executable") for keyword in others)
    ):
        return None
    if not isinstance(value := shell[0].value, ast.Constant) or value.value is not True:
        return None
    words = _words(call.args[0], scope_of(source.tree, call), source.tree)
    if words is None:
        return None
    start, end = source.arguments(call)
    given = [f"[{', '.join(words)}]", *(f"{one.arg}={source.segment(one.value)}" for one in others)]
    return [Edit(start, end, f"({', '.join(given)})")]


def _words(expr: ast.expr, scope: Scope, tree: ast.Module) -> list[str] | None:
    """The words of a command line as expressions; ``None`` where a shell would do more than take it apart."""
    how = insertions(expr, scope)
    parts = pieces(expr)
    holes = [part.expr for part in parts if isinstance(part, Hole)]
    if any(isinstance(part, Text) and _OF_SHELLS.search(part.text) for part in parts) or len(holes) > len(parts) - 1:
        return None
    if how is None or not all(id(hole) in how and _is_word(hole, tree) for hole in holes):
        return None
    numbers = iter(range(_FIRST_HOLE, _FIRST_HOLE + len(holes)))
    line = "".join(part.text if isinstance(part, Text) else chr(next(numbers)) for part in parts)
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    marks = {chr(_FIRST_HOLE + number): shown(hole, how[id(hole)], scope) for number, hole in enumerate(holes)}
    if (
        not words
        or words[0].rpartition("/")[2] in (*_BUILTINS, *_RUNNERS)
        or "=" in words[0]
        or any(char in words[0] for char in marks)
    ):
        return None  # the program is chosen by what is inserted, only a shell knows it, or a variable is set
    if any(char in word and char != word for word in words for char in marks):
        return None
    return [marks.get(word, repr(word)) for word in words]


def _is_word(hole: ast.expr, tree: ast.Module) -> bool:
    """Whether an inserted value is meant as one word: a name or attribute, not named as several, without a default."""
    if isinstance(hole, ast.Subscript) or _OF_SEVERAL.search(ast.unparse(hole)):
        return False
    has_default = isinstance(hole, ast.Name) and any(
        argument.arg == hole.id
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.args.defaults or any(node.args.kw_defaults))
        for argument in (*node.args.args, *node.args.kwonlyargs)
    )
    return is_reading(hole) and is_value(hole, tree) and not has_default
