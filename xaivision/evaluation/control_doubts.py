"""What the controls say against an explanation, in sentences: the part of its verdict that its method cannot know.

Metrics of faithfulness disagree by their nature: deletion favors scattered pixels, insertion smooth regions. So a control
speaks against an explanation only where no metric finds the explanation clearly better. Its own reversed ranking speaks
against it where any metric finds that as good: evidence and its opposite cannot both be right.
"""

import math
from collections.abc import Iterable, Mapping

from xaivision.core.scores import Scores
from xaivision.evaluation.standing import REVERSED, Margin, standing

Margins = dict[str, dict[str, Margin]]


def control_doubts(rows: Mapping[str, Scores | None]) -> tuple[str, ...]:
    """One sentence for each control that the explanation is no better than; none where it beats them all.

    `rows`: for each metric the method's scores with those of its controls, None where it could not be judged.
    """
    if rows and all(row is None or math.isnan(row.mean) for row in rows.values()):
        return (f"nothing tells whether it beats the controls: it has no value on {_listed(rows, 'or')}",)
    margins = _by_control(rows)
    reversal = margins.pop(REVERSED, {})
    found = [_no_better(control, by_metric) for control, by_metric in margins.items()]
    return tuple(filter(None, [*found, *(_as_good(metric, margin) for metric, margin in reversal.items())]))


def _by_control(rows: Mapping[str, Scores | None]) -> Margins:
    found: Margins = {}
    for metric, row in rows.items():
        for margin in standing(row).margins if row is not None else ():
            found.setdefault(margin.control, {})[metric] = margin
    return found


def _no_better(control: str, by_metric: Mapping[str, Margin]) -> str:
    if any(margin.clear for margin in by_metric.values()):
        return ""
    better = any(margin.mean > 0 for margin in by_metric.values())
    told = _listed(f"{metric} ({_numbers(margin)})" for metric, margin in by_metric.items())
    return f"{'not clearly' if better else 'no'} better than `{control}` on {told}"


def _as_good(metric: str, margin: Margin) -> str:
    return "" if margin.mean > 0 else f"its reversed ranking does as well on {metric} ({_numbers(margin)})"


def _numbers(margin: Margin) -> str:
    """`-0.02 [-0.05, 0.01]`, or the mean alone where it has no interval."""
    mean, low, high = (f"{value + 0.0:.2g}" for value in (margin.mean, *margin.interval))
    return mean if math.isnan(margin.interval[0]) else f"{mean} [{low}, {high}]"


def _listed(words: Iterable[str], conjunction: str = "and") -> str:
    *first, last = words
    return f"{', '.join(first)} {conjunction} {last}" if first else last
