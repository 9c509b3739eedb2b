"""Dominator tree and dominance frontiers (Cooper, Harvey and Kennedy, A Simple, Fast Dominance Algorithm, 2001)."""

from __future__ import annotations

from real.detector.ir.instructions import Block


def reverse_postorder(entry: Block) -> list[Block]:
    """The blocks reachable from ``entry``, each before its successors except along back edges.

    The first successor comes next: the body of a loop before what follows the loop, so that one pass in this order
    takes a loop's results along.
    """
    seen = {entry}
    order: list[Block] = []
    stack = [(entry, reversed(entry.succs))]
    while stack:
        block, rest = stack[-1]
        for successor in rest:
            if successor not in seen:
                seen.add(successor)
                stack.append((successor, reversed(successor.succs)))
                break
        else:
            order.append(block)
            stack.pop()
    order.reverse()
    return order


def immediate_dominators(order: list[Block]) -> dict[Block, Block]:
    """Block -> its immediate dominator (the entry dominates itself); ``order`` is a reverse postorder."""
    position = {block: index for index, block in enumerate(order)}
    idom = {order[0]: order[0]}
    changed = True
    while changed:
        changed = False
        for block in order[1:]:
            new: Block | None = None
            for pred in block.preds:
                if pred in idom:
                    new = pred if new is None else _intersect(pred, new, idom, position)
            if new is not None and idom.get(block) is not new:
                idom[block] = new
                changed = True
    return idom


def _intersect(a: Block, b: Block, idom: dict[Block, Block], position: dict[Block, int]) -> Block:
    while a is not b:
        while position[a] > position[b]:
            a = idom[a]
        while position[b] > position[a]:
            b = idom[b]
    return a


def dominance_frontiers(order: list[Block], idom: dict[Block, Block]) -> dict[Block, list[Block]]:
    """Block -> the joins where its dominance ends, which is where its definitions need a phi."""
    frontiers: dict[Block, list[Block]] = {block: [] for block in order}
    for block in order:
        if len(block.preds) < 2:
            continue
        for pred in block.preds:
            runner = pred
            while runner is not idom[block]:
                if block not in frontiers[runner]:
                    frontiers[runner].append(block)
                runner = idom[runner]
    return frontiers


def dominates(a: Block, b: Block, idom: dict[Block, Block]) -> bool:
    """Whether every path from the entry to ``b`` passes ``a``."""
    while b is not a:
        if idom[b] is b:
            return False
        b = idom[b]
    return True
