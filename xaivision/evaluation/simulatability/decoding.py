"""What a reader takes from an explanation of one row about another: a fixed rule for each kind of explanation, no training."""

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.errors import InputError
from xaivision.core.examples import Examples
from xaivision.core.explanation import Explanation
from xaivision.core.narrative import Narrative
from xaivision.core.rules import Rules


def says_turned(explanation: Explanation, model: ClassifierAdapter, changed: Tensor, order: Tensor | None = None) -> Tensor:
    """(B,) whether the explanation of each row says that the changed row (B, F) is decided otherwise.

    Contributions: what the changed columns contributed is lost; slopes: the score moves along them. It turns where the score
    falls below halfway to the best other class. Rules: it turns where a condition is broken. Counterfactuals: where all edits
    of the nearest are there. Examples: where the nearest example is nearer to it and decided otherwise. `order` (B, F): what is
    said of a column is said of the column with this number instead, for the shuffled control; whose conditions break with any
    change of their column, since no value of another column is within or beyond them.

    Raises: InputError, where no rule is known for this kind of explanation.
    """
    rows = explanation.query.inputs
    moved = changed != rows
    if order is not None:  # what is said of column c is asked of column order[c]
        moved = moved.gather(1, order.to(rows.device))
    if isinstance(explanation, Narrative):
        return says_turned(explanation.attribution, model, changed, order)
    if isinstance(explanation, Attribution):
        return _score_falls(explanation, model, changed, moved, order)
    if isinstance(explanation, Rules):
        return _rule_breaks(explanation, changed, moved, order)
    if isinstance(explanation, Counterfactuals):
        return _is_on_the_way(explanation, moved)
    if isinstance(explanation, Examples):
        return _case_says_so(explanation, model, changed, order)
    raise unreadable(explanation)


def unreadable(explanation: Explanation) -> InputError:
    """What is told of a kind of explanation that no rule is known for."""
    kind = type(explanation).__name__
    return InputError(f"`explanation` must be contributions, slopes, rules, counterfactuals or examples. Got {kind}.")


def _score_falls(told: Attribution, model: ClassifierAdapter, changed: Tensor, moved: Tensor, order: Tensor | None) -> Tensor:
    rows, values = told.query.inputs, told.values.double()
    scores = model(rows).double()
    own = scores.gather(1, told.query.targets[:, None].to(scores.device))[:, 0]
    rival = scores.scatter(1, told.query.targets[:, None].to(scores.device), -torch.inf).amax(1)
    if told.kind == "contribution":
        lost = (values * moved).sum(1)
    else:
        step = (changed - rows).double()
        lost = -(values * (step if order is None else step.gather(1, order.to(rows.device)))).sum(1)
    return (own - lost < (own + rival) / 2).cpu()


def _rule_breaks(told: Rules, changed: Tensor, moved: Tensor, order: Tensor | None) -> Tensor:
    found = []
    for index, rules in enumerate(told.rules):
        broken = False
        for one in rules[0].conditions if rules else ():
            value = float(changed[index, one.feature])
            misses = (one.low is not None and value <= one.low) or (one.high is not None and value > one.high)
            broken |= misses if order is None else bool(moved[index, one.feature])
        found.append(broken)
    return torch.tensor(found, device="cpu")


def _is_on_the_way(told: Counterfactuals, moved: Tensor) -> Tensor:
    rows = told.query.inputs
    end = told.counterfactuals[torch.arange(len(rows), device=rows.device), told.first]
    edits = (end != rows) & told.found.any(1, keepdim=True)
    return (edits.any(1) & (moved | ~edits).all(1)).cpu()


def _case_says_so(told: Examples, model: ClassifierAdapter, changed: Tensor, order: Tensor | None) -> Tensor:
    known = told.examples.flatten(0, 1)
    shown = told.examples if order is None else _elsewhere(told.examples, order.to(known.device))
    spread = known.double().std(0, correction=0)
    spread = torch.where(spread > 0, spread, 1.0)
    apart = ((shown.double() - changed.double()[:, None]) / spread).norm(dim=2)
    predicted = model(known).argmax(1).view(apart.shape)
    nearest = predicted.gather(1, apart.argmin(1, keepdim=True))[:, 0]
    return (nearest != told.query.targets.to(nearest.device)).cpu()


def _elsewhere(examples: Tensor, order: Tensor) -> Tensor:
    """The examples (B, k, F) with what they hold in each column in the one that has its number in the order (B, F)."""
    return torch.empty_like(examples).scatter(2, order[:, None].expand_as(examples), examples)
