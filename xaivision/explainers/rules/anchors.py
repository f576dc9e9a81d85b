"""Anchors: conditions under which the prediction stays, whatever else changes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import ClassVar, NamedTuple

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
from xaivision.core.settings import check_positive_integer, check_positive_number
from xaivision.core.targets import Targets
from xaivision.engines.rules.anchor_search import Found, Plan, Search, anchor_search
from xaivision.engines.rules.conjunctions import Conjunctions
from xaivision.engines.rules.kl_bounds import lower_bound
from xaivision.engines.rules.table_conditions import sorted_columns
from xaivision.engines.rules.table_cuts import column_cuts, load_trees
from xaivision.engines.rules.tally import Helping
from xaivision.engines.segments import SegmentsSetting, segment_labels
from xaivision.explainers.absence import Absent, absence
from xaivision.explainers.background import check_background, fitting_background
from xaivision.explainers.rows_in_words import class_words
from xaivision.explainers.rules.neighbors_of_rules import KeptSegments, KnownRows, Neighborhood
from xaivision.explainers.rules.timed_scores import TimedScores
from xaivision.explainers.rules.trials import Trials
from xaivision.explainers.search_clock import Clock

# Draws that nothing was chosen by: what the precision that is told is measured on. Where there is a limit of time, at most this
# share of it is kept for them, and this one is taken for what is known beforehand: where the scores of known rows change.
FRESH, FRESH_TIME, KNOWN_TIME = 1000, 0.25, 0.2
# A share of so large a background is left out of the search, for what a rule covers to be counted on. Of a smaller one every row
# is needed to find the rule.
LARGE, LEFT_OUT = 1000, 0.2


class Share(NamedTuple):
    """In how many of so many fresh draws the prediction held."""

    held: float
    draws: int

    @property
    def value(self) -> float:
        """Between 0 and 1."""
        return self.held / self.draws


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
    conditions. `samples` draws are taken of a rule at a time, and at most `most_samples` an input, beside those that measure what
    is told. `max_seconds`: when all of it ends with the best rules so far; their precision is then measured on as many draws as
    there is time for.
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
    max_seconds: float | None = None

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
        if self.max_seconds is not None:
            check_positive_number("max_seconds", self.max_seconds)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Rules:
        """One rule for each input; `players` are the segments of pictures.

        Raises: InputError, where a table has no background, or the settings do not fit the inputs.
        """
        if self.background is not None:
            load_trees()
        start = time.perf_counter()
        with question(self, model, inputs, targets, seed=seed) as q:
            clock = Clock(self.max_seconds, start, last=FRESH * len(q.query), share=FRESH_TIME)
            scores = TimedScores(q, clock)
            neighborhoods, players = self._neighborhoods(q, scores)
            trials = Trials(scores, neighborhoods)
            found = trials.searched([self._search(scores, one) for one in neighborhoods])
            self._refuse(q, found)
            told = [index for index, one in enumerate(found) if is_rule(one)]
            draws = max(1, clock.ending(FRESH * len(told)) // max(1, len(told)))
            fresh = trials.last_outcomes({index: [Helping(found[index].anchor, draws)] for index in told})
            held = {index: Share(float(one.held), draws) for index, one in fresh.items()}
            rules = {index: self._rule(q, neighborhoods[index], (index, found[index]), held[index]) for index in told}
            return q.rules(tuple((rules[index],) if index in rules else () for index in range(len(found))), players)

    def _neighborhoods(self, q: Question, scores: TimedScores) -> tuple[Sequence[Neighborhood], Tensor | None]:
        if q.model.domain == "tabular":
            if self.background is None:
                raise InputError("`background` must be given for tables: rules are tried on known rows. Got none.")
            rows = fitting_background(q, self.background).cpu()
            categorical = [column for column, words in enumerate(q.query.category_names) if words]
            if bool((rows == rows[0]).all()):
                q.note(Note("warn", "all rows of `background` are equal: every rule was tried on nothing else"))
            known, counted = _parted(q, rows)
            order = torch.randperm(len(known), generator=q.generator("read first"), device="cpu")
            ordered = known if self.max_seconds is None else known[order]  # as many as there is time for, of any
            told = scores.of_known(ordered, KNOWN_TIME)
            cuts = column_cuts(ordered, told)
            _say_constant(q, told, len(known))
            own = q.query.inputs.detach().cpu()
            ordered = sorted_columns(known)
            return [KnownRows(one, known, ordered, cuts, categorical, counted) for one in own], None
        players, notes = segment_labels(self.segments, q.query.inputs)
        for note in notes:
            q.note(note)
        absent = absence(q, self.baseline, None, players.to(q.query.inputs.device))
        return [KeptSegments(removal, labels) for removal, labels in zip(absent.removals, players, strict=True)], players

    def _search(self, scores: TimedScores, neighborhood: Neighborhood) -> Search:
        """The search for one input, whose conditions are looked at when it begins, unless time is over then."""
        if scores.clock.left <= 0:
            return Found((), sure=False, draws=0, tried=0, over=True)
        covered = neighborhood.covered(scores.q.generator("coverage"))
        return (yield from anchor_search(Conjunctions(covered, neighborhood.features), self._plan()))

    def _rule(self, q: Question, neighborhood: Neighborhood, told: tuple[int, Found], fresh: Share) -> Rule:
        index, found = told
        self._doubt(q, found, index, fresh)
        share = torch.tensor([fresh.value], dtype=torch.float64, device="cpu")
        bound = lower_bound(share, torch.tensor([log(1 / 0.05) / fresh.draws], dtype=torch.float64, device="cpu"))
        met = neighborhood.covered_anew(q.generator("fresh coverage"))[list(found.anchor)].all(0)
        if rare := neighborhood.rarity(met):
            q.note(Note("warn", rare, (index,)))
        return Rule(neighborhood.conditions(found.anchor), float(share), float(met.double().mean()), float(bound))

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
        if found.over:
            why = f"draws, when the {self.max_seconds:g} s were over"
        rules = "1 rule was" if found.tried == 1 else f"{found.tried:,} rules were"
        return f"{rules} tried, {found.draws:,} {why}"

    def _doubt(self, q: Question, found: Found, index: int, share: Share) -> None:
        """What is told of how sure the rule is: the share of fresh draws alone owes nothing to luck."""
        wanted, floor, fresh = f"{self.threshold:.0%}", self.threshold - self._plan().slack, share.value
        if share.draws < FRESH:
            text = f"the precision is measured on {share.draws} fresh draws: there was no time for more in {self.max_seconds:g} s"
            q.note(Note("warn", text, (index,)))
        if found.sure and found.over:
            text = f"the search ended when the {self.max_seconds:g} s were over: there may be a rule that covers more"
            q.note(Note("warn", text, (index,)))
        if not found.sure:
            text = f"no rule is sure to hold the prediction in {wanted} of cases: this is the best one ({self._tried(found)})"
            q.note(Note("warn", text, (index,)))
        elif fresh < floor:
            text = f"it seemed to hold in {wanted} of cases when it was chosen, and holds in {fresh:.1%} of fresh draws"
            q.note(Note("warn", text, (index,)))
        elif fresh < self.threshold:
            text = f"it holds in {fresh:.1%} of fresh draws, not in {wanted}: that it holds in {floor:.0%} is all that is sure"
            q.note(Note("ok", text, (index,)))
        elif not found.anchor and fresh < 1:
            q.note(Note("ok", "no condition is needed: nearly every case that is drawn is predicted so", (index,)))
        elif not found.anchor:
            text = f"no condition is needed: each of {share.draws:,} cases that were drawn is predicted so, whatever is changed"
            q.note(Note("warn", text, (index,)))


def _say_constant(q: Question, scores: Tensor, known: int) -> None:
    """Where the model predicts one class whatever row it is asked about, nothing of an input holds that."""
    predicted = scores.argmax(1)
    if len(scores) < known or not bool((predicted == predicted[0]).all()):
        return
    constant = int(predicted[0])
    alike = tuple((q.query.targets == constant).nonzero().flatten().tolist())
    if alike:
        text = f"the model predicts {class_words(q.query, constant)} for all {known:,} known rows, whatever is changed"
        q.note(Note("warn", f"{text}: a rule says nothing of this one", alike))


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
