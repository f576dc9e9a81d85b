"""Attributes laid out for people: their strips on some pictures, what they do over many, and what they go with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.errors import InputError
from xaivision.core.presenting import Presentable
from xaivision.core.progress import track
from xaivision.core.settings import check_positive_integer
from xaivision.core.wrapping import classifier
from xaivision.engines.correlation import row_correlation
from xaivision.engines.visible_properties import visible_properties
from xaivision.explainers.counterfactuals.attribute_counterfactuals import AttributeCounterfactuals
from xaivision.explainers.counterfactuals.attributes import Attributes, preserved

# With fewer pictures a correlation says nothing.
FEWEST = 10


class Strip(NamedTuple):
    """A picture with one of its attributes from low to high: `pictures` (n, C, H, W), the attribute's `values` (n,), and the
    model's `probabilities` (n, K); `own`: the value that the picture has.
    """

    pictures: Tensor
    values: Tensor
    probabilities: Tensor
    own: float


@dataclass(frozen=True, eq=False, repr=False)
class AttributeSheet(Presentable):
    """The `attributes`, their `strips` on the pictures that are `shown` (rows of the answer's query), and how far to trust them.

    `answer`: counterfactuals of all B pictures by these attributes alone. `preserved`, `divergence`: of these pictures, as in
    `Attributes`. `correlations`: with each property of the pictures, (k,) that of each attribute; NaN where it is undefined.
    """

    model: str
    attributes: Attributes
    answer: Counterfactuals
    shown: tuple[int, ...]
    strips: tuple[tuple[Strip, ...], ...]
    preserved: float
    divergence: float
    correlations: Mapping[str, Tensor]

    @property
    def validity(self) -> float:
        """Share of the pictures that the attributes alone turn, asked about again as 8 bits hold them."""
        return float(self.answer.found.any(1).double().mean())

    def goes_with(self, place: int) -> list[tuple[str, float]]:
        """The properties that the attribute at this place goes with and the correlations, the closest first."""
        pairs = [(name, float(values[place])) for name, values in self.correlations.items()]
        return sorted((pair for pair in pairs if pair[1] == pair[1]), key=lambda pair: -abs(pair[1]))

    def _in_short(self) -> tuple[str, ...]:
        names = ", ".join(f"{one.of}: {one.name}" for one in self.attributes.directions)
        return (self.model, names, f"validity {self.validity:.2f}", f"decisions preserved {self.preserved:.2f}")


def attribute_sheet(
    model: Classifier,
    attributes: Attributes,
    pictures: Tensor,
    *,
    known: Mapping[str, Tensor] | None = None,
    shown: int = 3,
    name: str = "",
) -> AttributeSheet:
    """What the attributes do to pictures (B, C, H, W), which the generator should not have learned from.

    `known`: what is known of each picture, (B,) numbers by name, NaN where it is not: it is told how far each attribute goes with
    it, beside properties that anybody sees (brightness, contrast, ...). `shown`: of so many pictures the strips are kept, evenly
    spaced. `name`: what the model is called.

    Raises: InputError, where something known has another length; as the generator's `encode`.
    """
    check_positive_integer("shown", shown)
    adapter = classifier(model)
    factors = {**visible_properties(pictures), **_checked(known or {}, len(pictures))}
    rows = _spread(len(pictures), shown)
    with adapter.held():
        answer = AttributeCounterfactuals(attributes).explain(adapter, pictures)
        strips = tuple(_strips(adapter, attributes, pictures[row]) for row in track(rows, "drawing strips"))
        share, divergence = preserved(adapter, attributes.generator, pictures)
        numbers = list(attributes.numbers)
        codes = torch.stack([attributes.generator.encode(picture).values[numbers] for picture in pictures])
    correlations = {factor: _correlations(codes, values) for factor, values in factors.items()}
    return AttributeSheet(name or repr(adapter), attributes, answer, tuple(rows), strips, share, divergence, correlations)


def _checked(known: Mapping[str, Tensor], count: int) -> dict[str, Tensor]:
    for name, values in known.items():
        if values.shape != (count,):
            raise InputError(f"`known` must have a number for each of {count} pictures. Got {tuple(values.shape)} for {name!r}.")
    return {name: values.detach().cpu().double() for name, values in known.items()}


def _spread(count: int, most: int) -> Sequence[int]:
    kept = min(count, most)
    return [place * count // kept for place in range(kept)]


def _strips(model: ClassifierAdapter, attributes: Attributes, picture: Tensor) -> tuple[Strip, ...]:
    own = attributes.generator.encode(picture).values
    found = []
    for place, number in enumerate(attributes.numbers):
        made, values, scores = attributes.strip(model, picture, place)
        told = scores if model.score_unit == "probability" else scores.softmax(1)
        found.append(Strip(made, values, told.cpu(), float(own[number])))
    return tuple(found)


def _correlations(codes: Tensor, factor: Tensor) -> Tensor:
    """(k,) Pearson's, over the pictures of which the factor is known; NaN where one of the two is the same for all."""
    there = factor.isfinite()
    if int(there.sum()) < FEWEST:
        return torch.full((codes.shape[1],), torch.nan, dtype=torch.float64, device="cpu")
    columns = codes[there].T
    return row_correlation(factor[there].expand(len(columns), -1), columns)
