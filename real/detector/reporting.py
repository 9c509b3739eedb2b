"""From the fixed point to findings: every sink of the tables, then every rule's own check."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.derived import Derived
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow, defect_finding, flow_finding, without_duplicates
from real.detector.analysis.solver import Solver
from real.detector.analysis.values import BUILDER, Step, Value
from real.detector.analysis.witness import every
from real.detector.confidence import imports_reader, of_defect, of_flow
from real.detector.limits import Budget, BudgetExceededError
from real.detector.rule import Rule, Sink
from real.types import Finding


@dataclass(frozen=True, slots=True)
class Shares:
    """Where the budget was spent before: each rule gets as many steps, and what it has found by then counts."""

    budget: Budget
    steps: int


def report(solver: Solver, rules: Sequence[Rule], shares: Shares | None = None) -> list[Finding]:
    """The findings of the rules in source order, one for each defect; ``rules`` are those of the solver's tables.

    Raises ``BudgetExceededError``, unless the rules have ``shares``.
    """
    if shares is None:
        reporter = _Reporter(solver)
        found = [finding for index, rule in enumerate(rules) for finding in reporter.findings(index, rule)]
        return without_duplicates(found, rules)
    found = []
    with contextlib.suppress(BudgetExceededError):
        shares.budget.allow(shares.steps)
        reporter = _Reporter(solver)
        for index, rule in enumerate(rules):
            shares.budget.allow(shares.steps)
            with contextlib.suppress(BudgetExceededError):
                for finding in reporter.findings(index, rule):
                    found.append(finding)
    return without_duplicates(found, rules)


def is_guarded(rule: Rule, facts: Facts, flow: Flow) -> bool:
    """Whether the rule's guard vouches for a flow; of one without operands there is nothing that it could have seen."""
    return rule.guard is not None and bool(flow.operands) and rule.guard(facts, flow)


class _Reporter:
    def __init__(self, solver: Solver) -> None:
        self.solver = solver
        self.derived = Derived(solver)
        self.flows: dict[int, list[Flow]] = {}
        for site in solver.records.sites.values():
            for index, sink in solver.heap.rules.sinks(site.name, site.path):
                self._called(index, sink, site)
        for site in solver.records.possible.values():
            self._possible(site)

    def findings(self, index: int, rule: Rule) -> Iterator[Finding]:
        """What one rule finds."""
        facts = Facts(self.derived, 1 << index)
        for flow in (*self.flows.get(index, ()), *self._returned(rule, facts), *self._stored(rule, facts)):
            if not is_guarded(rule, facts, flow):
                yield flow_finding(flow, of_flow(facts, flow))
        if rule.check is not None:
            for defect in rule.check(facts):
                yield defect_finding(rule, defect, of_defect(facts, rule, defect))

    def _called(self, index: int, sink: Sink, site: CallSite) -> None:
        args = site.args
        positions = [position + site.shift for position in sink.positions]
        values = [args.at(position) for position in positions]
        values += [args.named[keyword] for keyword in sink.keywords if keyword in args.named]
        values += [extra for extra in (args.named_rest,) if extra is not None]
        untrusted, why = self._untrusted(index, values)
        if untrusted and (sink.when is None or sink.when(site)):
            operands = site.operands(sink.positions, sink.keywords)
            flow = self._flow(index, site, operands, why, sink.why)
            by_name = self.solver.heap.rules.rules[index].methods.get(site.name) is sink
            self.flows.setdefault(index, []).append(replace(flow, by_name=by_name, path=site.path))

    def _possible(self, site: CallSite) -> None:
        """A call that may be any method: one finding, of the rule that knows the most methods.

        Not without any sign that this is one of them: where the program has no library with such a method, and passes
        on what has come in as it is, nothing is put together that could be a statement.
        """
        reached = [
            (len(rule.methods), -index, why)
            for index, rule in enumerate(self.solver.heap.rules.rules)
            for untrusted, why in (self._untrusted(index, site.args.everything()),)
            if rule.methods and untrusted
        ]
        if reached:
            _, index, why = max(reached, key=lambda found: found[:2])
            rule = self.solver.heap.rules.rules[-index]
            sink = next(iter(rule.methods.values()))
            verb = "may be any method, also one that " + sink.why
            flow = self._flow(-index, site, site.operands((), ()), why, verb)
            if imports_reader(Facts(self.derived, flow.bit), rule.kinds) or not self._is_passed_on(flow):
                self.flows.setdefault(-index, []).append(replace(flow, by_name=True))

    def _is_passed_on(self, flow: Flow) -> bool:
        """Whether each untrusted argument is what has come into the function, as it is."""
        given = [operand for operand in flow.instr.args[1:] if operand in flow.operands]
        return bool(given) and every(
            self.derived.slicer.origin_itself(flow.unit, operand) is not None for operand in given
        )

    def _returned(self, rule: Rule, facts: Facts) -> Iterator[Flow]:
        sink = rule.returned
        for returned in facts.returned() if sink is not None else ():
            mask, why = self.solver.heap.deep(facts.value(returned.unit, returned.operand))
            if sink is not None and mask & facts.bit and sink.when(facts, returned):
                label = f"the result of {returned.unit.name}()"
                yield Flow(rule, facts.bit, returned.unit, returned.instr, (returned.operand,), why, label, sink.why)

    def _stored(self, rule: Rule, facts: Facts) -> Iterator[Flow]:
        sink = rule.stored
        for unit in self.solver.state.program.units if sink is not None else ():
            for operation in facts.operations(unit):
                if sink is None or operation.kind != "store" or operation.key is None:
                    continue
                mask, why = self.solver.heap.deep(facts.value(unit, operation.key))
                if mask & facts.bit and (sink.when is None or sink.when(facts, operation)):
                    label = f"{operation.name}()" if operation.name else "a store"
                    yield Flow(rule, facts.bit, unit, operation.instr, (operation.key,), why, label, sink.why)

    def _untrusted(self, index: int, values: list[Value]) -> tuple[bool, Step | None]:
        for value in values:
            if value.kind != BUILDER:
                mask, why = self.solver.heap.deep(value)
                if mask >> index & 1:
                    return True, why
        return False, None

    def _flow(self, index: int, site: CallSite, operands: list[int], why: Step | None, verb: str) -> Flow:
        env = self.solver.state.states[site.unit].env
        tainted = tuple(operand for operand in operands if self.solver.heap.deep(env[operand])[0] >> index & 1)
        rule = self.solver.heap.rules.rules[index]
        return Flow(rule, 1 << index, site.unit, site.instr, tainted, why, f"{site.name}()", verb)
