"""Objects of a picture that something is said of, as a map of their numbers: what `segment 6` is."""

import numpy as np
import torch
from torch import Tensor

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.explanation import Explanation
from xaivision.core.rules import Rule, Rules
from xaivision.report.shared_values import Labels

# Where a map of marks has no object.
NONE = -1


def marked_of(explanation: Explanation, index: int) -> Labels | None:
    """(H, W) the numbers of the objects that the explanation of this input names, -1 elsewhere: those of its first rule, or those
    that its first counterfactual edits, where they are in the input; None where it names none.
    """
    if isinstance(explanation, Rules) and explanation.rules[index]:
        return marked_by_rule(explanation, index, explanation.rules[index][0])
    if isinstance(explanation, Counterfactuals):
        return marked_by_edits(explanation, index)[0]
    return None


def marked_by_rule(rules: Rules, index: int, rule: Rule) -> Labels | None:
    """The segments that must be there; None for rows of tables, and where none must be."""
    if rules.players is None or not rule.conditions:
        return None
    labels = rules.players[index].cpu()
    held = torch.tensor([condition.feature for condition in rule.conditions], device="cpu")
    return _array(torch.where(torch.isin(labels, held), labels, NONE))


def marked_by_edits(result: Counterfactuals, index: int, rank: int | None = None) -> tuple[Labels | None, Labels | None]:
    """The objects that a counterfactual edits, in the input and in it; of the first that was found where `rank` is None."""
    if result.places is None or not bool(result.found[index].any()):
        return None, None
    place = int(result.first[index]) if rank is None else rank
    before, after = (_array(one) for one in result.places[index, place].cpu())
    return before, after


def merged(marks: list[Labels | None]) -> Labels | None:
    """Several marks as one; where two are of one pixel, the first."""
    there = [one for one in marks if one is not None]
    out = there[0].copy() if there else None
    for one in there[1:]:
        assert out is not None  # noqa: S101 - the first is there where another is
        out = np.where(out == NONE, one, out)
    return out


def _array(labels: Tensor) -> Labels:
    found: Labels = labels.numpy().astype(np.int64)
    return found
