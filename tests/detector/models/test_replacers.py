"""Every row that replaces code is reached: a program with the call is noted as not seen, one with a hook is not."""

import pytest
from test_rows import expression

from real.detector import scan
from real.detector.models.catalogue import replacers
from real.detector.models.kinds import Replaces
from real.detector.models.rows import Replacer
from real.types import AnalysisStatus

TRUSTING = "import uuid, os\ndef run(name):\n    os.system('ls ' + str(uuid.UUID(name)))\n"
CALLS = {
    Replaces.RUNS_CODE: "CALL(TEXT)",
    Replaces.MAKES_FUNCTION: "CALL(TEXT)",
    Replaces.UNPICKLES: "CALL(b'cos\\nsystem\\n')",
    Replaces.MEMORY: "CALL(1)",
    Replaces.ADDRESSES: "CALL(id(TEXT), 1, 1)",
    Replaces.ASSIGNS: "CALL(len, repr, TEXT)",
    Replaces.FINDS_MODULES: "CALL.update(a=1)",
    Replaces.WRITES_FILE: "made = open('made.py', 'w')\nCALL('import os', file=made)\nimport nobody_knows_it",
    Replaces.LOADS_FILE: "open('a.py', 'w').write('import os')\nCALL(TEXT)",
}
PATCHES = {
    "setattr": "(uuid, 'UUID', str)",
    "setitem": "(uuid.__dict__, 'UUID', str)",
    "object": "(uuid, 'UUID', str)",
    "multiple": "(uuid, UUID=str)",
    "dict": "(uuid.__dict__, UUID=str)",
    "patch": "('uuid.UUID', str)",
}


@pytest.mark.parametrize("row", replacers().values(), ids=lambda row: row.api)
def test_each_row_is_reached(row: Replacer) -> None:
    imported, written = expression(row.api)
    if row.how is Replaces.HOOK:
        owner = row.api.rpartition(".")[0]
        trusting = f"def run(name):\n    if {owner}.check(name):\n        return name\n"
        for name, is_noted in ((row.api, False), (f"{owner}.check", True)):
            found = scan(f"{imported}\ndef f(*a): pass\n{name} = f\n{trusting}")
            assert bool(found.unseen) is is_noted
        return
    if row.how is Replaces.PATCHES:
        call, rest = f"{written}{PATCHES[row.api.rpartition('.')[2]]}.start()", TRUSTING
    else:
        call, rest = CALLS[row.how].replace("CALL", written), ""
    found = scan(f"{rest}import os\n{imported}\nTEXT = os.urandom(3)\n{call}\n")
    assert found.status is AnalysisStatus.PARTIAL
    assert found.unseen[0].line
