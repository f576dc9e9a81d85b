"""One question put to a model, from the checked inputs to the finished result with its cost and its doubts."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor

from xaivision.core.about import Kind
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.completeness import completeness_gap, score_change
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Diagnostics, Note
from xaivision.core.errors import CapabilityError
from xaivision.core.examples import Examples
from xaivision.core.granted import ungranted
from xaivision.core.machine import load_per_core
from xaivision.core.metering import Meter, metered
from xaivision.core.modes import trained_otherwise
from xaivision.core.narrative import Narrative
from xaivision.core.origin import Origin, plain_settings
from xaivision.core.protocols import Explainer
from xaivision.core.query import Query, Scorer, asked
from xaivision.core.random import generator
from xaivision.core.requirements import lacking, refusal
from xaivision.core.rules import Rule, Rules, told_rule
from xaivision.core.sharing import shared_scores
from xaivision.core.slope import slope_notes
from xaivision.core.steadiness import steadiness_notes
from xaivision.core.structure import walked_once
from xaivision.core.targets import Targets
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier

# A score that moves by less than this share of itself (of 1, where it is larger) is taken as constant when a map is zero
# everywhere: float32 is finer by three digits, and a change that small is no reason for a map.
STILL = 1e-4


class Bill(NamedTuple):
    """What was counted since a question was put, and when that was: its scores are part of the bill."""

    meter: Meter
    start: float


class Question:
    """What an explainer works with: the model, the query, its seed, and notes for the verdict."""

    def __init__(self, explainer: Explainer, model: ClassifierAdapter, query: Query, seed: int, bill: Bill) -> None:
        self.explainer = explainer
        self.model = model
        self.query = query
        self.seed = seed
        self.notes: list[Note] = []
        self._bill = bill

    @property
    def torch_model(self) -> TorchClassifier:
        """The model as a differentiable and hookable one.

        Raises: CapabilityError, where it is not: a setting may ask for more than the method does.
        """
        if not isinstance(self.model, TorchClassifier):
            raise CapabilityError(lacking(self.explainer.about, self.model, Access.ACTIVATIONS))
        return self.model

    def note(self, note: Note) -> None:
        """Remember something for the verdict."""
        self.notes.append(note)

    def generator(self, *path: object) -> torch.Generator:
        """Draws for this method alone. Draw with the shape of one input, so that neighbours in the batch do not matter."""
        return generator(self.seed, self.explainer.about.name, *path)

    def attribution(
        self,
        values: Tensor,
        kind: Kind,
        *,
        baseline: Tensor | None = None,
        reference_scores: Tensor | None = None,
        adds_up: bool = False,
        standard_error: Tensor | None = None,
    ) -> Attribution:
        """The answer. `adds_up`: the method promises completeness, so its gap to the reference is measured."""
        gap = None
        if adds_up and reference_scores is not None:
            gap = completeness_gap(values, score_change(self.query.scores, reference_scores))
        if reference_scores is None and not self.explainer.about.control:
            self._doubt_zero_maps(values)
        return Attribution(
            self.query,
            self._origin(),
            self._diagnostics(completeness_gap=gap, standard_error=standard_error),
            values=values.detach(),
            kind=kind,
            baseline=baseline,
            reference_scores=reference_scores,
        )

    def examples(self, examples: Tensor, indices: Tensor, similarity: Tensor, **more: Tensor | None) -> Examples:
        """The answer in examples."""
        return Examples(
            self.query, self._origin(), self._diagnostics(), examples=examples, indices=indices, similarity=similarity, **more
        )

    def counterfactuals(
        self,
        counterfactuals: Tensor,
        goals: Tensor,
        scores: Tensor,
        found: Tensor,
        **more: Any,
    ) -> Counterfactuals:
        """The answer in counterfactuals, (B, k, *S), with the class that each input was to reach; `more`: `edits`, `costs`."""
        asked = (self.query, self._origin(), self._diagnostics())
        return Counterfactuals(*asked, counterfactuals=counterfactuals, goals=goals, scores=scores, found=found, **more)

    def rules(self, rules: tuple[tuple[Rule, ...], ...], players: Tensor | None = None) -> Rules:
        """The answer in rules, for each input its own, told in the names of its columns and categories."""
        told = tuple(tuple(told_rule(self.query, one, players) for one in mine) for mine in rules)
        return Rules(self.query, self._origin(), self._diagnostics(), rules=told, players=players)

    def narrative(
        self, attribution: Attribution, regions: Tensor, text: tuple[str, ...], evidence: tuple[Mapping[str, Any], ...] = ()
    ) -> Narrative:
        """The answer in words about an attribution, with the record of each stage."""
        asked = (self.query, self._origin(), self._diagnostics())
        return Narrative(*asked, attribution=attribution, regions=regions, text=text, evidence=evidence)

    def _doubt_zero_maps(self, values: Tensor) -> None:
        """A zero map is only right where the score does not move; ask the model whether it does."""
        zero = (~values.flatten(1).any(1)).nonzero().flatten()
        if not len(zero):
            return
        moved, still = self._movement(zero)
        for index, by, within in zip(zero.tolist(), moved.tolist(), still.tolist(), strict=True):
            if not by <= within:  # a score that is not a number any more has moved too
                text = f"the map is zero everywhere while the score moves by {by:.3g} when the input is replaced"
                self.note(Note("refuse", text, (index,)))
            else:
                self.note(Note("warn", "the map is zero everywhere: the score does not depend on this input here", (index,)))

    def _movement(self, zero: Tensor) -> tuple[Tensor, Tensor]:
        """(n,) the largest change of the target score when these inputs are replaced by nothing, or by noise; (n,) what
        still counts as none.
        """
        inputs, target = self.query.inputs[zero], self.query.target.take(zero)
        noise = torch.rand(inputs.shape[1:], generator=self.generator("zero map"), dtype=torch.float64, device="cpu")
        for column, words in enumerate(self.query.category_names):
            if words:  # a share of a category is no code, and a model of such may refuse it
                noise[column] = (noise[column] * len(words)).floor()
        probes = (torch.zeros_like(inputs), noise.to(inputs).expand_as(inputs).contiguous())
        before = self.query.scores[zero].double()
        after = torch.stack([target.of(shared_scores(self.model, probe)).double() for probe in probes])
        scale = torch.maximum(before.abs(), after.abs().amax(0)).clamp_max(1)
        return (after - before).abs().amax(0), STILL * scale

    def _origin(self) -> Origin:
        return Origin(self.explainer.about.name, plain_settings(self.explainer), self.seed, model=repr(self.model))

    def _diagnostics(self, **measured: Any) -> Diagnostics:
        return Diagnostics(
            model_calls=self._bill.meter.model_calls_alone,
            gradient_calls=self._bill.meter.gradient_calls_alone,
            seconds=time.perf_counter() - self._bill.start + self._bill.meter.recalled_seconds,
            load=load_per_core(),
            notes=tuple(self.notes),
            **measured,
        )


@contextmanager
def question(
    explainer: Explainer,
    model: Classifier,
    inputs: Tensor,
    targets: Targets = None,
    *,
    seed: int = 0,
    scorer: Scorer = shared_scores,
) -> Iterator[Question]:
    """Open a question: check that the method fits the model and the inputs fit both; count what is asked inside.

    `scorer` gives the scores: a method whose own pass has them asks the model no second time.

    Raises: CapabilityError, where the method needs more than the model gives, AccessError, where it is more than was granted of
    it; InputError, where inputs or targets do not fit.
    """
    adapter = classifier(model)
    if refused := refusal(explainer.about, adapter):
        raise refused
    with adapter.held(), metered() as meter:
        start = time.perf_counter()
        with walked_once():  # which layer shows maps, and whether the model is steady, are known until its parts change
            query = asked(adapter, inputs, targets, scorer)
            opened = Question(explainer, adapter, query, seed, Bill(meter, start))
            if isinstance(adapter, TorchClassifier) and not explainer.about.control:
                opened.notes += _model_notes(explainer, adapter, query.inputs)
        yield opened


def _model_notes(explainer: Explainer, model: TorchClassifier, inputs: Tensor) -> tuple[Note, ...]:
    """What there is to doubt of the model itself, by a method that looks at it like this one.

    One that has a `layer` looks at gradients there, if at any.
    """
    found = (*_mode_notes(model), *steadiness_notes(model, inputs))
    if any(note.status != "ok" for note in found) or explainer.about.needs < Access.GRADIENTS or hasattr(explainer, "layer"):
        return found  # a slope of a score that moves by itself cannot be measured
    return (*found, *slope_notes(model, inputs))


def _mode_notes(model: TorchClassifier) -> tuple[Note, ...]:
    if kinds := trained_otherwise(ungranted(model).model):
        text = f"the model was handed over in training mode and is explained in evaluation mode, where {', '.join(kinds)} differ"
        return (Note("ok", text),)
    return ()
