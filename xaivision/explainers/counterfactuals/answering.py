"""What the model says of candidate rows, within the time there is: how far each is beyond the border to the class to reach."""

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
from xaivision.explainers.search_clock import Clock

# A class must lead by more than rounding of its score, so that it leads also when it is asked for in another batch.
ROUNDING = {torch.float32: 2e-6, torch.float64: 1e-12}
COARSE = 1e-3
LEAST_PROBABILITY = 1e-12

# What the model is shown of rows (n, F) of the inputs with these numbers (n,).
Render = Callable[[Tensor, Tensor], Tensor]
# So many rows are made into pictures at once: each takes more room than its row.
MOST_PICTURES = 64


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
        for part in self.clock.parts(len(rows), None if self.render is None else MOST_PICTURES):
            one = self._asked(owners[part], rows[part], slopes)
            merits.append(one.merits)
            found.append(one.slopes)
        if sum(map(len, merits)) < len(rows):
            self.over = True
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
                for missed, what in requirement.misses(slack):
                    self.misses.count_unmet(owners[mine][(merits[mine] > 0) & missed], what)
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
