"""How good counterfactuals of pictures are: do they flip, how near, how sparse, how like known pictures, and through what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.errors import InputError
from xaivision.core.scores import Scores
from xaivision.core.wrapping import classifier
from xaivision.engines.segments import SegmentsSetting, segment_labels
from xaivision.explainers.counterfactuals.object_counterfactuals import ObjectCounterfactuals
from xaivision.models.generators.picture_autoencoder import PictureAutoencoder

# What rounding to 8 bits changes is no change.
ROUNDED = 1.01 / 255
# Side of the windows of SSIM, in pixels, where the picture is not smaller.
WINDOW = 7


@dataclass(frozen=True, eq=False)
class _Judged:
    """Pairs of pictures (n, C, H, W): inputs and counterfactuals, with the `goals` (n,) and whether they were `found` (n,)."""

    model: ClassifierAdapter
    before: Tensor
    after: Tensor
    goals: Tensor
    found: Tensor
    segments: SegmentsSetting
    autoencoder: PictureAutoencoder | None


def picture_counterfactual_quality(
    model: Classifier,
    found: Counterfactuals,
    *,
    segments: SegmentsSetting = "slic",
    autoencoder: PictureAutoencoder | None = None,
) -> dict[str, Scores]:
    """For each measure (B,) values, the mean over the counterfactuals of an input that were found; undefined where none was.

    "validity" (share of those asked for), "proximity_l1" and "proximity_l2" (mean absolute and root mean square difference of
    a pixel, of 1), "similarity" (SSIM, 1 for equal pictures), "changed_segments" (share of the input's `segments` in which any
    pixel changed by more than rounding to 8 bits) and, with an `autoencoder` of known pictures, "realism": its squared error of
    the counterfactual over that of the input. `CARDS` says what each answers and where it misleads.

    Raises: InputError, where the counterfactuals are no pictures.
    """
    rows = found.counterfactuals
    if rows.ndim != 5:
        raise InputError(f"`found` must hold counterfactuals of pictures (B, k, C, H, W). Got shape {tuple(rows.shape)}.")
    many = rows.shape[1]
    judged = _Judged(
        classifier(model),
        found.query.inputs.repeat_interleave(many, 0),
        rows.flatten(0, 1),
        found.goals.repeat_interleave(many),
        found.found.flatten().cpu(),
        segments,
        autoencoder,
    )
    return {
        one.about.name: _scores(one, judged, found) for one in MEASURES if autoencoder is not None or one.about.name != "realism"
    }


def _scores(one: "_Measure", judged: _Judged, found: Counterfactuals) -> Scores:
    values = one.measure(judged).double().cpu().view(found.found.shape)
    held = found.found.cpu()
    of_found = torch.where(held, values, 0).sum(1) / held.sum(1)  # undefined where none was found
    means = values.mean(1) if one.about.name == "validity" else of_found
    return Scores(one.about.name, found.method, means, higher_is_better=one.about.higher_is_better, unit=one.unit)


def flips_through(
    model: Classifier, explainer: ObjectCounterfactuals, inputs: Tensor, groups: Mapping[str, Sequence[str]], *, seed: int = 0
) -> dict[str, Scores]:
    """For each group of directions (B,): 1 where edits of these kinds alone turn the decision, else 0.

    `groups` name kinds that the explainer's generator has, such as {"causal": ["object"], "not causal": ["scene"]}. A model that
    turns through what has nothing to do with its classes has learned a shortcut, or is weak there; both are worth knowing
    before an edit is named a cause.
    """
    out = {}
    for name, kinds in groups.items():
        found = replace(explainer, vary=list(kinds)).explain(model, inputs, seed=seed)
        values = found.found.any(1).double().cpu()
        out[name] = Scores("flips_through", explainer.about.name, values, higher_is_better=False, unit="share of inputs")
    return out


def _validity(judged: _Judged) -> Tensor:
    flips = judged.model(judged.after).argmax(1).cpu() == judged.goals.cpu()
    return flips & judged.found


def _similarity(judged: _Judged) -> Tensor:
    from skimage import metrics

    likeness: Any = metrics.structural_similarity
    side = min(WINDOW, *judged.before.shape[2:])
    pairs = zip(judged.before.cpu().double().numpy(), judged.after.cpu().double().numpy(), strict=True)
    found = [likeness(first, second, win_size=side - 1 + side % 2, data_range=1.0, channel_axis=0) for first, second in pairs]
    return torch.tensor(found, dtype=torch.float64, device="cpu")


def _changed_segments(judged: _Judged) -> Tensor:
    labels = segment_labels(judged.segments, judged.before).labels
    changed = ((judged.after - judged.before).abs().amax(1) > ROUNDED).cpu()
    shares = [len(mine[moved].unique()) / len(mine.unique()) for mine, moved in zip(labels, changed, strict=True)]
    return torch.tensor(shares, dtype=torch.float64, device="cpu")


def _realism(judged: _Judged) -> Tensor:
    assert judged.autoencoder is not None  # noqa: S101 - it is left out otherwise
    errors = [
        (judged.autoencoder.reconstructed(pictures) - pictures).double().flatten(1).square().mean(1)
        for pictures in (judged.after, judged.before)
    ]
    return errors[0] / errors[1]


class _Measure(NamedTuple):
    """(n,) values in a `unit`."""

    about: AboutEvaluator
    measure: Callable[[_Judged], Tensor]
    unit: str


def _measure(
    measure: Callable[[_Judged], Tensor], unit: str, card: tuple[str, bool, str, str], source: str, cost: str = "none"
) -> _Measure:
    name, higher, answers, misleads = card
    about = AboutEvaluator(name, answers, misleads, cost, source, higher_is_better=higher, domains=("image",))
    return _Measure(about, measure, unit)


OCTET = "Zemni et al., OCTET, CVPR 2023, arXiv:2211.12380"
MEASURES: tuple[_Measure, ...] = (
    _measure(
        _validity,
        "share of those asked for",
        (
            "validity",
            True,
            "How many of the counterfactuals asked for does the model, asked now, give the class to reach?",
            "Adversarial patterns are valid too: look at realism and at the strip.",
        ),
        OCTET,
        "1 forward a counterfactual",
    ),
    _measure(
        lambda judged: (judged.after - judged.before).abs().flatten(1).mean(1),
        "of the range from black to white",
        (
            "proximity_l1",
            False,
            "By how much does a pixel change on average?",
            "An object that moves changes many pixels, and a pattern that nobody sees changes few.",
        ),
        OCTET,
    ),
    _measure(
        lambda judged: (judged.after - judged.before).double().square().flatten(1).mean(1).sqrt(),
        "of the range from black to white",
        (
            "proximity_l2",
            False,
            "How far are the pictures apart, pixel by pixel?",
            "Large changes of few pixels count more than the same sum spread out.",
        ),
        OCTET,
    ),
    _measure(
        _similarity,
        "SSIM",
        (
            "similarity",
            True,
            "How alike are the pictures' structures, window by window?",
            "In speckle and on even ground small changes of texture lower it most.",
        ),
        "Wang et al., 2004, doi:10.1109/TIP.2003.819861",
    ),
    _measure(
        _changed_segments,
        "share of segments",
        (
            "changed_segments",
            False,
            "In how many segments of the input does anything change?",
            "One level of 256 more than rounding counts as much as another object.",
        ),
        OCTET,
    ),
    _measure(
        _realism,
        "times the input's error",
        (
            "realism",
            False,
            "How much worse does an autoencoder of known pictures bring the counterfactual back than the input?",
            "What a small autoencoder cannot make, such as speckle, it cannot judge. What it made itself it likes best.",
        ),
        "after Van Looveren and Klaise, 2019, arXiv:1907.02584",
    ),
)
# The card of each measure, by name.
CARDS: dict[str, AboutEvaluator] = {one.about.name: one.about for one in MEASURES}
