"""Everything that the searches of one question share: the space, the classes to reach, the known rows, the clock."""

from functools import cached_property, partial

import torch
from torch import Tensor

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.question import Question
from xaivision.core.targets import TargetScore
from xaivision.engines.counterfactuals.crowds import Crowd
from xaivision.engines.counterfactuals.rooms import Rooms, by_owner
from xaivision.engines.counterfactuals.searching import Found, Hunts, OfRows
from xaivision.engines.counterfactuals.space import Room
from xaivision.engines.counterfactuals.transplants import by_distance
from xaivision.explainers.background import fitting_background
from xaivision.explainers.counterfactuals.answering import Answers
from xaivision.explainers.counterfactuals.own_constraint import OwnConstraint
from xaivision.explainers.counterfactuals.own_function import told_by
from xaivision.explainers.counterfactuals.requirement import Requirement
from xaivision.explainers.counterfactuals.survives_deletion import SurvivesDeletion
from xaivision.explainers.counterfactuals.surviving import Surviving
from xaivision.explainers.counterfactuals.table_space import spreads, table_space
from xaivision.explainers.counterfactuals.wishes import Wishes
from xaivision.explainers.search_clock import Clock

# Neighbors among whom a plausible row must lie.
NEIGHBORS = 5


class Scene:
    """One question to a model of tables, with what its caller wishes. `scores` (B, K) are those of the inputs; it was asked at
    `start`, by the clock of `perf_counter`.
    """

    def __init__(self, q: Question, wishes: Wishes, scores: Tensor, start: float) -> None:
        self.q, self.wishes = q, wishes
        self.clock = Clock(wishes.max_seconds, start, last=wishes.total_CFs * len(q.query.inputs))
        if wishes.stopping_threshold is not None and not q.model.gives_probabilities:
            raise InputError("`stopping_threshold` needs a model that gives probabilities. This one gives margins.")
        self.inputs = q.query.inputs.detach().cpu()
        self.background = fitting_background(q, wishes.background).cpu()
        self.space = table_space(q, wishes, self.background)
        self.predicted = scores.argmax(1)
        self.goals = goals(q, wishes.desired_class, scores)
        self.answers = Answers(q, self.goals, wishes.stopping_threshold, self.clock)
        self.rooms = Rooms([Room(self.space, row) for row in self.inputs])
        self.cost = self._cost()
        self.hunts = Hunts(self.rooms.row, self.rooms.final, self.cost)
        self.own_constraints, self.survivals = self._constraints()
        if wishes.plausible is not None or self.own_constraints or self.survivals:
            self.answers.requirements = [self._requirements(index) for index in range(len(self.inputs))]
            self.clock.kept = self.clock.last * sum(one.seconds for one in self.survivals)

    def open(self, index: int) -> bool:
        """Whether this input is to become something else, and may."""
        return self._open[index]

    def holds(self, index: int, rows: Tensor) -> Tensor:
        """(n,) whether rows (n, F), in the form in which they are handed out, are all that is asked of this input's beside their
        class: deletions are carried out for that.
        """
        goal, kept = int(self.goals[index]), torch.ones(len(rows), dtype=torch.bool, device="cpu")
        for requirement in self.answers.requirements[index]:
            kept &= requirement.slack(rows) > 0
        for one in self.survivals if len(rows) else ():
            lasts = one.lasts(index, goal, rows)
            self.answers.misses.count_unmet(torch.full((int((kept & ~lasts).sum()),), index, device="cpu"), one.unmet)
            kept &= lasts
        return kept

    def survival_words(self, index: int, rows: Tensor) -> list[str]:
        """What is to be said of rows (n, F) of an input that survive deletions."""
        return [one.in_words(index, int(self.goals[index]), rows) for one in self.survivals if len(rows)]

    def renewed(self, picked: Found) -> Tensor:
        """(b,) the inputs of which rows were picked that deletions, carried out, break: from now on more is asked of them."""
        short = []
        for owner in sorted(set(picked.owners.tolist())):
            rows, goal = picked.rows[picked.owners == owner], int(self.goals[owner])
            broken = [one for one in self.survivals if not bool(one.lasts(owner, goal, rows).all())]
            for one in broken:
                one.raise_margin(owner, goal, rows)
            short += [owner] if broken else []
        owners = torch.tensor(short, dtype=torch.int64, device="cpu")
        self.hunts.renew(owners, self._still)
        return owners

    def wished(self, goal: int) -> Tensor:
        """(N,) which rows of the background are decided so."""
        if goal not in self._wished:
            self._wished[goal] = self._merits_of_background(goal) > 0
        return self._wished[goal]

    def nearest(self, owners: Tensor, sparsity_weight: float) -> list[Tensor]:
        """For each of these inputs (b,) the rows of the background that are decided as it is to be, nearest first."""
        found: dict[int, Tensor] = {}
        goals = self.goals.cpu()[owners]
        for goal in goals.unique().tolist():  # type: ignore[no-untyped-call]
            mine = owners[goals == goal]
            cases = self.background[self.wished(goal)]
            found |= zip(mine.tolist(), by_distance(self.rooms, mine, cases, sparsity_weight), strict=True)
        return [found[owner] for owner in owners.tolist()]

    def generator(self) -> torch.Generator:
        """Draws for one input: the same for each, so that its neighbors in the batch do not matter."""
        return self.q.generator("proposals")

    def undoable(self, rows: Tensor, owners: Tensor) -> Tensor | None:
        """(n, A) which parts of rows (n, F) of these inputs have not changed too much to be tried for undoing; None: any is."""
        quantile = self.wishes.posthoc_sparsity_param
        if quantile is None or quantile >= 1:
            return None
        numbers, table = self.space.numbers, self.background.double()[:, self.space.numbers]
        small = (table - table.median(0).values).abs().quantile(quantile, dim=0)
        allowed = torch.ones(len(rows), len(self.space.members), dtype=torch.bool, device="cpu")
        allowed[:, : len(numbers)] = (rows.double() - self.rooms.value[owners]).abs()[:, numbers] <= small
        return allowed

    def _cost(self) -> OfRows:
        given = self.wishes.cost
        if given is None:
            return self.rooms.cost

        def cost(row: Tensor, rows: Tensor) -> Tensor:
            found = told_by(given, "cost", "", row, rows).double()
            if len(wrong := found[~(found >= 0)]):  # a nan is none either
                raise InputError(f"`cost` must return numbers from 0 on, inf where a change may not be. Got {float(wrong[0])}.")
            return found

        return by_owner([partial(cost, row) for row in self.inputs])

    def _constraints(self) -> tuple[list[OwnConstraint], list[Surviving]]:
        given = self.wishes.constraints
        own = [OwnConstraint(one, spreads(self.background.double())) for one in given if not isinstance(one, SurvivesDeletion)]
        deletions = [one for one in given if isinstance(one, SurvivesDeletion) and one.asks]
        return own, [one.surviving(self.q, self.background) for one in deletions]

    def _requirements(self, index: int) -> list[Requirement]:
        if not self.open(index):
            return []
        goal = int(self.goals[index])
        found = self._plausible(goal) + [one.requirement() for one in self.own_constraints]
        return found + [one.requirement(index, goal) for one in self.survivals]

    def _plausible(self, goal: int) -> list[Requirement]:
        share = self.wishes.plausible
        if share is None or int(self.wished(goal).sum()) <= 1:
            return []
        loosen = "leave it out" if share == 1 else f"raise it, now {share}, or leave it out"
        return [Requirement(self._crowd(goal).slack, f"no known rows as near as `plausible` asks ({loosen})")]

    def _still(self, found: Found) -> Tensor:
        """(n,) whether what was found is all that is asked now."""
        kept = torch.zeros(len(found.rows), dtype=torch.bool, device="cpu")
        for owner in set(found.owners.tolist()):
            mine = found.owners == owner
            kept[mine] = torch.stack([one.slack(found.rows[mine]) > 0 for one in self.answers.requirements[owner]]).all(0)
        return kept

    def _crowd(self, goal: int) -> Crowd:
        if goal not in self._crowds:
            cases = self.background[self.wished(goal)]
            self._crowds[goal] = Crowd(self.space, cases, NEIGHBORS, float(self.wishes.plausible or 0))
        return self._crowds[goal]

    @cached_property
    def _open(self) -> list[bool]:
        other = (self.goals != self.predicted).tolist()
        return [wished and len(room) > 0 for wished, room in zip(other, self.rooms.each, strict=True)]

    @cached_property
    def _wished(self) -> dict[int, Tensor]:
        return {}

    @cached_property
    def _crowds(self) -> dict[int, Crowd]:
        return {}

    @cached_property
    def background_scores(self) -> Tensor:
        """(n, K) scores of the background, of as many rows as there is time for."""
        parts, start = [], 0
        while start < len(self.background) and (count := self.clock.rows(len(self.background) - start)):
            parts.append(self.q.model(self.background[start : start + count].to(self.q.query.inputs)))
            start += count
        return torch.cat(parts) if parts else torch.zeros(0, self.q.model.num_classes, device="cpu")

    def _merits_of_background(self, goal: int) -> Tensor:
        scores = self.background_scores
        merits = torch.full((len(self.background),), -torch.inf, dtype=torch.float64, device="cpu")
        if len(scores):
            classes = torch.full((len(scores),), goal, device=scores.device)
            target = TargetScore(classes, None, "margin", self.q.model.score_unit)
            merits[: len(scores)] = self.answers.merits(scores, target)
        return merits


def goals(q: Question, desired_class: int | str, scores: Tensor) -> Tensor:
    """(B,) the class that each input is to reach.

    Raises: UnknownNameError, InputError, where `desired_class` is no class of the model.
    """
    target, predicted = q.query.target, scores.argmax(1)
    if desired_class != "opposite":
        return torch.full_like(predicted, _desired_number(q, desired_class))
    others = scores.scatter(1, predicted[:, None], -torch.inf).argmax(1)
    if target.against is not None:
        others = torch.where(target.against.to(predicted.device) == predicted, others, target.against.to(predicted.device))
    classes = target.classes.to(predicted.device)
    return torch.where(classes == predicted, others, classes)


def _desired_number(q: Question, desired_class: int | str) -> int:
    names, last = q.model.class_names, q.model.num_classes - 1
    if isinstance(desired_class, int):
        if not 0 <= desired_class <= last:
            raise InputError(f"`desired_class` must be a class number from 0 to {last}. Got {desired_class}.")
        return desired_class
    if names.count(desired_class) > 1:
        raise InputError(f"`desired_class` must say which class. Got {desired_class!r}, as several are called; give its number.")
    if desired_class not in names:
        raise UnknownNameError("class of this model", desired_class, names)
    return names.index(desired_class)
