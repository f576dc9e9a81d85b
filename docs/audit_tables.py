"""Markdown of what a real audit found, from the numbers that the benchmark keeps of it."""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from markdown_tables import table

Found = Mapping[str, Any]


def audit(result: Path) -> str:
    """What was asked, a row for each method and control with its means, and why a method is not believable."""
    told = json.loads(result.read_text(encoding="utf-8"))
    found = {(one["metric"], one["method"]): one for one in told["findings"]}
    metrics = list(dict.fromkeys(metric for metric, _ in found))
    concluded = {one["method"]: one["standing"] for one in told["conclusions"]}
    controls = dict.fromkeys(one["method"] for one in told["findings"] if one["control"])
    rows = [(f"`{name}`", said, *(_mean(found[metric, name]) for metric in metrics)) for name, said in concluded.items()]
    rows += [(f"control `{name}`", "", *(_mean(found[metric, name]) for metric in metrics)) for name in controls]
    heads = ("Method", "Conclusion", *(_head(found[metric, next(iter(concluded))]) for metric in metrics))
    return "\n\n".join(filter(None, (_asked(told), table(heads, rows), _doubts(told), _shifts(told))))


def _asked(told: Found) -> str:
    spent = told["spent"]
    failed = f", {told['failures']} failures" if told["failures"] else ""
    calls = f"{spent['model_calls']:,} model calls and {spent['gradient_calls']:,} gradient calls"
    return (
        f"{told['items']} items{failed}; {calls}, where {spent['planned_calls']:,} model calls were planned; "
        f"{len(told['cannot_say'])} sentences on what it cannot say. `*`: clearly better than every opponent.\n\n{told['family']}"
    )


def _head(one: Found) -> str:
    return f"`{one['metric']}`, {'higher' if one['higher_is_better'] else 'lower'} is better"


def _mean(one: Found) -> str:
    """The mean with its interval; the star is for those of which each comparison is clear, where they decide."""
    if one["mean"] is None:
        return "undefined"
    from xaivision.report.standing import interval_text
    from xaivision.report.wording import number

    low, high = map(_number, one["interval"])
    mark = "*" if _decides(one) and _better_than_all(one["comparisons"]) else ""
    return " ".join(filter(None, (f"{number(one['mean'])}{mark}", interval_text((low, high)))))


def _decides(one: Found) -> bool:
    from xaivision.evaluation.audit.facts import changes_weights
    from xaivision.evaluation.registry import EVALUATORS

    return one["faithfulness"] or changes_weights(EVALUATORS[one["metric"]].about)


def _better_than_all(comparisons: Iterable[Found]) -> bool:
    from xaivision.evaluation.audit.comparisons import LEVEL

    clear = [_number(one["p"]) <= LEVEL and _number(one["interval"][0]) > 0 for one in comparisons]
    return bool(clear) and all(clear)


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _doubts(told: Found) -> str:
    rows = [(f"`{one['method']}`", "; ".join(one["speaks_against"])) for one in told["conclusions"] if one["speaks_against"]]
    return table(("Method", "What speaks against it"), rows) if rows else ""


def _shifts(told: Found) -> str:
    """How well the model tells replaced inputs from originals, by what replaces features."""
    rows = [
        f"`{name}` {one['auc']:.2f} [{one['interval'][0]:.2f}, {one['interval'][1]:.2f}]"
        for name, one in told["removal_shifts"].items()
        if one["interval"][0] is not None
    ]
    said = "How far removal leads off the data (0.5: the model cannot tell a half replaced input from an original)"
    return f"{said}: {', '.join(rows)}." if rows else ""
