"""From a prediction to a map, a region and a sentence, each stage recorded and held against the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

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
from xaivision.core.sharing import shared_scores
from xaivision.core.targets import Output, Targets, TargetScore
from xaivision.engines.mask_evidence import mask_evidence, points_inside, refined
from xaivision.engines.pointed_objects.segmented_object import PointSegmenter, SegmentedObject
from xaivision.engines.points import EvidencePoint, point_stability
from xaivision.explainers.narratives.captions import Caption, Captioner
from xaivision.explainers.narratives.checks import Checked, Checks, consistency_record, effects_record
from xaivision.explainers.narratives.named_classes import classes_named
from xaivision.explainers.narratives.point_picking import Points
from xaivision.explainers.narratives.sentences import PLACE_NOTES, narrative_text, place_doubt
from xaivision.explainers.narratives.stages import Stages
from xaivision.explainers.reference import baseline_of

USUAL_POINTS, USUAL_CHECKS = Points(), Checks()
# What the record and the notes call a map whose values are no shares of the score.
SLOPES = "`{}` gives slopes: its largest values are where the score would move most, which need not be what it rests on"


@dataclass(frozen=True, eq=False, repr=False)
class Narrator:
    """For each picture: the map of the `attributor`, `points` of most evidence, the region that the `segmenter` finds there,
    and what the `captioner` says of it, with `checks` of all of them.
    `refine`: the region is cut down to the fewest pixels that hold this share of its evidence; None leaves it whole.

    A stage that fails ends its picture's way: the answer says which and why, and keeps what came before.

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
        self.evidence = maps[0].values[index].detach().double().cpu().sum(0)
        self.region = torch.zeros(self.image.shape[1:], dtype=torch.bool, device="cpu")
        self.target = q.query.target.take(torch.tensor([index], device=q.query.targets.device))
        self.stages = Stages(wording=getattr(narrator.captioner, "wording", "photo"), prediction=prediction_record(q, index))

    def go(self) -> None:
        """Through all stages, as far as they lead."""
        points = self._points()
        found = self._region(points) if points else None
        if found is not None:
            self._effects()
            self._caption()
        for stage, why in self.stages.failures:
            self._doubt(f"{stage}: {why}")

    def _points(self) -> tuple[EvidencePoint, ...]:
        found: tuple[EvidencePoint, ...] = ()
        first, verdict = self.maps[0], self.maps[0].verdicts[self.index]
        with self.stages.stage("attribution") as part:
            part.update(method=first.method, kind=first.kind, all_seconds=first.diagnostics.seconds)
            if verdict.status == "refuse":
                raise InputError(f"`{first.method}` must give a map that can be shown. It was refused: {verdict.reasons[0]}.")
        if not self.stages.done("attribution"):
            return found
        with self.stages.stage("points") as part:
            found = self.narrator.points.picked(self.evidence, self.image)
            part["points"] = [
                {"row": one.row, "column": one.column, "evidence": one.evidence, "positive": one.positive} for one in found
            ]
            if len(self.maps) > 1:
                every = torch.stack([one.values[self.index].detach().double().cpu().sum(0) for one in self.maps])
                moved = point_stability(every, self.narrator.points.detail(self.image))
                part["stability"] = {
                    "seeds": len(self.maps),
                    "mean_distance": moved.mean_distance,
                    "largest_distance": moved.largest_distance,
                }
        return found

    def _region(self, points: tuple[EvidencePoint, ...]) -> SegmentedObject | None:
        found: SegmentedObject | None = None
        with self.stages.stage("region") as part:
            part["segmenter"] = repr(self.narrator.segmenter)
            found = self.narrator.segmenter.segmented(self.image, points, self.evidence)
            mask, share = found.mask.cpu().bool(), self.narrator.refine
            if not bool(mask.any()):
                raise InputError("The segmenter must outline something. It returned an empty mask. Try another `segmenter`.")
            self.region = mask if share is None else refined(mask, self.evidence, share)
            held, inside = mask_evidence(self.region, self.evidence), points_inside(points, self.region)
            part.update(
                score=found.score,
                scores=None if found.scores is None else found.scores.tolist(),
                chosen=found.chosen,
                area=held.area,
                mass=held.mass,
                area_over_mass=held.area_over_mass,
                refined=share,
                points_inside=inside,
            )
            if inside < 1:
                self._doubt(f"{1 - inside:.0%} of the points of most evidence lie outside the outlined region")
        return found if self.stages.done("region") else None

    def _effects(self) -> None:
        of = self._checked()
        with self.stages.stage("effects") as part:
            unit = "probability" if of.model.gives_probabilities else self.q.query.unit
            part.update(effects_record(of.effects(self.narrator.checks.shifts), unit))
            if doubt := place_doubt(part):
                self._doubt(PLACE_NOTES[doubt])

    def _caption(self) -> None:
        captioner, caption = self.narrator.captioner, None
        label = str(self.stages.record["prediction"]["target"]) if captioner.label_in_prompt else None
        with self.stages.stage("caption") as part:
            part.update(captioner=captioner.name, measured=captioner.measures, label=label, view=getattr(captioner, "view", ""))
            caption = _checked_caption(captioner.caption(self.image, self.region, label), captioner.name)
            part.update(prompt=caption.prompt, label_in_prompt=caption.label_in_prompt, text=caption.text)
            if not caption.text.strip():
                raise InputError(
                    f"{captioner.name} must say something of the region. It returned no words. Try another `prompt`."
                )
            if caption.label_in_prompt:
                self._doubt("the words were written with the label at hand: they are no independent evidence")
        if caption is not None and self.stages.done("caption"):
            self._agreement(caption)

    def _agreement(self, caption: Caption) -> None:
        narrator, names = self.narrator, self.q.query.class_names
        if narrator.captioner.measures:
            self.stages.record["naming"] = {"agreement": "silent", "named": [], "why": "it names no classes"}
        else:
            found = classes_named(caption.text, names, str(self.stages.record["prediction"]["predicted"]))
            self.stages.record["naming"] = {"agreement": found.agreement, "named": list(found.named)}
            if found.agreement == "contradicts":
                self._doubt(f"the words speak of {', '.join(found.named)} and contradict the model")
        if narrator.checks.budget != 0:
            with self.stages.stage("consistency") as part:
                part.update(consistency_record(self._checked(), narrator.captioner, caption, narrator.checks, self.q.seed))

    def _checked(self) -> Checked:
        return Checked(self.q.model, self.image, self.substitute, self.region, self.target)

    def _doubt(self, text: str) -> None:
        self.q.note(Note("warn", text, (self.index,)))


def _checked_caption(caption: object, name: str) -> Caption:
    """Raises: InputError, where a captioner of a user's own gave something else."""
    if not isinstance(caption, Caption) or not isinstance(caption.text, str):
        got = type(caption).__name__ if not isinstance(caption, Caption) else f"a text of {type(caption.text).__name__}"
        raise InputError(f"{name} must return a `Caption` with a text. Got {got}.")
    return caption


def prediction_record(q: Question, index: int) -> Mapping[str, Any]:
    """What the model says of one picture: the predicted class, the one that is explained, and the next; with their scores."""
    scores = shared_scores(q.model, q.query.inputs)[index : index + 1]
    first, second = scores[0].double().topk(2).indices.tolist()
    target = int(q.query.targets[index])
    unit = "probability" if q.model.gives_probabilities else q.query.score_unit
    output: Output = "probability" if q.model.gives_probabilities else "score"

    def told(place: int) -> float:
        chosen = torch.tensor([place], device=scores.device)
        return float(TargetScore(chosen, output=output, score_unit=q.query.score_unit).of(scores)[0])

    names = q.query.class_names
    named = {"predicted": first, "target": target, "runner_up": second}
    return {
        "unit": unit,
        **{which: names[place] if names else f"class {place}" for which, place in named.items()},
        **{f"{which}_score": told(place) for which, place in named.items()},
    }
