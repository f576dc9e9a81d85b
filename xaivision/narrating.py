"""The door from a prediction to a region and to words: names become stages, and anything that holds pictures a batch."""

from collections.abc import Callable
from typing import Any, Literal

from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.narrative import Narrative
from xaivision.core.protocols import Explainer
from xaivision.core.targets import NamedClasses, Target, TargetScore
from xaivision.core.wrapping import classifier
from xaivision.engines.pointed_objects.naming import PointSegmenterSetting, point_segmenter
from xaivision.explainers.narratives.captions import Captioner, Wording
from xaivision.explainers.narratives.checks import Checks
from xaivision.explainers.narratives.narrator import Narrator
from xaivision.explainers.narratives.point_picking import Points
from xaivision.explainers.narratives.template_captioner import TemplateCaptioner
from xaivision.facade import TargetNames, as_batch, explainer_with, named_targets

# Shares of the score on superpixels, from scores alone: any model that takes pictures can be asked.
ATTRIBUTOR = "kernel_shap"
USUAL: dict[str, Any] = {"budget": 400, "baseline": "mean"}
CAPTIONERS: dict[str, Callable[[Wording, bool], Captioner]] = {"template": TemplateCaptioner}


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
    the region down to the fewest pixels that hold 90 % of its evidence. `checks` False leaves
    CC-SHAP out, which asks the model 128 times more; or `Checks`.

    Raises: as `explain`; InputError, where a stage is none. A stage that fails on a picture is told in the answer.
    """
    adapter = classifier(model)
    if adapter.domain != "image":
        raise CapabilityError("A narrative outlines an object in a picture. Got a model of table rows. Use `xv.explain`.")
    narrator = Narrator(
        _attributor(adapter, attributor, settings),
        point_segmenter(segmenter),
        _captioner(captioner, wording, label_in_prompt),
        Points(points) if not isinstance(points, Points) else points,
        checks if isinstance(checks, Checks) else Checks() if checks else Checks(budget=0),
        refine,
    )
    asked = targets if isinstance(targets, Target | TargetScore) or not adapter.gives_probabilities else _of_probability(targets)
    return narrator.explain(adapter, as_batch(adapter, image), named_targets(adapter, asked), seed=seed)


def _of_probability(targets: NamedClasses) -> Target:
    return Target(targets, output="probability")


def _attributor(model: Any, attributor: str | Explainer | None, settings: dict[str, Any]) -> Explainer:
    if attributor is None:
        return explainer_with(model, ATTRIBUTOR, {**USUAL, **settings})
    return explainer_with(model, attributor, settings)


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
