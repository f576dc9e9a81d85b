"""What an audit is about to do, and what that will cost, as tables and as plain values."""

import math
from typing import Any

from rich.table import Table

from xaivision.evaluation.audit.cost import CostPlan
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.report.table import facts_table
from xaivision.report.wording import counted, duration


def plan_summary(plan: AuditPlan, cost: CostPlan) -> dict[str, Any]:
    """Who explains, who judges, and what is left to do, in values that JSON can hold; seconds are null where nobody can tell."""
    return {
        "methods": list(plan.methods),
        "controls": list(plan.controls),
        "metrics": list(plan.judges),
        "seed": plan.seed,
        "items": cost.total,
        "items_left": cost.items,
        "items_measured": cost.measured,
        "items_done_before": cost.before,
        "model_calls": cost.model_calls,
        "gradient_calls": cost.gradient_calls,
        "seconds": cost.seconds if math.isfinite(cost.seconds) else None,
    }


def plan_table(plan: AuditPlan, items: int) -> Table:
    """Who explains, who judges, and how many items, for a person; before anything is asked."""
    names = {"methods": plan.methods, "controls": plan.controls, "metrics": plan.judges}
    facts = {name: ", ".join(known) or "none" for name, known in names.items()}
    return facts_table({**facts, "items": counted(items, "item")}, "plan")


def cost_table(cost: CostPlan) -> Table:
    """What is left to do, for a person, and from how many items that is known."""
    facts = {}
    if cost.before:
        facts["done before"] = f"{cost.before:,} of {counted(cost.total, 'item')}, kept from an audit that was stopped"
    if cost.measured:
        facts["measured"] = f"on {counted(cost.measured, 'item')}, asked just now and kept"
    if not cost.items and cost.before == cost.total:
        facts = {"done before": f"all {counted(cost.total, 'item')}"}
    calls = f"{counted(cost.model_calls, 'model call')}, {counted(cost.gradient_calls, 'gradient call')}"
    if cost.items:
        facts["left to do"] = f"{counted(cost.items, 'item')}: {calls}"
        facts["time"] = f"about {_long(cost.seconds)}" if math.isfinite(cost.seconds) else "unknown: no item could be asked yet"
    else:
        facts["left to do"] = f"no item; {calls}, to look at removals" if cost.model_calls else "nothing"
    return facts_table(facts, "cost")


def _long(seconds: float) -> str:
    """`40 s`, `3 min`, `2 h 5 min`."""
    if seconds < 120:
        return duration(float(f"{seconds:.2g}"))
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
