"""What the model says of the cases of a search, as long as there is time for it."""

import torch
from torch import Tensor

from xaivision.core.question import Question
from xaivision.explainers.search_clock import Clock


class TimedScores:
    """The scores of one question's model within the time of a clock."""

    def __init__(self, q: Question, clock: Clock) -> None:
        self.q, self.clock = q, clock

    def of(self, cases: Tensor) -> Tensor:
        """(m, K) the scores of the first m cases, of as many as there is time for."""
        found = [self.of_all(cases[part]) for part in self.clock.parts(len(cases))]
        return torch.cat(found) if found else torch.zeros(0, self.q.model.num_classes, device="cpu")

    def of_known(self, rows: Tensor, share: float) -> Tensor:
        """The same of known rows, for which at most this share of the time is taken: without the others the search goes on."""
        seconds = self.clock.seconds or 0.0
        self.clock.kept = (1 - share) * seconds
        found = self.of(rows)
        self.clock.kept = 0.0
        return found

    def of_all(self, cases: Tensor) -> Tensor:
        """(n, K) the scores of all of these cases, whatever the time."""
        return self.q.model(cases.to(self.q.query.inputs)).cpu()
