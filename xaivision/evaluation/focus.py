"""Focus: in a mosaic of pictures of several classes, does the explanation of one class lie on the pictures of that class?"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.progress import track
from xaivision.core.protocols import Explainer
from xaivision.core.random import generator
from xaivision.core.scores import Scores
from xaivision.core.settings import check_positive_integer
from xaivision.data.dataset import Part
from xaivision.engines.mosaics import TILES, mosaic, positive_share
from xaivision.evaluation.labeled_inputs import LabeledInputs, fitting_inputs, labeled_inputs
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.same_method import check_same


class _Draw(NamedTuple):
    """The chances of one mosaic, the same for every input: where its pictures go, and which partners are taken."""

    places: list[int]
    chances: list[float]


@dataclass(frozen=True, eq=False)
class Focus:
    """The share of the positive attribution that lies on the right tiles of mosaics, in which half of the tiles are right.

    A mosaic holds two by two pictures at half their size: the input, a partner of its class, and two of other classes, at
    places that are drawn. The method is asked about the input's class; the score is the mean over `samples` mosaics.
    `partners` are pictures with labels: the explained classes must be among them, and others.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="focus",
        answers="Does the explanation of a class lie on the pictures of that class, in a mosaic with others?",
        misleads="Where the model itself takes other pictures for the class, a true explanation scores low.",
        cost="4 explanations by the same method by default",
        source="Arias-Duart et al., 2022, arXiv:2109.15035",
        higher_is_better=True,
        domains=("image",),
        judges="explainer",
        shown_truth=True,
    )

    partners: LabeledInputs
    samples: int = 4

    __repr__ = told_settings

    def __post_init__(self) -> None:
        labeled_inputs("partners", self.partners)
        check_positive_integer("samples", self.samples)

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) shares from 0 to 1, half by chance; `details`: those of the single mosaics, (B, samples).

        Undefined where a map is not finite, or no mosaic has anything that speaks for the class.

        Raises: InputError, where the explanation is not this explainer's, or the partners do not fit the model or lack a
        class.
        """
        with measurement(self, model, explanation) as m:
            check_same(explainer, explanation)
            query = explanation.query
            given = labeled_inputs("partners", self.partners)
            fitting_inputs("partners", given, m.model, query.inputs.shape[1:])
            partners = Part(given.inputs.to(query.inputs), given.targets.cpu())
            if min(query.inputs.shape[2:]) < 2:
                raise InputError(f"`focus` needs pictures of at least 2 x 2 pixels. Got {tuple(query.inputs.shape[2:])}.")
            chosen = [_partners(partners, Part(query.inputs, query.targets), row) for row in range(len(query))]
            found = torch.empty(len(query), self.samples, dtype=torch.float64, device="cpu")
            for number in track(range(self.samples), "mosaics"):
                draw = _drawn(seed, number)
                pictures = _pictures(query.inputs, partners, chosen, draw)
                asked = explainer.explain(m.model, mosaic(pictures), query.target, seed=explanation.origin.seed)
                right = torch.tensor([place < TILES // 2 for place in draw.places], device="cpu")
                found[:, number] = positive_share(asked.as_attribution().feature_values.cpu(), right)
            values = found.nanmean(1)
            values[~explanation.values.flatten(1).isfinite().all(1).cpu()] = torch.nan
            return m.scores(values, "share of the positive attribution", details={"of each mosaic": found})


def _drawn(seed: int, number: int) -> _Draw:
    chance = generator(seed, "focus", number)
    places = torch.randperm(TILES, generator=chance, device="cpu").tolist()
    return _Draw(places, torch.rand(TILES - 1, generator=chance, dtype=torch.float64, device="cpu").tolist())


class _Partners(NamedTuple):
    """Numbers of the partners of an input's class, other than itself, and of those of the other classes."""

    same: Tensor
    other: Tensor


def _partners(known: Part, judged: Part, row: int) -> _Partners:
    target = int(judged.targets[row])
    itself = (known.inputs == judged.inputs[row]).flatten(1).all(1).cpu()
    of_class = known.targets == target
    same, other = (of_class & ~itself).nonzero().flatten(), (~of_class).nonzero().flatten()
    if not len(same) or not len(other):
        lacking = "a class that is not explained" if len(same) else f"class {target}"
        raise InputError(f"`partners` must hold pictures of {lacking}, beside those that are judged. Got none.")
    return _Partners(same, other)


def _pictures(inputs: Tensor, known: Part, partners: list[_Partners], draw: _Draw) -> list[Tensor]:
    """Four batches of pictures in reading order: of the input's class where the place is 0 or 1, of others where 2 or 3."""
    chosen = [
        [_picked(found, chance) for found, chance in zip((one.same, one.other, one.other), draw.chances, strict=True)]
        for one in partners
    ]
    columns = torch.tensor(chosen, device="cpu").T
    batches = [inputs, *(known.inputs[column.to(inputs.device)] for column in columns)]
    return [batches[place] for place in draw.places]


def _picked(numbers: Tensor, chance: float) -> int:
    return int(numbers[int(chance * len(numbers))])
