"""Pixel counterfactuals, a baseline: every pixel by itself may change, and what comes out need not be like any picture."""

import time
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.progress import track
from xaivision.core.settings import check_number_from_zero, check_positive_integer, check_positive_number
from xaivision.core.targets import Targets, TargetScore
from xaivision.data.images import load_images
from xaivision.engines.total_variation import variation_slope
from xaivision.explainers.counterfactuals.hunting import Asking, Opened, opened
from xaivision.explainers.counterfactuals.picture_hunting import Reached, asked_again, eight_bits, named
from xaivision.explainers.counterfactuals.scene import goals
from xaivision.explainers.counterfactuals.wishes import check_desired_class
from xaivision.explainers.search_clock import Clock

# Adam's memory of slopes and of their squares, and what keeps it from dividing by zero.
FIRST, SECOND, TINY = 0.9, 0.99, 1e-8
# A step changes a pixel by about two levels of 256; once the class is reached, the change is drawn back by this share of it.
STEP, BACK = 2 / 255, 1.0
# A picture of a region is above this where pixels may change.
BRIGHT = 0.5
# Places between the input and what was found that are asked about in the end.
SHARES = 16


@dataclass(frozen=True, eq=False)
class PixelCounterfactuals:
    """The nearest pictures with the class to reach that gradient steps on pixels find: a baseline for other methods.

    `smoothness` 0: each pixel changes by itself (adversarial). Above 0: neighboring pixels are to change alike; the total
    variation of the change counts that much beside the score's unit slope. `region` (H, W) or (B, H, W) bool: the pixels that
    may change; or a picture file that is bright there, as large as the pictures or as the photo that they were loaded from. All
    others stay as they are, to the last bit. `steps`: gradient steps at most. `desired_class`: the class to reach; "opposite" is
    the runner-up where the explained class is predicted, and else that class. `max_seconds`: when the search ends with what it
    has.
    """

    about: ClassVar[About] = About(
        name="pixel_counterfactuals",
        answers="How little must pixels change for another class, when every one may change by itself?",
        misleads="It is a baseline: what is found is nearly always an adversarial pattern that shows a weakness of the model, "
        "and no other object. Smoothness hides that, and does not heal it.",
        cost="1 gradient a step (100 by default), and 17 forwards; with a region up to 1 forward a step more",
        source="Szegedy et al., 2013, arXiv:1312.6199; total variation after Fong and Vedaldi, 2017, arXiv:1704.03296",
        needs=Access.GRADIENTS,
        domains=("image",),
        instead=("object_counterfactuals", "nearest_unlike_picture"),
    )

    smoothness: float = 0.0
    region: Tensor | str | None = None
    steps: int = 100
    desired_class: int | str = "opposite"
    max_seconds: float | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_number_from_zero("smoothness", self.smoothness)
        check_positive_integer("steps", self.steps)
        check_desired_class(self.desired_class)
        if self.max_seconds is not None:
            check_positive_number("max_seconds", self.max_seconds)
        if isinstance(self.region, Tensor) and (self.region.dtype != torch.bool or self.region.ndim not in (2, 3)):
            raise InputError(
                f"`region` must be a mask (H, W) or (B, H, W) of bool. Got {str(self.region.dtype).removeprefix('torch.')} of "
                f"shape {tuple(self.region.shape)}."
            )

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Counterfactuals:
        """(B, 1, C, H, W) pictures of 256 levels, outside of a `region` with the input's own values, each asked about again in
        this form, and as a file holds it. It draws nothing: `seed` says nothing.
        """
        with opened(self, Asking(model, inputs, targets, seed)) as started:
            return _Walk(self, started).answer()

    @property
    def manner(self) -> str:
        """How the pixels may change, in words."""
        how = "each by itself" if not self.smoothness else "neighbors alike"
        return f"pixels changed {how}" + ("" if self.region is None else ", inside the region only")


class _Memory(NamedTuple):
    """Adam's means of the slopes and of their squares."""

    first: Tensor
    second: Tensor


class _Walk:
    """Gradient steps of all inputs of a question side by side."""

    def __init__(self, settings: PixelCounterfactuals, started: Opened) -> None:
        self.settings, self.q, scores, start = settings, *started
        self.inputs = self.q.query.inputs
        self.clock = Clock(settings.max_seconds, start, last=len(self.inputs))
        self.predicted, self.goals = scores.argmax(1), goals(self.q, settings.desired_class, scores)
        self.target = TargetScore(self.goals, None, "margin", self.q.model.score_unit)
        self.free = self._free()
        self.nearest = torch.full((len(self.inputs),), torch.inf, dtype=torch.float64, device=self.inputs.device)
        self.best = self._final(self.inputs)
        self.over = False

    def answer(self) -> Counterfactuals:
        """Walk, draw back what is too much, and ask about what is handed out once more."""
        if bool((self.goals != self.predicted).any()):
            self._walk()
            self._draw_back()
        held = (self.nearest < torch.inf) & (self.goals != self.predicted)
        pictures = torch.where(held.view(-1, 1, 1, 1), self.best, self.inputs)
        words = [[self.settings.manner if one else ""] for one in held.tolist()]
        self.q.note(Note("ok", "a baseline in pixel space: it shows how weak the border is, and not what the model looks for"))
        return asked_again(self.q, pictures[:, None], Reached(self.goals, self.predicted, words), self._why_not)

    def _walk(self) -> None:
        change = torch.zeros_like(self.inputs)
        memory = _Memory(torch.zeros_like(change), torch.zeros_like(change))
        for step in track(range(1, self.settings.steps + 1), "changing pixels"):
            if not self.clock.bears(len(self.inputs)):
                self.over = True
                return
            shown, began = self._final(self.inputs + change), time.perf_counter()
            gradients = self.q.torch_model.gradients(shown, self.target)
            reached = self._holds(shown, gradients.all_scores)
            self._keep(shown, reached)
            self.clock.asked(len(self.inputs), began)
            slope = self._slope(gradients.values, change, reached)
            memory = _Memory(torch.lerp(slope, memory.first, FIRST), torch.lerp(slope.square(), memory.second, SECOND))
            first, second = memory.first / (1 - FIRST**step), memory.second / (1 - SECOND**step)
            change = change - STEP * first / (second.sqrt() + TINY)
            change = ((self.inputs + change).clamp(0, 1) - self.inputs) * self.free

    def _slope(self, gradients: Tensor, change: Tensor, reached: Tensor) -> Tensor:
        """Uphill in what is not wanted: the class not reached, or else the size of the change; and its roughness."""
        slope = torch.where(reached.view(-1, 1, 1, 1), BACK * _unit(change), _unit(-gradients * self.free))
        rough: Tensor = self.settings.smoothness / change[0].numel() ** 0.5 * variation_slope(change)
        return slope + rough

    def _final(self, pictures: Tensor) -> Tensor:
        """The pictures in the form in which they are handed out: of 256 levels where they may change, else as they came."""
        return torch.where(self.free > 0, eight_bits(pictures), self.inputs)

    def _holds(self, shown: Tensor, scores: Tensor) -> Tensor:
        """(B,) whether the class is reached by these pictures, of which these are the scores, and as a file keeps them."""
        reached = self._is_goal(scores)
        filed = eight_bits(shown)
        return reached if torch.equal(filed, shown) or not bool(reached.any()) else reached & self._is_goal(self.q.model(filed))

    def _is_goal(self, scores: Tensor) -> Tensor:
        return scores.argmax(1).to(self.goals.device) == self.goals

    def _keep(self, shown: Tensor, reached: Tensor) -> None:
        away = (shown - self.inputs).double().flatten(1).norm(dim=1)
        better = reached & (away < self.nearest)
        self.nearest = torch.where(better, away, self.nearest)
        self.best = torch.where(better.view(-1, 1, 1, 1), shown, self.best)

    def _draw_back(self) -> None:
        """Try what lies between the inputs and what was found."""
        change = self.best - self.inputs
        for share in range(1, SHARES):
            if not self.clock.bears(len(self.inputs)):
                self.over = True
                return
            shown = self._final(self.inputs + change * share / SHARES)
            self._keep(shown, self._holds(shown, self.q.model(shown)) & (self.nearest < torch.inf))

    def _free(self) -> Tensor:
        """(B or 1, 1, H, W) one where a pixel may change, else zero."""
        region, shape = self.settings.region, self.inputs.shape
        if isinstance(region, str):
            region = self._of_file(region)
        if region is None:
            return torch.ones(1, 1, *shape[2:], dtype=self.inputs.dtype, device=self.inputs.device)
        if tuple(region.shape) not in (tuple(shape[2:]), (len(self.inputs), *shape[2:])):
            raise InputError(
                f"`region` must have the pictures' shape {tuple(shape[2:])}, for each input where there are several. "
                f"Got {tuple(region.shape)}."
            )
        region = region.view(-1, 1, *shape[2:])
        for index, one in enumerate(region):
            if not bool(one.any()):
                whose = f" for input {index}" if len(region) > 1 else ""
                raise InputError(
                    f"`region` must have pixels that may change. Got an empty one{whose}. Mark some, or leave it out."
                )
        return region.to(self.inputs)

    def _of_file(self, path: str) -> Tensor:
        """(H, W) the bright pixels of a picture file; one that is not of the pictures' size is fitted as they were."""
        picture = load_images(path)[0]
        if picture.shape[1:] != self.inputs.shape[2:] and self.q.model.image_format is not None:
            picture = load_images(path, self.q.model.image_format)[0]
        return picture.mean(0) > BRIGHT

    def _why_not(self, index: int) -> Note:
        over = f" in the {self.settings.max_seconds:g} s there were" if self.over else ""
        goal = named(self.q, int(self.goals[index]))
        return Note("warn", f"not found: no picture that the steps came by{over} is decided as {goal}", (index,))


def _unit(pictures: Tensor) -> Tensor:
    """(B, C, H, W) each divided by its length; zeros stay."""
    length: Tensor = pictures.flatten(1).norm(dim=1).clamp_min(torch.finfo(pictures.dtype).tiny)
    return pictures / length.view(-1, 1, 1, 1)
