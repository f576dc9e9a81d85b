"""What an audit is about to do and to cost, as a table and as plain values."""

import math
from typing import Any

from rich.table import Table

from xaivision.evaluation.audit.job import CostPlan
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
        "model_calls": cost.model_calls,
        "gradient_calls": cost.gradient_calls,
        "seconds": cost.seconds if math.isfinite(cost.seconds) else None,
    }


def plan_table(plan: AuditPlan, cost: CostPlan) -> Table:
    """The same for a person: names, then items, calls and time that are left."""
    told = plan_summary(plan, cost)
    facts = {name: ", ".join(told[name]) or "none" for name in ("methods", "controls", "metrics")}
    done = cost.total - cost.items
    facts["items"] = f"{counted(cost.total, 'item')}, {done:,} done already" if done else counted(cost.total, "item")
    facts["left to do"] = f"{counted(cost.model_calls, 'model call')}, {counted(cost.gradient_calls, 'gradient call')}"
    facts["time"] = (
        f"about {_long(cost.seconds)}" if cost.items and told["seconds"] is not None else "none" if not cost.items else "unknown"
    )
    return facts_table(facts, "plan")


def _long(seconds: float) -> str:
    """`40 s`, `3 min`, `2 h 5 min`."""
    if seconds < 120:
        return duration(float(f"{seconds:.2g}"))
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
