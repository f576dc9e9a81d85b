"""What the model says of candidate rows, within the time there is: how far each is beyond the border to the class to reach."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import log

import torch
from torch import Tensor

from xaivision.core.question import Question
from xaivision.core.targets import TargetScore
from xaivision.engines.counterfactuals.searching import Answered
from xaivision.explainers.counterfactuals.misses import Misses
from xaivision.explainers.counterfactuals.requirement import Requirement

# A class must lead by more than rounding of its score, so that it leads also when it is asked for in another batch.
ROUNDING = {torch.float32: 2e-6, torch.float64: 1e-12}
COARSE = 1e-3
LEAST_PROBABILITY = 1e-12
# A call is cut so short that it takes about this share of the time that is left: the end then comes when it should.
SHARE_OF_THE_REST = 0.05
FIRST_ROWS = 16
# At most this share of the time is kept for choosing among what was found: by what that took between two calls.
CHOOSING = 0.2
# A call is about so many times the rows of the largest one before, at most: what one row takes is not yet known of many.
GROWTH = 4
# What is kept back for asking about the answer once more.
RESERVE = 0.06

# What the model is shown of rows (n, F) of the inputs with these numbers (n,).
Render = Callable[[Tensor, Tensor], Tensor]
# So many rows are made into pictures at once: each takes more room than its row.
MOST_PICTURES = 64


class Clock:
    """The time of one search, which began at `start`. Without a limit it never ends. `first`: of so many rows the first call is;
    `last`: so many rows are asked about once more when the search is over.
    """

    def __init__(self, seconds: float | None, start: float, *, first: int = FIRST_ROWS, last: int = 0) -> None:
        self.start, self.seconds, self.last = start, seconds, last
        self.kept = 0.0  # seconds for what else is done when the search is over
        self.pace: float | None = None  # seconds a row, of the calls about the most rows
        self._ended = time.perf_counter()
        # What a call takes whatever its rows are, by the first one, which asked about the inputs; what lies between two calls.
        self._call, self._between = self._ended - start, 0.0
        self._largest = first / GROWTH

    @property
    def left(self) -> float:
        """Seconds until the search must end, less what choosing and asking about the answer will take."""
        if self.seconds is None:
            return torch.inf
        # Choosing in the end is among more than before.
        ending = max(self._call, self.last * (self.pace or 0.0)) + 2 * self._between + self.kept
        return (1 - RESERVE) * self.seconds - (time.perf_counter() - self.start) - ending

    def rows(self, wanted: int) -> int:
        """How many of these rows may be asked about in the next call: 0 where time is up."""
        if self.seconds is None:
            return wanted
        if self.pace is not None:  # what lies before the first call is no choosing
            self._between = min(max(self._between, time.perf_counter() - self._ended), CHOOSING * self.seconds)
        if self.left <= self._call or not self.bears(1):
            return 0
        fits = (
            self._largest * GROWTH
            if self.pace is None
            else min(self._largest * GROWTH, SHARE_OF_THE_REST * self.left / self.pace)
        )
        return min(wanted, max(1, int(fits)))

    def bears(self, rows: int) -> bool:
        """Whether there is time for one call about all of these rows."""
        return self.pace is None or self.pace * rows <= self.left

    def asked(self, rows: int, began: float) -> None:
        """Remember a call about so many rows."""
        self._ended = time.perf_counter()
        taken = self._ended - began
        if self.pace is None or rows >= self._largest:
            self.pace = taken / rows
        elif rows * GROWTH >= self._largest:  # one about few rows says what a call takes, and not what a row does
            self.pace = max(self.pace, taken / rows)
        self._call, self._largest = min(self._call, taken), max(self._largest, rows)


class Answers:
    """Answers the searches of one question. `over`: time was up before all was asked. `misses`: what was tried and fell short.
    `render`: what the rows stand for, where the model is not shown themselves.
    """

    def __init__(self, q: Question, goals: Tensor, threshold: float | None, clock: Clock, render: Render | None = None) -> None:
        self.q, self.goals, self.threshold, self.clock, self.render = q, goals, threshold, clock, render
        self.requirements: list[Sequence[Requirement]] = [()] * len(goals)
        self.over, self.misses = False, Misses(len(goals))

    @property
    def binding(self) -> bool:
        """Whether the probability that is asked for says more than that the class leads."""
        return self.threshold is not None and self.threshold > 0.5

    def __call__(self, owners: Tensor, rows: Tensor, slopes: bool) -> Answered:
        """Merits and slopes of the rows of these inputs, of as many as there is time for."""
        merits, found = [], []
        start = 0
        while start < len(rows):
            left = len(rows) - start
            count = self.clock.rows(left if self.render is None else min(left, MOST_PICTURES))
            if not count:
                self.over = True
                break
            part, began = slice(start, start + count), time.perf_counter()
            one = self._asked(owners[part], rows[part], slopes)
            self.clock.asked(count, began)
            merits.append(one.merits)
            found.append(one.slopes)
            start += count
        if not merits:
            none = torch.zeros(0, dtype=torch.float64, device="cpu")
            return Answered(none, torch.zeros(0, rows.shape[1], dtype=torch.float64, device="cpu") if slopes else None)
        return Answered(torch.cat(merits), torch.cat([one for one in found if one is not None]) if slopes else None)

    def _asked(self, owners: Tensor, rows: Tensor, slopes: bool) -> Answered:
        inputs = (rows if self.render is None else self.render(owners, rows)).to(self.q.query.inputs)
        target = TargetScore(self.goals[owners.to(self.goals.device)], None, "margin", self.q.model.score_unit)
        slope = None
        if slopes:
            merits, slope, scores = self._with_slopes(inputs, target)
        else:
            scores = self.q.model(inputs)
            merits = self.merits(scores, target)
        self.misses.count_tries(owners)
        self._count_unsure(owners, scores, target)
        for owner in sorted(set(owners.tolist())) if any(self.requirements) else ():
            mine = owners == owner
            for requirement in self.requirements[owner]:
                slack = requirement.slack(rows[mine])
                self.misses.count_unmet(owners[mine][(merits[mine] > 0) & (slack <= 0)], requirement.unmet)
                if slope is not None and requirement.slopes is not None:
                    leads = mine.nonzero().flatten()[slack < merits[mine]]
                    slope[leads] = _led(slope[leads], requirement.slopes(rows[leads]))
                merits[mine] = torch.minimum(merits[mine], slack)
        return Answered(merits, slope)

    def _count_unsure(self, owners: Tensor, scores: Tensor, target: TargetScore) -> None:
        if self.threshold is None:
            return
        short = ((self._lead(scores, target) > 0) & (self._surplus(scores, target) <= 0)).cpu()
        if bool(short.any()):
            probabilities = replace(target, output="probability").of(scores).detach().double().cpu()
            self.misses.count_unsure(owners[short], probabilities[short])

    def _with_slopes(self, inputs: Tensor, target: TargetScore) -> tuple[Tensor, Tensor | None, Tensor]:
        """Merits, slopes in what is nearly linear, logits or logarithms of probabilities, and the scores."""
        wanted = replace(target, output="log_probability") if self.binding else target
        if self.q.model.score_unit == "probability" and not self.binding:
            # Differences of probabilities are flat far from the border; those of their logarithms to the next class are not.
            rivals = self.q.model(inputs).scatter(1, target.classes[:, None].to(inputs.device), -torch.inf).argmax(1)
            wanted = TargetScore(target.classes, rivals, "log_probability", "probability")
        gradients = self.q.torch_model.gradients(inputs, wanted)
        merits = self.merits(gradients.all_scores, target)
        if wanted.against is not None:
            ahead = gradients.scores.detach().double().cpu()
            merits = torch.where((ahead > 0) == (merits > 0), ahead, merits)
        return merits, gradients.values.detach().cpu().double().nan_to_num(0, 0, 0), gradients.all_scores

    def merits(self, scores: Tensor, target: TargetScore) -> Tensor:
        """(n,) float64 the lead of the class to reach, less rounding; or what the logarithm of its probability lacks."""
        merits = self._lead(scores, target)
        if self.threshold is not None:
            merits = torch.minimum(merits, self._surplus(scores, target))
        return merits.cpu()

    def _lead(self, scores: Tensor, target: TargetScore) -> Tensor:
        """(n,) positive where the class to reach is predicted, with more than rounding between it and the next."""
        size = scores.gather(1, target.classes.to(scores.device)[:, None])[:, 0].double().abs().clamp_min(1)
        return target.of(scores).double() - ROUNDING.get(scores.dtype, COARSE) * size

    def _surplus(self, scores: Tensor, target: TargetScore) -> Tensor:
        """(n,) positive where its probability is above the one asked for: the difference of their logarithms."""
        logarithm = replace(target, output="log_probability").of(scores).double()
        return logarithm - log(max(self.threshold or 0, LEAST_PROBABILITY))


def _led(slopes: Tensor, required: Tensor) -> Tensor:
    """(n, F) the slopes of what is required, or where that is flat, as a yes or no is, those of the model."""
    return torch.where(required.any(1, keepdim=True), required, slopes)
