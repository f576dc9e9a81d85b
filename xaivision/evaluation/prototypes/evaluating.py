"""Asks a model of prototypes where it finds each, with and without noise, and scores the answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.progress import track
from xaivision.core.query import asked
from xaivision.core.random import generator
from xaivision.core.settings import check_number_from_zero, check_positive_integer
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier
from xaivision.data.dataset import Part
from xaivision.engines.prototypes.activation_boxes import activation_boxes
from xaivision.engines.prototypes.part_hits import middles, part_hits, peaks
from xaivision.engines.prototypes.part_scores import box_overlap, consistency, part_shares, purity, stability
from xaivision.evaluation.labeled_inputs import fitting_inputs, labeled_inputs
from xaivision.evaluation.prototypes.known_parts import known_parts
from xaivision.evaluation.prototypes.prototype_scores import PartScore, PrototypeScores
from xaivision.explainers.prototypes.prototype_question import PLACES, network_of_pictures
from xaivision.models.prototypes.prototype_network import pooled

# As a share of the picture's sides: 36 of 224 pixels. A prototype is consistent from this share of pictures on.
HALF, THRESHOLD = 36 / 224, 0.8
# The paper's 0.2 is of normalized pictures, whose channels have standard deviations of 0.225 or so.
NOISE, CUT = 0.045, 1.25
# As many pictures most like a prototype as purity looks at.
NEAREST = 10


@dataclass(frozen=True)
class Manner:
    """How is judged: `half`, the reach of a box as a share of the picture's sides; `threshold`, the share of pictures from which
    a prototype is consistent; `noise`, its standard deviation in pixel values, and the number of `draws` of it.
    """

    half: float
    threshold: float
    noise: float
    draws: int
    seed: int

    def __post_init__(self) -> None:
        check_positive_integer("draws", self.draws)
        check_number_from_zero("noise", self.noise)
        for name, most in (("half", 0.5), ("threshold", 1.0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
                raise InputError(f"`{name}` must be a number above 0 and at most {most:g}. Got {value!r}.")


def evaluate_prototypes(  # noqa: PLR0913 - the questions of one door
    model: Classifier,
    labeled: Part | tuple[Tensor, Tensor],
    parts: Mapping[str, Tensor] | None = None,
    *,
    half: float = HALF,
    threshold: float = THRESHOLD,
    noise: float = NOISE,
    draws: int = 5,
    seed: int = 0,
) -> PrototypeScores:
    """Whether the model's prototypes each mean one part of the objects, and keep to it under noise that is hardly seen.

    `labeled`: pictures (B, C, H, W) that nothing was learned from and their class numbers (B,), as `dataset.test` is. `parts`:
    masks (B, H, W) or points (B, 2), row and column, by name; None where they are not known. A part counts as found where it is
    in a box that reaches `half` of the picture's sides around the peak of the prototype's map. Noise is normal, cut off at 1.25
    standard deviations, of `noise` in pixel values, the same for every picture. Costs a forward pass a picture, and one more a
    draw.

    Raises: CapabilityError, where the model has no prototypes with places; InputError, where something does not fit.

    Source: Huang et al., 2022, arXiv:2212.05946; Nauta et al., 2023, PIP-Net, CVPR 2023.
    """
    manner = Manner(half, threshold, noise, draws, seed)
    adapter, network = network_of_pictures("evaluate_prototypes", classifier(model))
    given = labeled_inputs("labeled", labeled)
    if parts is not None and len(given.inputs) < len(labeled[0]):
        raise InputError("`labeled` must have a class for every picture where `parts` are given. Leave the others out of both.")
    with adapter.held():
        asked(adapter, given.inputs, scorer=lambda one, batch: batch.new_zeros(len(batch), one.num_classes))
        fitting_inputs("labeled", given, adapter, given.inputs.shape[1:])
        maps = adapter.layer_outputs(given.inputs, PLACES).activations.cpu()
        owners = network.reasoning.owners.cpu()
        seen = _Seen(given.inputs, maps, owners == given.targets.cpu()[:, None], manner)
        noisy = list(track(seen.noisy(adapter), "prototypes under noise", draws))
    overlap = torch.stack([seen.overlap(one) for one in noisy]).nanmean(0)
    names, judged = _judged(seen, noisy, None if parts is None else known_parts(parts, given.inputs))
    return PrototypeScores(*judged, overlap, owners, seen.own.sum(0), adapter.class_names, names)


@dataclass(frozen=True, eq=False)
class _Seen:
    """Pictures (B, C, H, W), the maps (B, P, h, w) of the prototypes in them, and which are of a prototype's class (B, P)."""

    images: Tensor
    maps: Tensor
    own: Tensor
    manner: Manner

    def noisy(self, adapter: TorchClassifier) -> Iterator[Tensor]:
        """(B, P, h, w) for each draw of noise."""
        for number in range(self.manner.draws):
            draws = generator(self.manner.seed, "noise on pictures", number)
            normal = torch.randn(self.images.shape[1:], generator=draws, dtype=torch.float32, device="cpu").clamp(-CUT, CUT)
            yield adapter.layer_outputs(self.images + self.manner.noise * normal.to(self.images), PLACES).activations.cpu()

    @property
    def sides(self) -> tuple[int, int]:
        return self.images.shape[2], self.images.shape[3]

    @cached_property
    def boxes(self) -> Tensor:
        """(B * P, 4)"""
        return activation_boxes(self.maps.flatten(0, 1), *self.sides)

    def overlap(self, noisy: Tensor) -> Tensor:
        """(P,) mean over the pictures of its class; NaN where there is none."""
        found = box_overlap(self.boxes, activation_boxes(noisy.flatten(0, 1), *self.sides)).view(self.own.shape)
        return found.masked_fill(~self.own, torch.nan).nanmean(0)

    def hits(self, places: Tensor, points: Tensor) -> Tensor:
        return part_hits(places, points, self.manner.half, *self.sides)


def _judged(
    seen: _Seen, noisy: list[Tensor], known: tuple[tuple[str, ...], Tensor] | None
) -> tuple[tuple[str, ...], tuple[PartScore | None, PartScore | None, PartScore | None, Tensor | None]]:
    """The names of the parts, and consistency, stability, purity and the shares of parts."""
    if known is None:
        return (), (None, None, None, None)
    names, points = known
    visible = ~points.isnan().any(2)
    hits = seen.hits(peaks(seen.maps, *seen.sides), points)
    under = torch.stack([seen.hits(peaks(one, *seen.sides), points) for one in noisy])
    count, prototypes = seen.own.shape
    middle = seen.hits(middles(count, prototypes, *seen.sides), points)
    shares, of_middle = (part_shares(one, visible, seen.own) for one in (hits, middle))
    alike, most = pooled(seen.maps), seen.manner.threshold
    return names, (
        PartScore(consistency(shares, most), consistency(of_middle, most)),
        PartScore(stability(hits, under, seen.own), stability(middle, middle[None], seen.own)),
        PartScore(purity(hits, alike, NEAREST), purity(middle, alike, NEAREST)),
        shares,
    )
