"""Networks built by hand, whose every contribution is known: what each column adds to the score, from a baseline of zeros.

Source: Lee et al., XAI-Units: benchmarking explainability methods with unit tests, 2025, arXiv:2506.01059 (the idea).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from xaivision.core.random import generator

COLUMNS = 6
# Of the network with a ripple on its slope: how many waves between 0 and 1, and how much they move the score.
WAVES, HEIGHT = 20, 0.05
WEIGHTS = (3.0, -2.0, 1.0, 0.5, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class BuiltNetwork:
    """`module` (B, 6) -> (B, 2), whose second score is explained; `inputs` (n, 6) with their `contributions` (n, 6), exactly.

    `what` it computes, in a sentence.
    """

    name: str
    what: str
    module: nn.Module
    inputs: Tensor
    contributions: Tensor


def built_networks(count: int = 200, seed: int = 0) -> tuple[BuiltNetwork, ...]:
    """Each of the networks with `count` rows of its own."""
    return tuple(build(count, seed) for build in BUILDERS.values())


def _weighted(count: int, seed: int) -> BuiltNetwork:
    rows = _uniform("weighted", count, seed)
    weights = torch.tensor(WEIGHTS, device="cpu")
    return BuiltNetwork("weighted", "a weighted sum of four columns", _sum(weights), rows, rows * weights)


def _canceled(count: int, seed: int) -> BuiltNetwork:
    """The second column goes in twice, with opposite signs, through other units."""
    rows = _uniform("canceled", count, seed)
    first = torch.zeros(3, COLUMNS, device="cpu")
    first[0, 0] = first[1, 1] = first[2, 1] = 1.0
    module = _network(first, torch.zeros(3, device="cpu"), torch.tensor([1.0, 2.0, -2.0], device="cpu"))
    exact = torch.zeros_like(rows)
    exact[:, 0] = rows[:, 0]
    return BuiltNetwork("canceled", "one column; another goes through two units that cancel", module, rows, exact)


def _both(count: int, seed: int) -> BuiltNetwork:
    """relu(a + b - 1): on rows where both are 1 each has half."""
    rows = _uniform("both", count, seed)
    rows[:, :2] = 1.0
    first = torch.zeros(1, COLUMNS, device="cpu")
    first[0, :2] = 1.0
    module = _network(first, torch.tensor([-1.0], device="cpu"), torch.ones(1, device="cpu"))
    exact = torch.zeros_like(rows)
    exact[:, :2] = 0.5
    return BuiltNetwork("both", "whether two columns are both there", module, rows, exact)


def _either(count: int, seed: int) -> BuiltNetwork:
    """min(a + b, 1): one of them is enough; where both are there, each has half."""
    rows = _uniform("either", count, seed)
    rows[:, :2] = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], device="cpu").repeat(count // 3 + 1, 1)[:count]
    first = torch.zeros(2, COLUMNS, device="cpu")
    first[:, :2] = 1.0
    module = _network(first, torch.tensor([0.0, -1.0], device="cpu"), torch.tensor([1.0, -1.0], device="cpu"))
    exact = torch.zeros_like(rows)
    exact[:, :2] = rows[:, :2] / rows[:, :2].sum(1, keepdim=True)
    return BuiltNetwork("either", "whether one of two columns is there", module, rows, exact)


def _rippled(count: int, seed: int) -> BuiltNetwork:
    """A slope of 1 on the first column with waves on it, whose own slopes are larger and of both signs."""
    rows = _uniform("rippled", count, seed)
    edges = torch.arange(2 * WAVES, device="cpu") / (2 * WAVES)
    slope = 2 * WAVES * HEIGHT
    # A wave rises by `slope` and falls by it: each edge turns it around.
    turns = torch.where(torch.arange(2 * WAVES, device="cpu") % 2 == 0, 2 * slope, -2 * slope)
    turns[0] = slope
    first = torch.zeros(2 * WAVES + 2, COLUMNS, device="cpu")
    first[:-1, 0] = 1.0
    first[-1, 1] = 1.0
    bias = torch.cat([-edges, torch.zeros(2, device="cpu")])
    module = _network(first, bias, torch.cat([turns, torch.ones(2, device="cpu")]))
    exact = torch.zeros_like(rows)
    exact[:, 0] = (rows[:, :1] - edges).relu() @ turns + rows[:, 0]
    exact[:, 1] = rows[:, 1]
    return BuiltNetwork("rippled", "the sum of two columns, with steep waves on the first one", module, rows, exact)


BUILDERS: Mapping[str, Callable[[int, int], BuiltNetwork]] = {
    "weighted": _weighted,
    "canceled": _canceled,
    "both": _both,
    "either": _either,
    "rippled": _rippled,
}


def _uniform(name: str, count: int, seed: int) -> Tensor:
    """(count, 6) rows in [0.1, 1]."""
    return 0.1 + 0.9 * torch.rand(count, COLUMNS, generator=generator(seed, "built network", name), device="cpu")


def _sum(weights: Tensor) -> nn.Module:
    """One linear layer: 0, and the weighted sum."""
    layer = nn.Linear(COLUMNS, 2, device="cpu", dtype=torch.float32)
    with torch.no_grad():
        layer.weight.copy_(torch.stack([torch.zeros_like(weights), weights]))
        layer.bias.zero_()
    return layer.eval()


def _network(first: Tensor, bias: Tensor, second: Tensor) -> nn.Module:
    """One hidden layer of ReLU: 0, and the weighted sum of its units."""
    hidden = nn.Linear(COLUMNS, len(first), device="cpu", dtype=torch.float32)
    last = nn.Linear(len(first), 2, bias=False, device="cpu", dtype=torch.float32)
    with torch.no_grad():
        hidden.weight.copy_(first)
        hidden.bias.copy_(bias)
        last.weight.copy_(torch.stack([torch.zeros_like(second), second]))
    return nn.Sequential(hidden, nn.ReLU(), last).eval()
