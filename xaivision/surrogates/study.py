"""A surrogate with everything that says how far to trust it: one plain function makes it, and nothing is fitted later."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.core.presenting import Presentable, few
from xaivision.core.targets import Targets
from xaivision.data.inputs import as_inputs
from xaivision.surrogates.candidates import Candidates, candidates_of
from xaivision.surrogates.curves import (
    DRAWS,
    CountPoint,
    DepthPoint,
    RandomBaseline,
    count_curve,
    depth_curve,
    random_baseline,
)
from xaivision.surrogates.disagreement import Region, regions
from xaivision.surrogates.fidelity import NO_MEASURE, Commonest, Fidelity, Measure, commonest, fidelity, share
from xaivision.surrogates.follow_rates import FollowRates, follow_rates
from xaivision.surrogates.growing import KINDS, READABLE, Growth, grown, is_number, is_whole
from xaivision.surrogates.leaf_counterfactuals import LeafCounterfactuals
from xaivision.surrogates.observed import Observed, check_learnable, repeated_note
from xaivision.surrogates.rankers import RankingQuestion, ranked
from xaivision.surrogates.ranking import FeatureRanking, JoinedRanking, check_names_features, joined
from xaivision.surrogates.reading import Columns, Reading
from xaivision.surrogates.steadiness import RESAMPLES, Steadiness, steadiness
from xaivision.surrogates.surrogate import Surrogate
from xaivision.surrogates.surrogate_rules import SurrogateRule, explained_share, rule_text, rules_as_json, rules_of
from xaivision.surrogates.tree_path import SurrogatePath

# How sure a rule must be for what it decides to count as explained.
SURE = 0.8
StudyTargets = Targets | str | Sequence[int | str]


@dataclass(frozen=True)
class Plan:
    """What kind of surrogate of how many features (`k`, or "auto": at the knee), ranked how, grown how far.

    `rankings`: names of `RANKERS`, or rankings that are made. `sure`: confidence from which a rule counts as explaining.
    `draws`: of random features that the chosen ones are held against; `resamples`: on which rules are found again.
    """

    kind: str = "tree"
    k: int | Literal["auto"] = "auto"
    rankings: tuple[str | FeatureRanking, ...] = ("permutation",)
    growth: Growth = field(default_factory=Growth)
    sure: float = SURE
    draws: int = DRAWS
    resamples: int = RESAMPLES

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownNameError("kind of surrogate", self.kind, KINDS)
        if self.k != "auto" and (not is_whole(self.k) or self.k < 1):
            raise InputError(f"`k` must be a positive integer, or 'auto'. Got {self.k!r}.")
        for name in ("draws", "resamples"):
            if not is_whole(getattr(self, name)) or getattr(self, name) < 2:
                raise InputError(f"`{name}` must be an integer of at least 2. Got {getattr(self, name)!r}.")
        if not is_number(self.sure) or not 0 < self.sure <= 1:
            raise InputError(f"`sure` must be a confidence above 0, up to 1. Got {self.sure!r}.")
        named = [one for one in self.rankings if isinstance(one, str)]
        if twice := [one for one in named if named.count(one) > 1]:
            raise InputError(f"`rankings` must name each once. Got {twice[0]!r} twice: it would count double.")


@dataclass(frozen=True, eq=False, repr=False)
class SurrogateStudy(Presentable):
    """A surrogate of a black box and its limits, all on rows that nothing was learned from.

    `explained`: the share of rows on which it agrees by a rule that is sure enough, NaN for kinds without rules. `rules` are
    counted on the held-out rows. `cheapest_follows` and `follows`: the share of counterfactuals that turn the black box, of the
    cheapest leaf and of the cheapest that it follows; `copied`: of the latter the share that are columns of one known row; NaN
    where there are none. `near` (F,): the row that a local surrogate stands for the black box near.
    """

    black_box: ClassifierAdapter
    surrogate: Surrogate
    plan: Plan
    learned: Observed
    held_out: Observed
    ranking: JoinedRanking
    candidates: Candidates
    counts: tuple[CountPoint, ...]
    fidelity: Fidelity
    commonest: Commonest
    random: RandomBaseline
    depths: tuple[DepthPoint, ...]
    regions: tuple[Region, ...]
    rules: tuple[SurrogateRule, ...]
    steadiness: Steadiness | None
    explained: Measure
    cheapest_follows: Measure
    follows: Measure
    copied: Measure
    notes: tuple[str, ...]
    near: Tensor | None = None

    @property
    def k(self) -> int:
        """How many features the surrogate may read."""
        return len(self.surrogate.features)

    def explain(self, inputs: Any, targets: StudyTargets = None) -> Attribution:
        """What each question on the way through the tree does to the score. `inputs`: rows, as a tensor, an array or a frame.

        Raises: CapabilityError, where the surrogate is of another kind; `xv.explain(study.surrogate, ...)` explains any.
        """
        return SurrogatePath().explain(self.surrogate, self._taken(inputs), self._classes(targets))

    def rule_of(self, inputs: Any) -> tuple[SurrogateRule, ...]:
        """The rule that decides each input.

        Raises: CapabilityError, where no single rule does.
        """
        by_place = {rule.place: rule for rule in self._readable()}
        return tuple(by_place[int(place)] for place in self.surrogate.places_of(self.surrogate.rows(self._taken(inputs))))

    def counterfactual(self, inputs: Any, targets: StudyTargets = None) -> Counterfactuals:
        """The cheapest leaf of another class that the black box follows, where it follows one; `targets`: classes to reach, by
        number or name.

        Raises: CapabilityError, where the surrogate has no tree over columns; UnknownNameError, where there is no such class.
        """
        method = LeafCounterfactuals(self.learned.inputs, self.black_box)
        return method.explain(self.surrogate, self._taken(inputs), self._classes(targets))

    def rule_texts(self) -> tuple[str, ...]:
        """The rules in words, thresholds to the last digit that decides.

        Raises: CapabilityError, where there are none.
        """
        return tuple(rule_text(rule, self.surrogate) for rule in self._readable())

    def rules_json(self) -> str:
        """The rules as JSON, from which `surrogates.surrogate_rules.applied` gives what the surrogate gives.

        Raises: CapabilityError, where there are none.
        """
        return rules_as_json(self.surrogate, self._readable())

    def _readable(self) -> tuple[SurrogateRule, ...]:
        if not self.rules:
            raise CapabilityError(f"Rules need a surrogate of kind 'tree' or 'rule_list'. Got {self.plan.kind!r}.")
        return self.rules

    def _taken(self, inputs: Any) -> Tensor:
        known = self.surrogate
        return as_inputs(inputs, domain=known.domain, image_format=known.image_format, schema=known.schema)

    def _classes(self, targets: StudyTargets) -> Targets:
        if isinstance(targets, str):
            return self._class(targets)
        if isinstance(targets, list | tuple):
            return [self._class(one) if isinstance(one, str) else int(one) for one in targets]
        return targets  # type: ignore[return-value]  # no names left

    def _class(self, name: str) -> int:
        if name not in self.surrogate.class_names:
            raise UnknownNameError("class of this model", name, self.surrogate.class_names)
        return self.surrogate.class_names.index(name)

    def _in_short(self) -> tuple[str, ...]:
        return (
            *(("near one row",) if self.near is not None else ()),
            f"{self.plan.kind} of {self.k} features {few(self.surrogate.names)}",
            f"agreement {self.fidelity.agreement.value:.3f} (random features {self.random.agreement.value:.3f})",
            f"R2 {self.fidelity.r2.value:.3f}",
        )


def studied(model: ClassifierAdapter, learned: Observed, held_out: Observed, reading: Reading, plan: Plan) -> SurrogateStudy:
    """A surrogate learned from the first rows, and judged on the others.

    Raises: InputError, where the rows cannot be learned from; as `ranked`.
    """
    notes = check_learnable(learned, model.class_names)
    candidates = candidates_of(learned.rows)
    if not candidates.usable:
        raise InputError("A surrogate needs a column that varies. Got constant columns only.")
    notes = (*notes, *candidates.notes(learned.names), *repeated_note(learned, held_out))
    ranking = ranking_for(model, learned, reading, candidates, plan)
    order = ranking.top(len(candidates.usable), candidates.usable)
    counts = count_curve(plan.kind, learned, order, plan.growth)
    k = min(len(order), next(point.count for point in counts if point.knee) if plan.k == "auto" else plan.k)
    if plan.k != "auto" and k < plan.k:
        notes = (*notes, f"Of the {plan.k} features that were asked for, {k} can be chosen.")
    features = order[:k]
    stand_in = grown(plan.kind, learned.rows, learned.probabilities, features, plan.growth)
    surrogate = Surrogate(stand_in, model, reading, kind=plan.kind)
    given = stand_in.probabilities(held_out.rows)
    how_good = fidelity(given, held_out)
    readable = plan.kind in READABLE and hasattr(stand_in, "values" if plan.kind == "rule_list" else "tree")
    turns = plan.kind == "tree" and readable and isinstance(reading, Columns)
    rates = follow_rates(surrogate, model, learned, held_out, plan.growth.seed) if turns else FollowRates()
    return SurrogateStudy(
        model,
        surrogate,
        plan,
        learned,
        held_out,
        ranking,
        candidates,
        counts,
        how_good,
        commonest(learned, held_out),
        random_baseline(plan.kind, learned, held_out, given, candidates.usable, (k, plan.growth), plan.draws),
        depth_curve(learned, held_out, features, plan.growth),
        regions(plan.kind, learned, held_out, given, features, plan.growth),
        rules_of(surrogate, held_out) if readable else (),
        steadiness(surrogate, model, learned, held_out, plan.growth, plan.resamples) if readable else None,
        _explained(surrogate, learned, held_out, given, plan.sure) if readable else NO_MEASURE,
        rates.cheapest,
        rates.best,
        rates.copied,
        notes,
    )


def ranking_for(
    model: ClassifierAdapter, learned: Observed, reading: Reading, candidates: Candidates, plan: Plan
) -> JoinedRanking:
    """The rankings of the plan as one.

    Raises: CapabilityError, where one ranks latents; InputError, where one ranks other features; as `ranked`.
    """
    question = RankingQuestion(model, learned, reading, candidates, plan.growth.seed)
    found: list[FeatureRanking] = []
    for one in plan.rankings:
        if isinstance(one, str):
            found.append(ranked(one, question))
            continue
        check_names_features(one)
        if one.names != learned.names:
            raise InputError(
                f"A ranking must be of the black box's own {len(learned.names)} features {few(learned.names)}. "
                f"Got {len(one.names)} others {few(one.names)}."
            )
        found.append(one)
    return joined(found)


def _explained(surrogate: Surrogate, learned: Observed, held_out: Observed, given: "np.ndarray", sure: float) -> Measure:
    """How sure a rule is, is counted on the rows it was learned from; what it explains, on the others."""
    agrees = given.argmax(1) == held_out.labels
    return share(explained_share(rules_of(surrogate, learned), surrogate.places_of(held_out.rows), agrees, sure))
