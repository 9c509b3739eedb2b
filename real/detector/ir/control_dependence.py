"""Control dependence within one unit (Ferrante, Ottenstein and Warren, TOPLAS 1987), and what must run before what.

A block depends on a branch if one outcome leads to it for certain and another may avoid it; the relation is taken
transitively, so that an outer ``if`` and an earlier ``if bad: raise`` count like the innermost test.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from real.detector.ir.dominators import immediate_dominators
from real.detector.ir.instructions import Block, Instr, Unit


@dataclass(frozen=True, slots=True)
class Branch:
    """A two-way branch, the outcome that leads to the dependent block, and whether the other outcome excludes it.

    ``sense`` is ``None`` where both outcomes may lead there; ``leaning`` is then the one that leads straight there,
    past the rest of an ``or``.
    """

    instr: Instr
    sense: bool | None
    necessary: bool
    leaning: bool | None = None


class ControlFlow:
    """Dominators, post-dominators and control dependences of one unit, for use after SSA construction."""

    def __init__(self, unit: Unit, spend: Callable[[int], None]) -> None:
        self.unit = unit
        self._spend = spend
        self.blocks = unit.blocks  # in reverse postorder
        self.idom = immediate_dominators(unit.blocks) if unit.blocks else {}
        self.home = {instr: block for block in unit.blocks for instr in block.instrs}
        self._position = {block: index for index, block in enumerate(unit.blocks)}
        self._depends = self._control_dependences()
        self._branches: dict[Block, tuple[Branch, ...]] = {}
        self._succs = [[self._position[successor] for successor in block.succs] for block in unit.blocks]
        self._lowest = _lowest_targets(self._succs)
        self._reached: dict[tuple[Block, Block], _Reach] = {}
        self._within = _intervals(self.idom)

    def branches(self, block: Block) -> tuple[Branch, ...]:
        """The branches that ``block`` depends on, nearest first."""
        if block not in self._branches:
            self._branches[block] = self._collect(block)
        return self._branches[block]

    def before(self, instr: Instr) -> list[Instr]:
        """The instructions that have been completed whenever ``instr`` is reached, latest first."""
        block = self.home[instr]
        found = block.instrs[: block.instrs.index(instr)][::-1]
        while self.idom[block] is not block:
            block = self.idom[block]
            found += block.instrs[::-1]
        self._spend(len(found))
        return found

    def deciding(self, block: Block, goals: Iterable[Block]) -> list[tuple[Branch, bool]]:
        """The branches on which ``block`` depends that can rule out all of ``goals``, with the outcome that does not.

        The earlier parts of an ``or`` (of an ``and`` that must fail) count as well: with them, the last part decides.
        """
        targets = sorted(set(goals), key=self._position.__getitem__)  # in order, so that the work is the same each time
        branches = self.branches(block)
        found = [(branch, not sense) for branch in branches for sense in self._excluding(branch, targets)]
        joint = {self.target(branch.instr, sense) for branch, sense in found}
        for branch in branches:
            for sense in (True, False):
                if (branch, sense) not in found and self.target(branch.instr, sense) in joint:
                    found.append((branch, sense))
        return found

    def _excluding(self, branch: Branch, goals: list[Block]) -> list[bool]:
        """The outcomes after which none of ``goals`` is reached, short of coming to the branch again."""
        controller = self.home[branch.instr]
        return [
            sense
            for successor, sense in zip(branch.instr.extra, (True, False), strict=True)
            if not any(goal is successor or self._reaches(successor, goal, controller) for goal in goals)
        ]

    def target(self, branch: Instr, sense: bool) -> Block:
        """Where an outcome of a branch leads, past blocks that only note what the test proves."""
        block: Block = branch.extra[0 if sense else 1]
        seen = {block}
        while block.succs and all(instr.op == "pi" for instr in block.instrs) and block.succs[-1] not in seen:
            block = block.succs[-1]  # the others are handlers of a `try` around it
            seen.add(block)
        return block

    def is_useless(self, branch: Instr) -> bool:
        """Whether nothing is done differently after either outcome (``if x in y: pass``)."""
        return self._landing(branch.extra[0]) is self._landing(branch.extra[1])

    @staticmethod
    def _landing(block: Block) -> Block:
        """The first block from here on that does something or joins several ways."""
        seen = {block}
        while len(block.succs) == 1 and all(i.op in ("pi", "phi", "const") for i in block.instrs):
            block = block.succs[0]
            if block in seen:
                break
            seen.add(block)
            if len(block.preds) > 1:
                break
        return block

    def _collect(self, block: Block) -> tuple[Branch, ...]:
        found: dict[Branch, None] = {}
        seen = {block}
        work = [block]
        for current in work:  # grows while it is walked
            for controller in self._depends[current]:
                last = controller.instrs[-1] if controller.instrs else None
                if last is not None and last.op == "branch":
                    found[self._branch(last, controller, block)] = None
                if controller not in seen:
                    seen.add(controller)
                    work.append(controller)
        return tuple(found)

    def _branch(self, last: Instr, controller: Block, block: Block) -> Branch:
        senses = [
            sense
            for successor, sense in zip(last.extra, (True, False), strict=True)
            if block is successor or self._reaches(successor, block, controller)
        ]
        if len(senses) != 1:
            straight = [sense for sense in senses if self._is_above(self.target(last, sense), block)]
            return Branch(last, None, False, straight[0] if len(straight) == 1 else None)
        return Branch(last, senses[0], self._is_above(controller, block))

    def _is_above(self, upper: Block, lower: Block) -> bool:
        """Whether every path from the entry to ``lower`` passes ``upper``."""
        if upper not in self._within:
            return False
        first, last = self._within[upper]
        return first <= self._within[lower][0] <= last

    def _reaches(self, start: Block, goal: Block, avoiding: Block) -> bool:
        self._spend(1)
        reach = self._reached.get((start, avoiding))
        if reach is None:
            reach = self._reached[start, avoiding] = _Reach(self._position[start], self._position[avoiding])
        return reach.has(self._position[goal], self._succs, self._lowest, self._spend)

    def _control_dependences(self) -> dict[Block, list[Block]]:
        depends: dict[Block, list[Block]] = {block: [] for block in self.blocks}
        above = _post_dominators(self.blocks, self._position)
        for block in self.blocks:
            if len(block.succs) < 2:
                continue
            stop = above[self._position[block]]
            for successor in block.succs:
                runner = self._position[successor]
                while runner != stop and runner != len(self.blocks):
                    dependents = depends[self.blocks[runner]]
                    if block not in dependents:
                        dependents.append(block)
                    runner = above[runner]
        return depends


class _Reach:
    """All blocks that some path from ``start`` leads to that does not go on from ``avoiding``, by position.

    They are found in the order of the code, and only as far as has been asked: most of what is asked for stands close
    by, and to walk the rest of the function for each branch would take the square of its size.
    """

    def __init__(self, start: int, avoiding: int) -> None:
        self._seen = {start, avoiding}
        self._work = [start] if start != avoiding else []  # a heap: what lies ahead, the nearest first

    def has(self, goal: int, succs: list[list[int]], lowest: list[int], spend: Callable[[int], None]) -> bool:
        """Whether the block at ``goal`` is one of them; ``lowest`` is where jumps back lead to at best."""
        seen, work = self._seen, self._work
        steps = 0
        while work and goal not in seen and (work[0] <= goal or lowest[work[0]] <= goal):
            steps += 1
            for successor in succs[heapq.heappop(work)]:
                if successor not in seen:
                    seen.add(successor)
                    heapq.heappush(work, successor)
        spend(steps >> 2)  # a block is passed in a fraction of the time that an instruction takes
        return goal in seen


def _lowest_targets(succs: list[list[int]]) -> list[int]:
    """For each position in reverse postorder the lowest one that any jump back from there or from later leads to."""
    lowest = [len(succs)] * (len(succs) + 1)
    for position in reversed(range(len(succs))):
        back = [target for target in succs[position] if target <= position]
        lowest[position] = min((lowest[position + 1], *back))
    return lowest


def _intervals(idom: dict[Block, Block]) -> dict[Block, tuple[int, int]]:
    """The dominator tree in preorder: block -> its own number and the highest of those below it."""
    below: dict[Block, list[Block]] = {block: [] for block in idom}
    roots: list[Block] = []
    for block, above in idom.items():
        (roots if above is block else below[above]).append(block)
    numbers: dict[Block, int] = {}
    order: list[Block] = []
    work = roots
    while work:
        block = work.pop()
        numbers[block] = len(numbers)
        order.append(block)
        work += below[block]
    last = dict(numbers)
    for block in reversed(order):
        for inner in below[block]:
            last[block] = max(last[block], last[inner])
    return {block: (numbers[block], last[block]) for block in order}


def _post_dominators(blocks: list[Block], position: dict[Block, int]) -> list[int]:
    """For each block the index of its immediate post-dominator; ``len(blocks)`` is the virtual exit.

    Loops without a way out are given one at their last block, so that every block has a post-dominator.
    """
    exit_ = len(blocks)
    succs = [[position[successor] for successor in block.succs] for block in blocks]
    preds: list[list[int]] = [[] for _ in range(exit_ + 1)]
    for index, targets in enumerate(succs):
        for target in targets:
            preds[target].append(index)
    ends = [index for index, targets in enumerate(succs) if not targets]
    reached: set[int] = set()
    order: list[int] = []
    for index in [*ends, *reversed(range(exit_))]:
        if index not in reached:
            if index not in ends:
                ends.append(index)
            _postorder(index, preds, reached, order)
    for index in ends:
        succs[index] = [*succs[index], exit_]
    rank = {index: number for number, index in enumerate(order)}  # the exit has the highest rank
    rank[exit_] = len(order)
    above: list[int | None] = [None] * exit_ + [exit_]
    changed = True
    while changed:
        changed = False
        for index in reversed(order):
            new: int | None = None
            for successor in succs[index]:
                if above[successor] is not None:
                    new = successor if new is None else _meet(successor, new, above, rank)
            if new is not None and above[index] != new:
                above[index] = new
                changed = True
    return [exit_ if index is None else index for index in above[:exit_]]


def _postorder(start: int, preds: list[list[int]], seen: set[int], order: list[int]) -> None:
    seen.add(start)
    stack = [(start, iter(preds[start]))]
    while stack:
        index, rest = stack[-1]
        for pred in rest:
            if pred not in seen:
                seen.add(pred)
                stack.append((pred, iter(preds[pred])))
                break
        else:
            order.append(index)
            stack.pop()


def _meet(a: int, b: int, above: list[int | None], rank: dict[int, int]) -> int:
    while a != b:
        while rank[a] < rank[b]:
            a = _known(above[a])
        while rank[b] < rank[a]:
            b = _known(above[b])
    return a


def _known(index: int | None) -> int:
    if index is None:
        raise ValueError("a block without a post-dominator was processed")
    return index
