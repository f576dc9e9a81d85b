"""Whether the explanations of a method depend on what the model has learned: by the sanity checks that ask another model.

A control ignores the model. What a check says of it is what the check says of nothing, so that without a control beside it
no check says anything. Being clearly ahead of the controls is little: edges of the picture with a thousandth of a gradient on
top are clearly ahead of edges alone, by 0.00004. So a method has to be ahead by the `least_gain` of the check as well, which
for likeness is 0.5: half of what every control keeps has to go when the weights do. On small networks of digits, with three
draws of weights each, maps of the gradient family keep 0.07 to 0.22 and Grad-CAM 0.25 to 0.39; Guided Backpropagation, which
the source found to show the picture and not the model, keeps 0.53 to 0.61 where layers are deep enough for it to. Where layers
are drawn one after the other, or one at a time, the others still know something: Grad-CAM keeps up to 0.59, and a quarter is
asked for.

Of a table with few columns two maps that have nothing in common are alike by chance: what is left above that counts then.

Source: Adebayo et al., 2018, arXiv:1810.03292.
"""

from dataclasses import dataclass

from xaivision.engines.concordance import likeness_by_chance
from xaivision.evaluation.audit.comparisons import Comparison
from xaivision.evaluation.audit.facts import changes_weights
from xaivision.evaluation.audit.findings import Finding, Findings
from xaivision.evaluation.audit.plan import AuditPlan, Judge
from xaivision.evaluation.standing import REVERSED

UNASKED = "no sanity check compared its maps with those of a model with other weights or labels"


@dataclass(frozen=True)
class Dependence:
    """`shown_by`: the checks that find the method to depend on the model. `against`: what others find, in words. `silent`: why
    those that were asked say nothing, or that none was, in words; empty where each of them says something.
    """

    shown_by: tuple[str, ...]
    against: tuple[str, ...]
    silent: tuple[str, ...]

    @property
    def validated(self) -> bool:
        """Whether a check finds that the explanations depend on the model, and none finds that they do not."""
        return bool(self.shown_by) and not self.against


def dependence(method: str, plan: AuditPlan, findings: Findings, columns: int | None = None) -> Dependence:
    """What the checks of the plan find of one method; `columns`: how many the table has, None for pictures."""
    shown: list[str] = []
    against: list[str] = []
    silent: list[str] = []
    for name, judge in plan.judges.items():
        if not changes_weights(judge.about):
            continue
        found = findings.of(name, method)
        if reason := _silence(name, found, columns):
            silent.append(reason)
        elif doubt := _doubt(name, against_controls(found), _least(judge, columns)):
            against.append(doubt)
        else:
            shown.append(name)
    return Dependence(tuple(shown), tuple(against), tuple(silent) if shown or against or silent else (UNASKED,))


def against_controls(found: Finding | None) -> tuple[Comparison, ...]:
    """The comparisons with controls on one item at least; a method's own reversal is no control."""
    compared = () if found is None else found.comparisons
    return tuple(one for one in compared if one.opponent != REVERSED and one.items)


def _silence(name: str, found: Finding | None, columns: int | None) -> str:
    if columns is not None and likeness_by_chance(columns) == 1:
        return f"{name} says nothing of a table with so few columns: {columns}"
    if found is None or not found.comparisons:
        return f"{name} was asked beside no control, and says nothing without"
    return "" if against_controls(found) else f"{name} has no value on any item that it could be compared by"


def _doubt(name: str, compared: tuple[Comparison, ...], least: float) -> str:
    """What speaks against a dependence; "" where the method is clearly ahead of every control, and far enough."""
    if not all(one.better for one in compared):
        return f"by {name} it is not clearly told from controls that ignore the model"
    nearest = min(compared, key=lambda one: one.mean)
    if nearest.mean < least:
        gain = f"it is ahead of `{nearest.opponent}` by {nearest.mean:.2g}, and less than {least:.2g} is too little"
        return f"by {name} most of it stays without what the model has learned: {gain}"
    return ""


def _least(check: Judge, columns: int | None) -> float:
    least: float = getattr(check, "least_gain", check.about.least_gain)
    return least if columns is None else least * (1 - likeness_by_chance(columns))
