"""A tree that looks at one patch at every node, goes one way, and decides at one leaf."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from xaivision.engines.hard_choice import gumbel, hard_choice


@dataclass(frozen=True, eq=False)
class Walk:
    """For B inputs and `depth` steps: the `nodes` (B, depth) that were visited, numbered level by level, the `patches`
    (B, depth) that were looked at there, with what each patch's `looks` (B, depth, N) came to, the `branches` (B, depth), 0 or
    1, with the probabilities `turns` (B, depth, 2); the `leaves` (B,), and `logits` (B, K).
    """

    nodes: Tensor
    patches: Tensor
    looks: Tensor
    branches: Tensor
    turns: Tensor
    leaves: Tensor
    logits: Tensor


@dataclass(frozen=True, eq=False)
class Exploring:
    """How a walk goes while it is learned: choices at `temperature`, with uniform draws (B, depth, N) and (B, depth, 2)."""

    temperature: float
    patch_draws: Tensor
    branch_draws: Tensor


class PatchTree(nn.Module):
    """Tokens (B, N, D) and where to begin (B, D) to a `Walk`.

    A node asks, with its own matrix, which patch what is known so far is about, takes that one alone, and goes one way by both;
    the child adds what it makes of them to what is known. A leaf is a linear layer.

    Source: Lao et al., 2024, arXiv:2401.17050, after its structure; losses and schedule are ours.
    """

    def __init__(self, depth: int, width: int, num_classes: int) -> None:
        super().__init__()
        nodes, children, leaves = 2**depth - 1, 2 ** (depth + 1) - 2, 2**depth
        self.depth = depth
        self.asking = _weights(nodes, width, width)
        self.turning, self.turning_bias = _weights(nodes, 2 * width, 2), _zeros(nodes, 2)
        self.first, self.first_bias = _weights(children, 2 * width, width), _zeros(children, width)
        self.second, self.second_bias = _weights(children, width, width), _zeros(children, width)
        self.deciding, self.deciding_bias = _weights(leaves, width, num_classes), _zeros(leaves, num_classes)

    def forward(
        self,
        tokens: Tensor,
        known: Tensor,
        *,
        exploring: Exploring | None = None,
        kept: Tensor | None = None,
        patches: Tensor | None = None,
    ) -> Walk:
        """`kept` (B, N): only these patches may be looked at; `patches` (B, depth): exactly these are, in this order."""
        node = torch.zeros(len(tokens), dtype=torch.long, device=tokens.device)
        seen: list[tuple[Tensor, ...]] = []
        passed = known.new_ones(len(known))
        for step in range(self.depth):
            looks = self._looks(tokens, known, node, kept)
            choice = _chosen(looks, exploring, step) if patches is None else _one_of(patches[:, step], looks)
            both = torch.cat([known, (choice[:, :, None] * tokens).sum(1)], 1)
            turns = _applied(self.turning, self.turning_bias, node, both)
            turn = _turned(turns, exploring, step)
            branch = turn.argmax(1)
            seen.append((node, choice.argmax(1), looks, branch, turns.softmax(1)))
            passed = passed * turn.gather(1, branch[:, None]).squeeze(1)
            node = 2 * node + 1 + branch
            known = known + self._added(node - 1, both)
        leaf = node - (2**self.depth - 1)
        logits = passed[:, None] * _applied(self.deciding, self.deciding_bias, leaf, known)
        nodes, chosen, asked, branches, ways = (torch.stack(part, 1) for part in zip(*seen, strict=True))
        return Walk(nodes, chosen, asked, branches, ways, leaf, logits)

    def _looks(self, tokens: Tensor, known: Tensor, node: Tensor, kept: Tensor | None) -> Tensor:
        """(B, N) how much each patch is asked for."""
        asked = torch.einsum("bd,bde->be", known, self.asking[node])
        looks: Tensor = torch.einsum("be,bne->bn", asked, tokens) / tokens.shape[2] ** 0.5
        return looks if kept is None else looks.masked_fill(~kept, -torch.inf)

    def _added(self, child: Tensor, both: Tensor) -> Tensor:
        inside = nn.functional.gelu(_applied(self.first, self.first_bias, child, both))
        return _applied(self.second, self.second_bias, child, inside)


def _applied(weights: Tensor, biases: Tensor, which: Tensor, values: Tensor) -> Tensor:
    """(B, E) of values (B, D): each by its own of several linear layers (M, D, E)."""
    return torch.einsum("bd,bde->be", values, weights[which]) + biases[which]


def _chosen(looks: Tensor, exploring: Exploring | None, step: int) -> Tensor:
    if exploring is None:
        return _one_of(looks.argmax(1), looks)
    return hard_choice(looks, exploring.temperature, gumbel(exploring.patch_draws[:, step]))


def _turned(turns: Tensor, exploring: Exploring | None, step: int) -> Tensor:
    if exploring is None:
        return _one_of(turns.argmax(1), turns)
    return hard_choice(turns, exploring.temperature, gumbel(exploring.branch_draws[:, step]))


def _one_of(which: Tensor, like: Tensor) -> Tensor:
    """(B, N) one at these places (B,) and zero elsewhere."""
    return torch.zeros_like(like).scatter(1, which[:, None], 1.0)


def _weights(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.randn(*shape, dtype=torch.float32) / shape[-2] ** 0.5)


def _zeros(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(*shape, dtype=torch.float32))
