"""Control-flow graph, dominators and SSA on small functions with known answers."""

import ast

from real.detector.frontend.lowering import program as lowering
from real.detector.frontend.normalise.passes import normalise
from real.detector.ir.builder import connect
from real.detector.ir.dominators import dominance_frontiers, dominates, immediate_dominators, reverse_postorder
from real.detector.ir.instructions import Block, Instr, Program, Unit


def lower(code: str) -> Program:
    return lowering.lower(normalise(ast.parse(code)).module, frozenset())


def function(code: str) -> Unit:
    return lower(code).units[1]


def graph(edges: dict[int, list[int]]) -> dict[int, Block]:
    blocks = {number: Block(number) for number in edges}
    for source, targets in edges.items():
        for target in targets:
            connect(blocks[source], blocks[target])
    return blocks


def instrs(unit: Unit, op: str) -> list[Instr]:
    return [instr for block in unit.blocks for instr in block.instrs if instr.op == op]


def returned(unit: Unit) -> Instr | None:
    """The definition of what the first `return` returns."""
    value = unit.defs[instrs(unit, "return")[0].args[0]]
    while value is not None and value.op in ("assign", "copy"):
        value = unit.defs[value.args[0]]
    return value


def test_dominators_of_a_diamond_with_a_loop() -> None:
    # 0 -> 1 -> {2, 3} -> 4 -> 1, 4 -> 5
    blocks = graph({0: [1], 1: [2, 3], 2: [4], 3: [4], 4: [1, 5], 5: []})
    order = reverse_postorder(blocks[0])
    idom = immediate_dominators(order)
    assert {block.number: parent.number for block, parent in idom.items()} == {0: 0, 1: 0, 2: 1, 3: 1, 4: 1, 5: 4}
    frontiers = dominance_frontiers(order, idom)
    found = {block.number: sorted(join.number for join in joins) for block, joins in frontiers.items()}
    assert found == {0: [], 1: [1], 2: [4], 3: [4], 4: [1], 5: []}
    assert dominates(blocks[1], blocks[5], idom)
    assert not dominates(blocks[2], blocks[4], idom)


def test_dominators_of_an_irreducible_graph() -> None:
    blocks = graph({0: [1, 2], 1: [2], 2: [1, 3], 3: []})
    idom = immediate_dominators(reverse_postorder(blocks[0]))
    assert {block.number: parent.number for block, parent in idom.items()} == {0: 0, 1: 0, 2: 0, 3: 2}


def test_unreachable_blocks_are_dropped() -> None:
    unit = function("def f():\n    return 1\n    print(2)\n")
    assert not instrs(unit, "call")
    assert len(instrs(unit, "return")) == 1


def test_every_value_is_defined_once_and_before_its_uses() -> None:
    unit = function(
        "def f(a, b):\n    while a:\n        try:\n            a = b(a)\n        except E:\n            break\n"
        "        finally:\n            b = a\n        if b: continue\n        a, b = b, a\n"
        "    else:\n        return a\n    return [x for x in b if x]\n"
    )
    idom = immediate_dominators(unit.blocks)
    home = {}
    for block in unit.blocks:
        for instr in block.instrs:
            assert instr.dst not in home
            home[instr.dst] = block
    for block in unit.blocks:
        seen = {dst for dst, where in home.items() if where is not block and dominates(where, block, idom)}
        for instr in block.instrs:
            if instr.op == "phi":
                assert len(instr.args) == len(block.preds)
                for arg, pred in zip(instr.args, block.preds, strict=True):
                    assert arg not in home or dominates(home[arg], pred, idom)
            else:
                assert all(arg in seen or arg not in home for arg in instr.args), instr
            seen.add(instr.dst)


def test_a_branch_joins_in_a_phi() -> None:
    unit = function("def f(c):\n    if c:\n        x = 1\n    else:\n        x = 2\n    return x\n")
    phi = returned(unit)
    assert phi is not None
    assert phi.op == "phi"
    constants = set()
    for arg in phi.args:
        assigned = unit.defs[arg]
        assert assigned is not None
        constant = unit.defs[assigned.args[0]]
        assert constant is not None
        constants.add(constant.extra)
    assert constants == {1, 2}


def test_straight_code_needs_no_phi() -> None:
    unit = function("def f(x):\n    x = x + 1\n    x = x + 2\n    return x\n")
    assert not instrs(unit, "phi")
    value = returned(unit)
    assert value is not None
    assert value.op == "binop"


def test_a_guard_renames_the_variable_on_both_branches() -> None:
    unit = function("def f(x):\n    if x in A:\n        return x\n    return 0\n")
    pis = instrs(unit, "pi")
    assert sorted(pi.extra for pi in pis) == [False, True]
    guarded = next(pi.dst for pi in pis if pi.extra)
    returns = [unit.defs[instr.args[0]] for instr in instrs(unit, "return")]
    assert [instr.args for instr in returns if instr is not None and instr.op == "copy"] == [[guarded]]


def test_short_circuit_conditions_guard_each_operand() -> None:
    unit = function("def f(x, y):\n    if x not in A or y not in B:\n        return 0\n    return x + y\n")
    value = unit.defs[instrs(unit, "return")[-1].args[0]]
    total = instrs(unit, "binop")[0]
    assert value is not None
    guards = [unit.defs[arg] for arg in total.args]
    assert [guard.op for guard in guards if guard is not None] == ["pi", "pi"]


def test_a_handler_sees_the_variable_before_and_after() -> None:
    unit = function("def f(x):\n    try:\n        x = int(x)\n        x = g(x)\n    except E:\n        return x\n")
    (phi,) = instrs(unit, "phi")
    assert len(set(phi.args)) == 3  # the parameter, after int(), after g()


def test_finally_runs_on_every_way_out() -> None:
    unit = function(
        "def f(x):\n    for i in x:\n        try:\n            if i: return 1\n            if x: break\n"
        "            continue\n        finally:\n            done()\n"
    )
    calls = instrs(unit, "call")
    assert len(calls) == 4  # return, break, continue, exception; the normal end is unreachable


def test_while_true_is_left_by_break_only() -> None:
    unit = function("def f(x):\n    while True:\n        if x:\n            break\n    return x\n")
    position = {block: index for index, block in enumerate(unit.blocks)}
    back = [(b, s) for b in unit.blocks for s in b.succs if position[s] <= position[b]]
    assert len(back) == 1
    assert unit.has_loop


def test_a_function_that_only_raises_does_not_return() -> None:
    assert not function("def f(x):\n    raise ValueError(x)\n").returns
    assert function("def f(x):\n    if x: raise ValueError(x)\n").returns


def test_exit_ends_the_path_unless_the_name_is_shadowed() -> None:
    code = "import sys\ndef f(x):\n    sys.exit(x)\n    return 2\n"
    assert len(instrs(function(code), "return")) == 0
    shadowed = "import sys\nsys.exit = print\ndef f(x):\n    sys.exit(x)\n    return 2\n"
    assert len(instrs(function(shadowed), "return")) == 1


def test_names_are_resolved_across_scopes() -> None:
    program = lower(
        "g = 1\ndef outer(a):\n    n = a\n    def inner():\n        nonlocal n\n        global g\n"
        "        n = g\n        g = n\n    inner()\n    return n\n"
    )
    inner = next(unit for unit in program.units if unit.name == "inner")
    written = sorted(instr.extra[1] for instr in instrs(inner, "setcell"))
    assert written == ["g", "n"]
    outer = program.units[1]
    value = outer.defs[instrs(outer, "return")[0].args[0]]
    assert value is not None
    assert value.op == "cell"  # n may have been changed by inner(): it is read from memory
