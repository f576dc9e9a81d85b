"""The inputs of a question moved by steps, a batch at a time, and what the model says of them."""

from typing import Protocol

import torch
from torch import Tensor

from xaivision.core.question import Question
from xaivision.engines.moments import Block, Moments, blocks, moments
from xaivision.engines.neighborhoods import ChanceOf, Operator, perturbed
from xaivision.engines.ridge import LinearFit
from xaivision.engines.streamed_lines import streamed_lines
from xaivision.explainers.perturbed_scores import finite


class Moves(Protocol):
    """A neighborhood whose steps are numbers of their own, and can be made a part at a time."""

    @property
    def operator(self) -> Operator: ...

    def part(self, draws: range, features: int, count: int, chance: ChanceOf, /) -> Tensor: ...


class MovedInputs:
    """`count` versions of each input of a question, by the same steps for all inputs.

    `others` (B, *S): what one step is in units of the input where steps are added, the baselines where they are multiplied.
    """

    def __init__(self, q: Question, moves: Moves, others: Tensor, count: int) -> None:
        self._q, self._moves, self._others, self._count = q, moves, others, count
        self.cut = False

    def lines(self, intercept: bool) -> list[LinearFit]:
        """The least-squares line of each input through the scores of its versions.

        Raises: InputError, where one of them has none, or the steps do not tell all values apart.
        """
        inputs = self._q.query.inputs
        at_once = max(1, self._q.model.batches.size(inputs) // len(inputs))
        parts = [range(start, min(start + at_once, self._count)) for start in range(0, self._count, at_once)]
        return streamed_lines(parts, self._steps, self._scores, intercept)

    def slopes(self) -> Moments:
        """Mean and spread of the gradients at the versions; `cut`, where one of them did not reach the input."""
        inputs = self._q.query.inputs
        work = blocks(len(inputs), self._count, self._q.model.batches.size(inputs, "gradients"))
        return moments(work, self._gradients, "perturbations")

    def _steps(self, draws: range) -> Tensor:
        features = self._q.query.inputs[0].numel()
        return self._moves.part(draws, features, self._count, lambda draw: self._q.generator("neighborhood", draw))

    def _scores(self, steps: Tensor) -> Tensor:
        q = self._q
        rows = torch.arange(len(q.query), device="cpu").repeat(len(steps))
        versions = perturbed(q.query.inputs, self._others, steps, self._moves.operator)
        scores = finite(q.query.target.take(rows).of(q.model(versions)), "Take a smaller neighborhood")
        return scores.double().cpu().view(len(steps), -1)

    def _gradients(self, block: Block) -> Tensor:
        q = self._q
        inputs, others = q.query.inputs[block.inputs], self._others[block.inputs]
        versions = perturbed(inputs, others, self._steps(block.versions), self._moves.operator)
        found = q.torch_model.gradients(versions, q.query.target.take(block.rows))
        self.cut = self.cut or found.cut
        return found.values
