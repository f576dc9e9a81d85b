"""lime's own explainers behind the house's interface, their numbers unchanged."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.origin import told_settings
from xaivision.core.progress import track
from xaivision.core.question import Question, question
from xaivision.core.targets import Targets
from xaivision.engines.superpixels import FEWEST, MOST
from xaivision.explainers.background import check_background, fitting_background
from xaivision.explainers.drawn_rows import name_bins
from xaivision.explainers.lime_call import LimeCall, check_lime_settings, in_lime, lime_call
from xaivision.explainers.players import shared_evenly

PER_DEVIATION = Note(
    "warn",
    "lime's slopes are for one standard deviation of a column, not for one unit: they are not gradients, and a slope times a "
    "distance is no contribution",
)


class LimeAnswer(NamedTuple):
    """What lime says of one input: `values` (K,) of its columns or segments, R2 `fit`, `segments` (H, W) of a picture."""

    values: Tensor
    fit: float
    segments: Tensor | None = None


@dataclass(frozen=True, eq=False, init=False)
class LimePackage:
    """What `LimeImageExplainer` or `LimeTabularExplainer` of the lime package answers, unchanged.

    `settings`: what its constructor and its `explain_instance` take, by lime's names; they may be given as keywords too, as in
    `LimePackage(num_samples=500, hide_color=0)`. Tables need a `background` (N, F), lime's training data. lime's defaults
    hold: ten columns of a table at most, quickshift for pictures. Each input is asked about with an explainer of its own,
    seeded alike. A picture of one channel is repeated to three for lime alone; the model is given one.
    """

    about: ClassVar[About] = About(
        name="lime_package",
        answers="What does the lime package answer to the same question?",
        misleads="As LIME does. Of a table all but ten columns are 0 by default; quickshift finds next to no segments on small "
        "pictures; a bin of a single value is filled with 0 instead of it; slopes are for one standard deviation.",
        cost="lime's own, one input at a time: 5000 forwards for tables and 1000 for pictures by default",
        source="Ribeiro et al., 2016, arXiv:1602.04938",
        needs=Access.SCORES,
    )

    background: Tensor | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    __repr__ = told_settings

    def __init__(self, background: Tensor | None = None, settings: Mapping[str, Any] | None = None, **more: Any) -> None:
        object.__setattr__(self, "background", background)
        object.__setattr__(self, "settings", {**(settings or {}), **more})
        if background is not None:
            check_background(background)
        check_lime_settings(self.settings)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Coefficients as lime gives them: (B, F), or (B, 1, H, W) with each segment's shared evenly among its pixels.

        Raises: CapabilityError, where lime does not take the model or the settings; InputError, where a table comes without a
        background, or with one of other columns.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            call = lime_call(q.model.domain, self.settings)
            ask = _Tables(q, call, self.background) if q.model.domain == "tabular" else _Pictures(q, call)
            answers = []
            for index in track(range(len(q.query)), "lime"):
                with in_lime(q, call):
                    answers.append(ask(index))
            return _joined(q, call, answers)


class _Asked:
    """The model as lime asks it: arrays in, the explained number of one input's versions out."""

    def __init__(self, q: Question, call: LimeCall) -> None:
        self.q, self.call = q, call
        self.seed = q.generator("lime").initial_seed() % 2**32

    def numbers(self, versions: Tensor, index: int) -> "np.ndarray[Any, Any]":
        """(n,) float64."""
        q = self.q
        rows = torch.full((len(versions),), index, dtype=torch.long, device="cpu")
        found: np.ndarray[Any, Any] = q.query.target.take(rows).of(q.model(versions.to(q.query.inputs))).double().cpu().numpy()
        return found


class _Tables(_Asked):
    def __init__(self, q: Question, call: LimeCall, background: Tensor | None) -> None:
        super().__init__(q, call)
        if background is None:
            raise InputError("`lime_package` needs a `background` for tables, lime's training data. Got no value.")
        names = q.query.feature_names or tuple(f"column {number}" for number in range(q.query.inputs.shape[1]))
        self._training = fitting_background(q, background).double().cpu().numpy()
        self._names = {
            "feature_names": list(names),
            "categorical_features": [number for number, words in enumerate(q.query.category_names) if words],
        }

    def __call__(self, index: int) -> LimeAnswer:
        making = {**self._names, **self.call.making}
        made = self.call.kind(self._training, mode="regression", random_state=self.seed, **making)
        row = self.q.query.inputs[index].double().cpu().numpy()
        found = made.explain_instance(row, lambda rows: self.numbers(torch.from_numpy(rows), index), **self.call.asking)
        values = torch.zeros(len(row), dtype=torch.float64, device="cpu")
        for column, coefficient in found.local_exp[1]:
            values[column] = float(coefficient)
        self._confess(index, len(found.local_exp[1]))
        if words := found.domain_mapper.discretized_feature_names:
            name_bins(self.q, index, words, values)
        return LimeAnswer(values, float(found.score))

    def _confess(self, index: int, kept: int) -> None:
        columns = self._training.shape[1]
        if kept < columns:
            text = f"lime kept {kept} of {columns} columns (`num_features`): the others are 0 by its choice"
            self.q.note(Note("warn", text, (index,)))


class _Pictures(_Asked):
    def __init__(self, q: Question, call: LimeCall) -> None:
        super().__init__(q, call)
        self._channels = q.query.inputs.shape[1]
        if self._channels not in (1, 3):
            raise CapabilityError(f"lime takes pictures of 1 or 3 channels. Got {self._channels}. Use `lime_image`.")

    def __call__(self, index: int) -> LimeAnswer:
        picture = self.q.query.inputs[index].double().cpu().permute(1, 2, 0).expand(-1, -1, 3).numpy().copy()
        made = self.call.kind(random_state=self.seed, **self.call.making)
        found = made.explain_instance(
            picture, lambda images: self._scores(images, index), labels=(0,), top_labels=None, **self.call.asking
        )
        segments = torch.from_numpy(np.ascontiguousarray(found.segments)).long()
        values = torch.zeros(self._counted(segments, index), dtype=torch.float64, device="cpu")
        for segment, coefficient in found.local_exp[0]:
            values[int(segment)] = float(coefficient)
        return LimeAnswer(values, float(found.score), segments)

    def _scores(self, images: "np.ndarray[Any, Any]", index: int) -> "np.ndarray[Any, Any]":
        """(n, 1): lime explains column 0."""
        versions = torch.from_numpy(images).permute(0, 3, 1, 2)[:, : self._channels]
        return self.numbers(versions.contiguous(), index)[:, None]

    def _counted(self, segments: Tensor, index: int) -> int:
        """The number of segments, doubted where it is degenerate.

        Raises: InputError, where they are not numbered as lime takes for granted.
        """
        found = segments.flatten().bincount() if int(segments.min()) >= 0 else torch.zeros(1)
        if not bool(found.all()):
            raise InputError("`segmentation_fn` must number its segments 0, 1, ... without gaps: lime hides others than it says.")
        if not FEWEST <= len(found) <= MOST:
            text = f"{len(found)} segments, where {FEWEST} to {MOST} show something: set `segmentation_fn`, or ask `lime_image`"
            self.q.note(Note("warn", text, (index,)))
        return len(found)


def _joined(q: Question, call: LimeCall, answers: list[LimeAnswer]) -> Attribution:
    inputs = q.query.inputs
    maps = [answer.segments for answer in answers if answer.segments is not None]
    if maps:
        values = torch.stack([shared_evenly(mine.values, segments) for mine, segments in zip(answers, maps, strict=True)])[
            :, None
        ]
    else:
        values = torch.stack([mine.values for mine in answers])
    slopes = q.model.domain == "tabular" and not call.making.get("discretize_continuous", True)
    if slopes:
        q.note(PER_DEVIATION)
    answer = q.attribution(values.to(inputs), "slope" if slopes else "contribution")
    fit = torch.tensor([mine.fit for mine in answers], dtype=torch.float64, device="cpu")
    told = replace(answer.diagnostics, local_fit=fit)
    return replace(answer, diagnostics=told, players=torch.stack(maps).to(inputs.device) if maps else None)
