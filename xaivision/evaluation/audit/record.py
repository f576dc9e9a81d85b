"""The record of one shard while it is worked on: from answers and scores to rows, costs, curves and thumbnails."""

import math
import re
from collections.abc import Mapping

import torch
from torch import Tensor

from xaivision.core.errors import XaivisionError
from xaivision.core.explanation import Explanation
from xaivision.core.metering import Meter
from xaivision.core.scores import Scores
from xaivision.engines.ranking import spearman_matrix
from xaivision.evaluation.audit.method_agreement import pair_label
from xaivision.evaluation.audit.part import Array, Cost, Curve, Doubt, Part, Shard, summed_curves, summed_doubts
from xaivision.evaluation.audit.pieces import Chosen, Pieces
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.rows import AGREEMENT, DRAW, Row
from xaivision.evaluation.audit.thumbnails import map_thumbnail, picture_thumbnail, stacked
from xaivision.evaluation.standing import DRAWS, REVERSED

# Numbers that stand alone: not those in names, such as layers.2 or R2.
NUMBERS = re.compile(r"(?<![\w.`])[-+\N{MINUS SIGN}]?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w`])")


class Record:
    """Takes what the worker finds, in the order in which it finds it."""

    def __init__(self, shard: Shard, names: tuple[str, ...], plan: AuditPlan) -> None:
        self._shard, self._names, self._plan = shard, names, plan
        self._rows: list[Row] = []
        self._costs: list[Cost] = []
        self._curves: list[Curve] = []
        self._doubts: list[Doubt] = []
        self._targets: dict[int, int] = {}
        self._verdicts: dict[tuple[int, str], str] = {}
        self._maps: dict[str, dict[int, Tensor]] = {}
        self._pictures: dict[int, Array] = {}

    def failed(self, errors: Mapping[int, str]) -> None:
        """Items that could not be read or scored."""
        self._rows += [self._row(item, error=why) for item, why in errors.items()]

    def asked(self, items: Chosen, inputs: Tensor, classes: Tensor) -> None:
        """Items that were scored, with the classes that are explained."""
        self._targets.update(zip(items, classes.tolist(), strict=True))
        if inputs.ndim == 4:
            self._pictures.update((item, picture_thumbnail(one)) for item, one in zip(items, inputs, strict=True))

    def explained(self, label: str, found: Pieces[Explanation]) -> None:
        """What one method answered; whoever has no attribution has no map."""
        self._rows += [self._row(item, label, error=why) for item, why in found.errors.items()]
        for chosen, explanation in found.answers:
            d = explanation.diagnostics
            self._costs.append(Cost(label, "", len(chosen), d.model_calls, d.gradient_calls, d.seconds))
            for item, verdict in zip(chosen, explanation.verdicts, strict=True):
                control = label in self._plan.controls
                self._verdicts[item, label] = "" if control else verdict.status
                self._doubts += [] if control else [Doubt(label, one, 1) for one in dict.fromkeys(map(_kind, verdict.reasons))]
            try:
                values = explanation.as_attribution().feature_values
            except XaivisionError:
                continue
            self._maps.setdefault(label, {}).update(zip(chosen, values, strict=True))

    def judged(self, label: str, metric: str, found: Pieces[Scores]) -> None:
        """What one metric said of one method; an explanation that is refused has no value, whatever was measured on it."""
        self._rows += [self._row(item, label, metric=metric, error=why) for item, why in found.errors.items()]
        for chosen, scores in found.answers:
            self._costs.append(Cost(label, metric, len(chosen), scores.model_calls, scores.gradient_calls, scores.seconds))
            self._add_values(chosen, label, "", metric, scores.values)
            if REVERSED in scores.controls:
                self._add_values(chosen, label, REVERSED, metric, scores.controls[REVERSED].values)
            for number, values in enumerate(scores.details[DRAWS].T if DRAWS in scores.details else ()):
                self._add_values(chosen, label, f"{DRAW}{number}", metric, values)
            self._add_curve(chosen, label, metric, scores)

    def compared(self) -> None:
        """How much every two explanations of each item agree: rank correlation of their values."""
        for item in self._targets:
            labels = [label for label, maps in self._maps.items() if item in maps]
            if len(labels) < 2:
                continue
            matrix = spearman_matrix([self._maps[label][item] for label in labels])
            for i, j in zip(*torch.triu_indices(len(labels), len(labels), 1).tolist(), strict=True):
                self._rows.append(self._row(item, pair_label(labels[i], labels[j]), metric=AGREEMENT, value=float(matrix[i, j])))

    def part(self, meter: Meter, seconds: float) -> Part:
        """Everything, with what it cost together; rows in the order of the items."""
        places = {self._names[item]: place for place, item in enumerate(self._shard.items)}
        maps = {label: stacked([_small(found.get(item)) for item in self._shard.items]) for label, found in self._maps.items()}
        return Part(
            self._shard.number,
            tuple(sorted(self._rows, key=lambda row: places[row.item])),
            tuple(self._costs),
            summed_curves(self._curves),
            meter.model_calls,
            meter.gradient_calls,
            seconds,
            len(self._shard.items),
            {label: one for label, one in maps.items() if one is not None},
            stacked([self._pictures.get(item) for item in self._shard.items]),
            doubts=summed_doubts(self._doubts),
        )

    def _add_values(self, chosen: Chosen, label: str, variant: str, metric: str, values: Tensor) -> None:
        for item, value in zip(chosen, values.tolist(), strict=True):
            self._rows.append(self._row(item, label, variant, metric, math.nan if self._refused(item, label) else value))

    def _refused(self, item: int, label: str) -> bool:
        return self._verdicts.get((item, label)) == "refuse"

    def _add_curve(self, chosen: Chosen, label: str, metric: str, scores: Scores) -> None:
        if scores.curves is None or scores.curve_shares is None:
            return
        shown = torch.tensor([not self._refused(item, label) for item in chosen])
        defined = scores.curves[shown & scores.curves.isfinite().all(1).cpu()].double()
        shares, sums = scores.curve_shares.double().flatten().tolist(), defined.sum(0).tolist()
        self._curves.append(Curve(label, metric, len(defined), tuple(shares), tuple(sums)))

    def _row(
        self, item: int, method: str = "", variant: str = "", metric: str = "", value: float = math.nan, *, error: str = ""
    ) -> Row:
        verdict = self._verdicts.get((item, method), "")
        return Row(self._names[item], self._targets.get(item, -1), method, variant, metric, value, error, verdict)


def _kind(reason: str) -> str:
    """What a reason says whatever its numbers are: they differ from item to item."""
    return NUMBERS.sub("\N{HORIZONTAL ELLIPSIS}", reason)


def _small(values: Tensor | None) -> Array | None:
    return None if values is None else map_thumbnail(values)
