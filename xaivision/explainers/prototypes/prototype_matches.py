"""Prototype matches: which prototypes a model found in an input, where, and what each added to the score."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.examples import Examples
from xaivision.core.question import Question
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import Targets
from xaivision.engines.prototypes.activation_boxes import activation_boxes
from xaivision.explainers.prototypes.match_maps import PICTURE_MAPS, Shown, column_maps, perturbation_maps
from xaivision.explainers.prototypes.prototype_question import Likeness, prototype_question
from xaivision.models.prototypes.encoders import TableEncoder

Maps = Literal["similarity", "place", "perturbation"]


@dataclass(frozen=True)
class PrototypeMatches:
    """Up to `k` prototypes that count most for the score, for it or against it, with the training input that each is a place of;
    all, where there are fewer.

    `maps` of pictures: "similarity" shares each contribution out as the prototype's similarities are, which is what is usually
    shown; "place" puts it on the cell that the model has taken; "perturbation" hides one window after the other (`window` and
    `stride` in pixels) and measures by how much the contribution falls. Of tables: by how much each column lowers the
    contribution from what it would be at the prototype itself.
    """

    about: ClassVar[About] = About(
        name="prototype_matches",
        answers="Which training examples does the model find in this input, where, and what does each add to the score?",
        misleads=(
            "A cell of a deep map has seen more of the picture than the cell shows: the box is where the similarity is high, not "
            "all that made it so. maps='perturbation' measures that. Alike for the model is not alike for the eye."
        ),
        cost="1 forward (maps='perturbation': 1 more a window, about 170 by default)",
        source="Chen et al., 2018, arXiv:1806.10574; Saralajew et al., 2024, arXiv:2412.15499",
        needs=Access.WEIGHTS,
        opens=True,
    )

    k: int = 5
    maps: Maps = "similarity"
    window: int | None = None
    stride: int | None = None

    def __post_init__(self) -> None:
        check_positive_integer("k", self.k)
        if self.maps not in get_args(Maps):
            raise InputError(f"`maps` must be one of {', '.join(map(repr, get_args(Maps)))}. Got {self.maps!r}.")
        for name in ("window", "stride"):
            if getattr(self, name) is not None:
                check_positive_integer(name, getattr(self, name))

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Examples:
        """Examples (B, k, *S), first those that add or take most; contributions and what the others add sum to the score."""
        with prototype_question(self, model, inputs, targets, seed=seed) as (q, found):
            chosen = found.contributions.abs().argsort(dim=1, descending=True, stable=True)[:, : self.k]
            shown = Shown(found, chosen)
            picked = shown.of(found.contributions)
            return q.examples(
                _inputs(q, found)[chosen],
                found.network.source_rows.to(chosen.device)[chosen],
                shown.of(found.best),
                weights=shown.of(found.slopes),
                contributions=picked,
                remainder=(found.contributions.double().sum(1) - picked.double().sum(1)).to(picked),
                maps=self._maps(q, shown),
                spread=_spread(q, found),
                **_boxes(q, shown),
            )

    def _maps(self, q: Question, shown: Shown) -> Tensor:
        if q.model.domain == "tabular":
            return column_maps(q, shown)
        if self.maps == "perturbation":
            return perturbation_maps(q, shown, self.window, self.stride)
        return PICTURE_MAPS[self.maps](q, shown)


def _inputs(q: Question, found: Likeness) -> Tensor:
    return found.network.source_inputs.to(q.query.inputs)


def _spread(q: Question, found: Likeness) -> Tensor | None:
    """(F,) of each column of the training rows; None of pictures."""
    encoder = found.network.encoder
    return encoder.std.to(q.query.inputs) if isinstance(encoder, TableEncoder) else None


def _boxes(q: Question, shown: Shown) -> dict[str, Tensor]:
    """Where each prototype is most active in the input and in its own picture; nothing for tables."""
    if q.model.domain == "tabular":
        return {}
    height, width = q.query.inputs.shape[2:]
    here = activation_boxes(shown.of(shown.likeness.similarities).flatten(0, 1), height, width)
    there = shown.likeness.network.source_boxes.to(shown.chosen.device)[shown.chosen]
    return {"boxes": here.view(*shown.chosen.shape, 4), "example_boxes": there}
