"""The door from a prediction to a region and to words: names become stages, and anything that holds pictures a batch."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from typing import Any, Literal

import torch

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.core.narrative import Narrative
from xaivision.core.protocols import Explainer
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import NamedClasses, Target, TargetScore
from xaivision.core.wrapping import classifier
from xaivision.data.images import is_image_source, left_out_by_cropping
from xaivision.engines.pointed_objects.naming import PointSegmenterSetting, point_segmenter
from xaivision.engines.pointed_objects.segmented_object import PointSegmenter
from xaivision.engines.sam_network import SamWeights
from xaivision.explainers.narratives.captions import Captioner, Wording
from xaivision.explainers.narratives.checks import Checks
from xaivision.explainers.narratives.narrator import Narrator
from xaivision.explainers.narratives.point_picking import Points
from xaivision.explainers.narratives.sentences import narrative_text
from xaivision.explainers.narratives.template_captioner import TemplateCaptioner
from xaivision.explainers.registry import explainers
from xaivision.facade import TargetNames, as_batch, explainer_with, named_targets

# Shares of the score on superpixels, from scores alone: any model that takes pictures can be asked.
ATTRIBUTOR = "kernel_shap"
USUAL: dict[str, Any] = {"budget": 400, "baseline": "mean"}
CAPTIONERS: dict[str, Callable[[Wording, bool], Captioner]] = {"template": TemplateCaptioner}
# A word that is nearer to one of these than to a setting of the method is that one, written wrongly.
STAGES = ("attributor", "points", "segmenter", "captioner", "wording", "label_in_prompt", "refine", "checks", "targets", "seed")
ALIKE = 0.75


def narrate(  # noqa: PLR0913 - the stages of one door
    model: Any,
    image: Any,
    *,
    attributor: str | Explainer | None = None,
    points: int | Points = 1,
    segmenter: PointSegmenterSetting = "superpixel_merge",
    captioner: Literal["template"] | Captioner = "template",
    wording: Wording = "photo",
    label_in_prompt: bool = False,
    refine: float | None = None,
    checks: bool | Checks = True,
    targets: TargetNames = None,
    seed: int = 0,
    **settings: Any,
) -> Narrative:
    """From a prediction to a map, the region its evidence points at, and a few sentences, with the record of each stage.

    `image`: one picture or several, as `explain` takes them. `attributor`: a method that gives a map, by name with its
    `settings`, or one that is made; None takes Kernel SHAP of 400 evaluations, with the mean color where something is hidden.
    `targets`: as for `explain`, but where they do not say what of the class is explained, its probability is, if the model
    gives one: a logit may rest on what all classes share. `points`: how many peaks of positive evidence,
    or `Points`. `segmenter`: "superpixel_merge", "region_growing", "threshold", "slic", "grid", or one that is made, such as
    `SamPoint("mobile_sam.pt", "vit_t")`. `captioner`: "template", or one that is made, such as
    `load_captioner("blip_folder")`. `wording` "sonar" and `label_in_prompt` are for the template. `refine` 0.9 cuts
    the region down to what holds 90 % of its evidence, segments whole. `checks` False leaves
    CC-SHAP out, which asks the model 128 times more; or `Checks`.

    Raises: as `explain`; InputError, where a stage is none; FileFormatError, where the file of a `SamPoint` holds no such
    weights, and MissingExtraError, where its package is missing. A stage that fails on a picture is told in the answer.
    """
    adapter = classifier(model)
    if adapter.domain != "image":
        raise CapabilityError("A narrative outlines an object in a picture. Got a model of table rows. Use `xv.explain`.")
    _check_names(attributor, settings)
    narrator = Narrator(
        _attributor(adapter, attributor, settings),
        point_segmenter(segmenter),
        _captioner(captioner, wording, label_in_prompt),
        _points(points),
        _checks(checks),
        refine,
    )
    batch = as_batch(adapter, image)
    check_weights(narrator.segmenter, batch.device)
    asked = targets if isinstance(targets, Target | TargetScore) or not adapter.gives_probabilities else _of_probability(targets)
    told = narrator.explain(adapter, batch, named_targets(adapter, asked), seed=seed)
    return with_cropping(told, _left_out(image, adapter))


def check_weights(segmenter: PointSegmenter, device: torch.device) -> None:
    """Before anything is computed: read the weights of a segmenter that has some, once for all.

    Raises: FileFormatError, where its file does not hold them; MissingExtraError, where its package is not installed.
    """
    if isinstance(segmenter, SamWeights):
        segmenter.network(device)


def with_cropping(told: Narrative, left_out: Sequence[float]) -> Narrative:
    """The same, where each picture's file was cropped to the model's size: how much of it the model was not shown is told.

    `left_out`: that share of each picture, none at all where nothing is known of their files.
    """
    if not any(left_out):
        return told
    records = [
        {**record, "picture": {"left_out": share}} if share else record
        for record, share in zip(told.evidence, left_out, strict=True)
    ]
    return replace(told, text=tuple(map(narrative_text, records)), evidence=tuple(records))


def _left_out(image: Any, model: ClassifierAdapter) -> tuple[float, ...]:
    """Of files and pictures; nothing where tensors are handed over, which are inputs already."""
    sources = image if isinstance(image, list | tuple) else [image]
    if model.image_format is None or not all(map(is_image_source, sources)):
        return ()
    return left_out_by_cropping(image, model.image_format)


def _of_probability(targets: NamedClasses) -> Target:
    return Target(targets, output="probability")


def _check_names(attributor: str | Explainer | None, settings: dict[str, Any]) -> None:
    """Raises: UnknownNameError, where a setting is the name of a stage, written wrongly."""
    named = ATTRIBUTOR if attributor is None else attributor
    kind = explainers().get(named) if isinstance(named, str) else type(named)
    own = [part.name for part in fields(kind)] if kind is not None else []  # type: ignore[arg-type]  # explainers are dataclasses
    for name in settings:
        close = get_close_matches(name.lower(), [*STAGES, *own], n=1, cutoff=ALIKE)
        if name not in own and close and close[0] in STAGES:
            raise UnknownNameError("option of `narrate`", name, STAGES)


def _attributor(model: Any, attributor: str | Explainer | None, settings: dict[str, Any]) -> Explainer:
    if attributor is None:
        return explainer_with(model, ATTRIBUTOR, {**USUAL, **settings})
    return explainer_with(model, attributor, settings)


def _points(points: int | Points) -> Points:
    """Raises: InputError, where they are none."""
    if isinstance(points, Points):
        return points
    check_positive_integer("points", points)
    return Points(points)


def _checks(checks: bool | Checks) -> Checks:
    """Raises: InputError, where they are none."""
    if isinstance(checks, Checks):
        return checks
    if not isinstance(checks, bool):
        raise InputError(f"`checks` must be True, False or `Checks`. Got {checks!r}.")
    return Checks() if checks else Checks(budget=0)


def _captioner(captioner: str | Captioner, wording: Wording, label_in_prompt: bool) -> Captioner:
    """Raises: InputError, where it is none, or settings of the template are given to another."""
    if isinstance(captioner, str):
        if captioner not in CAPTIONERS:
            raise InputError(
                f"`captioner` must be 'template' or one that is made, such as `load_captioner('blip_folder')`. Got {captioner!r}."
            )
        return CAPTIONERS[captioner](wording, label_in_prompt)
    if not isinstance(captioner, Captioner):
        raise InputError(f"`captioner` must be 'template' or a captioner. Got {type(captioner).__name__}.")
    if wording != "photo" or label_in_prompt:
        raise InputError("`wording` and `label_in_prompt` are for the template. Give them where the captioner is made.")
    return captioner
