"""The control of simulated users: explanations in which what is said of one column is said of another."""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.examples import Examples
from xaivision.core.explanation import Explanation
from xaivision.core.narrative import Narrative
from xaivision.core.rules import Rules
from xaivision.evaluation.simulatability.decoding import unreadable


class Shuffle(NamedTuple):
    """`order` (n, F): for each row another order of the columns; `alone` (n,): what is said is the same of every column, so that
    no order says anything else.
    """

    order: Tensor
    alone: Tensor


def shuffle(said: Tensor, draw: torch.Generator) -> Shuffle:
    """For each row an order, drawn from all in which what is said of its columns (n, F, k) is not said as it was."""
    alone = (said == said[:, :1]).flatten(1).all(1)
    order = _orders(said, draw)
    while len(same := (_unmoved(said, order) & ~alone).nonzero().flatten()):  # one of two orders at worst
        order[same] = _orders(said[same], draw)
    return Shuffle(order, alone)


def said_of(explanation: Explanation) -> Tensor:
    """(n, F, k) what an explanation says of each column: its values, whether it is in the rule or among the edits of the
    nearest, or what it is in the examples.

    Raises: InputError, where it is of another kind.
    """
    if isinstance(explanation, Narrative):
        return said_of(explanation.attribution)
    rows = explanation.query.inputs.cpu()
    if isinstance(explanation, Attribution):
        return explanation.values.cpu()[:, :, None]
    if isinstance(explanation, Counterfactuals):
        nearest = explanation.counterfactuals[torch.arange(len(rows)), explanation.first]  # the one that is read
        return (nearest.cpu() != rows)[:, :, None]
    if isinstance(explanation, Examples):
        return explanation.examples.cpu().transpose(1, 2)
    if not isinstance(explanation, Rules):
        raise unreadable(explanation)
    named = torch.zeros(rows.shape, dtype=torch.bool, device="cpu")
    for row, rules in zip(named, explanation.rules, strict=True):
        row[[one.feature for rule in rules[:1] for one in rule.conditions]] = True
    return named[:, :, None]


def _orders(said: Tensor, draw: torch.Generator) -> Tensor:
    return torch.rand(said.shape[:2], generator=draw, dtype=torch.float64, device="cpu").argsort(1)


def _unmoved(said: Tensor, order: Tensor) -> Tensor:
    """(n,) whether in this order (n, F) everything is said of a column of which it was said before."""
    return (said.gather(1, order[:, :, None].expand_as(said)) == said).flatten(1).all(1)
