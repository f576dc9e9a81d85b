"""Anchors: conditions under which the prediction stays, whatever else changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.question import Question, question
from xaivision.core.rules import Rule, Rules
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import Targets
from xaivision.engines.rules.anchor_search import Found, Plan, anchor_search
from xaivision.engines.rules.conjunctions import Conjunctions
from xaivision.engines.rules.kl_bounds import lower_bound
from xaivision.engines.rules.table_cuts import column_cuts
from xaivision.engines.rules.tally import Helping
from xaivision.engines.segments import SegmentsSetting, segment_labels
from xaivision.explainers.absence import Absent, absence
from xaivision.explainers.background import check_background, fitting_background
from xaivision.explainers.rules.neighbors_of_rules import KeptSegments, KnownRows, Neighborhood
from xaivision.explainers.rules.trials import Trials

# Draws that nothing was chosen by: what the precision that is told is measured on.
FRESH = 1000
# A share of so large a background is left out of the search, for what a rule covers to be counted on. Of a smaller one every row
# is needed to find the rule.
LARGE, LEFT_OUT = 1000, 0.2


@dataclass(frozen=True, eq=False)
class Anchors:
    """For each input the rule that covers most among those that hold the prediction in the `threshold`'s share of cases, found
    by a beam search in which KL-LUCB decides what is tried further. None, where it finds only that no condition helps.

    Tables: conditions are categories, and cuts that a number is above or not above: the quartiles of the `background` (N, F), and
    where a small tree on the column alone cuts the model's scores of it. A rule is tried on rows of the background in which
    values that miss it are replaced by known ones that meet it. What it covers is counted on a fifth of the background that is
    left out of the search, or, of less than 1000 rows, on those that it was chosen by: a note says which. Pictures: a
    condition is one of the `segments` that is there; the others are there or, by half a chance, replaced by the `baseline`.

    A rule is accepted if the prediction holds in that share of 1000 draws that it was not chosen by, and `delta` is the chance
    that a search accepts one that is less precise than the threshold less 0.05, however many it looks at. The `precision` that
    is told, and its bound, are measured on 1000 more: where it is below the threshold that is said, and where it misses it by
    more than 0.05 that is a warning. Where no rule is accepted the best one is told with a warning.

    The `beam_size` rules of each length whose draws come nearest to the prediction are made longer, up to `max_anchor_size`
    conditions. `samples` draws are taken of a rule at a time, and `most_samples` an input.
    """

    about: ClassVar[About] = About(
        name="anchors",
        answers="Which few facts about this input hold the prediction, whatever else is changed?",
        misleads="It holds for changes of the kind that were drawn: columns one by one, or hidden segments. What covers few "
        "cases says little, and a broken rule says nothing at all.",
        cost="5,000 to 100,000 forwards an input, most of them for conditions that are tried and left",
        source="Ribeiro et al., Anchors, AAAI 2018, doi:10.1609/aaai.v32i1.11491",
        needs=Access.SCORES,
    )

    background: Tensor | None = None
    threshold: float = 0.95
    delta: float = 0.05
    beam_size: int = 2
    max_anchor_size: int = 12
    samples: int = 100
    most_samples: int = 100_000
    segments: SegmentsSetting = "slic"
    baseline: Absent = "auto"

    __repr__ = told_settings

    def __post_init__(self) -> None:
        if self.background is not None:
            check_background(self.background)
        for name in ("threshold", "delta"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
                raise InputError(f"`{name}` must be a number between 0 and 1. Got {value!r}.")
        for name in ("beam_size", "max_anchor_size", "samples", "most_samples"):
            check_positive_integer(name, getattr(self, name))

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Rules:
        """One rule for each input; `players` are the segments of pictures.

        Raises: InputError, where a table has no background, or the settings do not fit the inputs.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            neighborhoods, players = self._neighborhoods(q)
            trials = Trials(q, neighborhoods)
            plans = [Conjunctions(one.covered(q.generator("coverage")), one.features) for one in neighborhoods]
            found = trials.searched([anchor_search(one, self._plan()) for one in plans])
            self._refuse(q, found)
            told = [index for index, one in enumerate(found) if is_rule(one)]
            fresh = trials.outcomes({index: [Helping(found[index].anchor, FRESH)] for index in told})
            rules = {index: self._rule(q, trials, index, float(fresh[index].held), found[index]) for index in told}
            return q.rules(tuple((rules[index],) if index in rules else () for index in range(len(found))), players)

    def _neighborhoods(self, q: Question) -> tuple[Sequence[Neighborhood], Tensor | None]:
        if q.model.domain == "tabular":
            if self.background is None:
                raise InputError("`background` must be given for tables: rules are tried on known rows. Got none.")
            rows = fitting_background(q, self.background).cpu()
            categorical = [column for column, words in enumerate(q.query.category_names) if words]
            if bool((rows == rows[0]).all()):
                q.note(Note("warn", "all rows of `background` are equal: every rule was tried on nothing else"))
            known, counted = _parted(q, rows)
            cuts = column_cuts(known, q.model(known.to(q.query.inputs)))
            return [KnownRows(one.detach().cpu(), known, cuts, categorical, counted) for one in q.query.inputs], None
        players, notes = segment_labels(self.segments, q.query.inputs)
        for note in notes:
            q.note(note)
        absent = absence(q, self.baseline, None, players.to(q.query.inputs.device))
        return [KeptSegments(removal, labels) for removal, labels in zip(absent.removals, players, strict=True)], players

    def _rule(self, q: Question, trials: Trials, index: int, held: float, found: Found) -> Rule:
        self._doubt(q, found, index, held / FRESH)
        neighborhood = trials.neighborhoods[index]
        share = torch.tensor([held / FRESH], dtype=torch.float64, device="cpu")
        bound = lower_bound(share, torch.tensor([log(1 / 0.05) / FRESH], dtype=torch.float64, device="cpu"))
        covered = Conjunctions(neighborhood.covered_anew(q.generator("fresh coverage")), neighborhood.features).coverage(
            found.anchor
        )
        if not covered:
            q.note(Note("warn", "no known case meets the rule: it covers nothing but the input", (index,)))
        return Rule(neighborhood.conditions(found.anchor), float(share), covered, float(bound))

    def _plan(self) -> Plan:
        return Plan(
            threshold=self.threshold,
            delta=self.delta,
            beam=self.beam_size,
            batch=self.samples,
            most_conditions=self.max_anchor_size,
            most_draws=self.most_samples,
        )

    def _refuse(self, q: Question, found: Sequence[Found]) -> None:
        """Where nothing is better than no condition, no rule was found."""
        for index, one in enumerate(found):
            if not is_rule(one):
                text = "no rule was found: none is known to hold the prediction more often than no condition does"
                q.note(Note("warn", f"{text} ({self._tried(one)})", (index,)))

    def _tried(self, found: Found) -> str:
        why = "draws were used up" if found.draws >= self.most_samples else f"draws, up to {self.max_anchor_size} conditions"
        return f"{found.tried:,} rules were tried, {found.draws:,} {why}"

    def _doubt(self, q: Question, found: Found, index: int, fresh: float) -> None:
        """What is told of how sure the rule is: the `fresh` share alone owes nothing to luck."""
        wanted, floor = f"{self.threshold:.0%}", self.threshold - self._plan().slack
        if not found.sure:
            text = f"no rule is sure to hold the prediction in {wanted} of cases: this is the best one ({self._tried(found)})"
            q.note(Note("warn", text, (index,)))
        elif fresh < floor:
            text = f"it seemed to hold in {wanted} of cases when it was chosen, and holds in {fresh:.1%} of fresh draws"
            q.note(Note("warn", text, (index,)))
        elif fresh < self.threshold:
            text = f"it holds in {fresh:.1%} of fresh draws, not in {wanted}: that it holds in {floor:.0%} is all that is sure"
            q.note(Note("ok", text, (index,)))
        elif not found.anchor:
            q.note(Note("ok", "no condition is needed: nearly every case that is drawn is predicted so", (index,)))


def is_rule(found: Found) -> bool:
    """Whether the search ended with more than that it knows of no condition."""
    return found.sure or bool(found.anchor)


def _parted(q: Question, rows: Tensor) -> tuple[Tensor, Tensor]:
    """The known rows to search by, and those to count on what a rule covers."""
    if len(rows) < LARGE:
        q.note(Note("ok", f"coverage is counted on the {len(rows)} known rows that the rules were chosen by"))
        return rows, rows
    order = torch.randperm(len(rows), generator=q.generator("left out"), device="cpu")
    counted = round(LEFT_OUT * len(rows))
    q.note(Note("ok", f"coverage is counted on {counted} known rows that no rule was chosen by"))
    return rows[order[counted:]], rows[order[:counted]]
