"""From a prediction to a map, a region and a sentence, each stage recorded and held against the model."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.narrative import Narrative
from xaivision.core.origin import told_settings
from xaivision.core.protocols import Explainer
from xaivision.core.question import Question, question
from xaivision.core.settings import check_share
from xaivision.core.targets import Targets
from xaivision.engines.mask_evidence import refined
from xaivision.engines.pointed_objects.segmented_object import PointSegmenter
from xaivision.engines.points import EvidencePoint, point_stability
from xaivision.explainers.narratives.captions import Caption, Captioner
from xaivision.explainers.narratives.checks import Checked, Checks, consistency_record, effects_record
from xaivision.explainers.narratives.doubts import doubts
from xaivision.explainers.narratives.named_classes import classes_named
from xaivision.explainers.narratives.point_picking import Points
from xaivision.explainers.narratives.records import (
    Outlined,
    attribution_record,
    points_record,
    prediction_record,
    region_record,
    stability_record,
)
from xaivision.explainers.narratives.sentences import asked_name, narrative_text
from xaivision.explainers.narratives.stages import Stages
from xaivision.explainers.reference import baseline_of

USUAL_POINTS, USUAL_CHECKS = Points(), Checks()
# What the record and the notes call a map whose values are no shares of the score.
SLOPES = "`{}` gives slopes: its largest values are where the score would move most, which need not be what it rests on"


@dataclass(frozen=True, eq=False, repr=False)
class Narrator:
    """For each picture: the map of the `attributor`, `points` of most evidence, the region that the `segmenter` finds there,
    and what the `captioner` says of it, with `checks` of all of them.
    `refine`: the region is cut down to what holds this share of its evidence, see `refined`; None leaves it whole.

    A stage that fails ends its picture's way: the answer says which and why, and keeps what came before.

    Raises: InputError, where `refine` is no share.

    Source: VALE, 2024, arXiv:2408.12808; CC-SHAP, ACL 2024, arXiv:2311.07466
    """

    about: ClassVar[About] = About(
        name="narrator",
        answers="Which object does the evidence point at, and what is there to say of it?",
        misleads="A segmenter outlines objects, which may be larger than the evidence; words can be fluent and beside the point.",
        cost="that of the attributor, 3 + 2 x 4 forwards for the region, and 128 for CC-SHAP",
        source="VALE, 2024, arXiv:2408.12808",
        needs=Access.SCORES,
        domains=("image",),
    )

    attributor: Explainer
    segmenter: PointSegmenter
    captioner: Captioner
    points: Points = USUAL_POINTS
    checks: Checks = USUAL_CHECKS
    refine: float | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        if self.refine is not None:
            check_share("refine", self.refine)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Narrative:
        """The words, the regions (B, H, W) bool, and in `evidence` the record of each picture's stages."""
        with question(self, model, inputs, targets, seed=seed) as q:
            maps = self._maps(q, targets, seed)
            substitutes = baseline_of(q, self.checks.baseline)
            ways = [_Way(self, q, maps, substitutes, index) for index in range(len(q.query))]
            for way in ways:
                way.go()
            regions = torch.stack([way.region for way in ways])
            records = tuple(way.stages.record for way in ways)
            return q.narrative(maps[0], regions, tuple(map(narrative_text, records)), records)

    def _maps(self, q: Question, targets: Targets, seed: int) -> list[Attribution]:
        """The map, and those of further seeds where the points' stability is asked for."""
        asked = (q.model, q.query.inputs, targets)
        maps = [self.attributor.explain(*asked, seed=seed + more).as_attribution() for more in range(self.points.seeds)]
        if maps[0].kind == "slope":
            q.note(Note("warn", SLOPES.format(maps[0].method)))
        return maps


class _Way:
    """One picture's way through the stages."""

    def __init__(self, narrator: Narrator, q: Question, maps: list[Attribution], substitutes: Tensor, index: int) -> None:
        self.narrator, self.q, self.maps, self.index = narrator, q, maps, index
        self.image, self.substitute = q.query.inputs[index], substitutes[index]
        self.evidence = self._evidence(maps[0])
        self.region = torch.zeros(self.image.shape[1:], dtype=torch.bool, device="cpu")
        self.target = q.query.target.take(torch.tensor([index], device=q.query.targets.device))
        self.stages = Stages(wording=getattr(narrator.captioner, "wording", "photo"), prediction=prediction_record(q, index))

    def go(self) -> None:
        """Through all stages, as far as they lead."""
        if points := self._points():
            self._stability()
            if self._region(points):
                self._effects()
                self._caption()
        for doubt in doubts(self.stages.record):
            self.q.note(Note("warn", doubt, (self.index,)))

    def _evidence(self, one: Attribution) -> Tensor:
        return one.values[self.index].detach().double().cpu().sum(0)

    def _points(self) -> tuple[EvidencePoint, ...]:
        found: tuple[EvidencePoint, ...] = ()
        first, verdict = self.maps[0], self.maps[0].verdicts[self.index]
        with self.stages.stage("attribution") as part:
            part.update(attribution_record(self.maps))
            if verdict.status == "refuse":
                raise InputError(f"`{first.method}` must give a map that can be shown. It was refused: {verdict.reasons[0]}.")
        if self.stages.done("attribution"):
            with self.stages.stage("points") as part:
                found = self.narrator.points.picked(self.evidence, self.image)
                part.update(points_record(found, self.evidence))
        return found

    def _stability(self) -> None:
        """How far the first point moves over the seeds, where there are several; the points stand where that is not known."""
        if len(self.maps) > 1:
            with self.stages.stage("stability") as part:
                every = torch.stack([self._evidence(one) for one in self.maps])
                moved = point_stability(every, self.narrator.points.detail(self.image))
                part.update(stability_record(moved, self.evidence))

    def _region(self, points: tuple[EvidencePoint, ...]) -> bool:
        with self.stages.stage("region") as part:
            part["segmenter"] = repr(self.narrator.segmenter)
            found = self.narrator.segmenter.segmented(self.image, points, self.evidence)
            mask, share = found.mask.cpu().bool(), self.narrator.refine
            if not bool(mask.any()):
                raise InputError("The segmenter must outline something. It returned an empty mask. Try another `segmenter`.")
            self.region = mask if share is None else refined(mask, self.evidence, share, points)
            part.update(region_record(Outlined(found, self.region, points, self.evidence, share)))
        return self.stages.done("region")

    def _effects(self) -> None:
        of = self._checked()
        with self.stages.stage("effects") as part:
            part.update(effects_record(of.effects(self.narrator.checks.shifts), of.measured.unit))

    def _caption(self) -> None:
        captioner, caption = self.narrator.captioner, None
        label = asked_name(self.stages.record["prediction"]) if captioner.label_in_prompt else None
        with self.stages.stage("caption") as part:
            part.update(captioner=captioner.name, measured=captioner.measures, label=label, view=getattr(captioner, "view", ""))
            caption = _checked_caption(captioner.caption(self.image, self.region, label), captioner.name)
            part.update(prompt=caption.prompt, label_in_prompt=caption.label_in_prompt, text=caption.text)
            if not caption.text.strip():
                raise InputError(
                    f"{captioner.name} must say something of the region. It returned no words. Try another `prompt`."
                )
        if caption is not None and self.stages.done("caption"):
            self._agreement(caption)

    def _agreement(self, caption: Caption) -> None:
        narrator, names = self.narrator, self.q.query.class_names
        if narrator.captioner.measures:
            self.stages.record["naming"] = {"agreement": "silent", "named": [], "why": "it names no classes"}
        else:
            found = classes_named(caption.text, names, str(self.stages.record["prediction"]["predicted"]))
            self.stages.record["naming"] = {"agreement": found.agreement, "named": list(found.named)}
        if narrator.checks.budget != 0:
            with self.stages.stage("consistency") as part:
                part.update(consistency_record(self._checked(), narrator.captioner, caption, narrator.checks, self.q.seed))

    def _checked(self) -> Checked:
        return Checked(self.q.model, self.image, self.substitute, self.region, self.target)


def _checked_caption(caption: object, name: str) -> Caption:
    """Raises: InputError, where a captioner of a user's own gave something else."""
    if not isinstance(caption, Caption) or not isinstance(caption.text, str):
        got = type(caption).__name__ if not isinstance(caption, Caption) else f"a text of {type(caption.text).__name__}"
        raise InputError(f"{name} must return a `Caption` with a text. Got {got}.")
    return caption
