"""How far a method samples Shapley values, and what it says of that: settings, doubts and answer of all that do."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from xaivision.core.attribution import Attribution
from xaivision.core.diagnostics import Note, Status
from xaivision.core.question import Question
from xaivision.engines.coalition_enumeration import MOST_PLAYERS, exact_estimate
from xaivision.engines.game import ValueFunction
from xaivision.engines.grouping import Groups
from xaivision.engines.segments import SegmentsSetting
from xaivision.engines.shapley_estimate import ShapleyEstimate
from xaivision.engines.stopping import Aim, Estimate, narrowed
from xaivision.explainers.absence import Absent
from xaivision.explainers.background import check_background
from xaivision.explainers.doubts import chance_doubts
from xaivision.explainers.players import PlayerGames, games
from xaivision.explainers.settings import check_positive_integer, check_positive_number

# Below about 500 evaluations every estimator is starved on pictures. Eight a player leave an error of about a tenth on tables.
LEAST_DEFAULT, DEFAULT_A_PLAYER = 1024, 8
# With an error to reach, that many times the default is where a search ends that was given no budget.
PATIENCE = 8
# Evaluations a player before the first look at the interval.
FIRST_LOOK = 10

# From a game, its number of players and chance to what a budget buys.
Sampler = Callable[[ValueFunction, int, torch.Generator], Estimate]


class Players(Protocol):
    """The settings that say who the players are, and what stands where they are absent."""

    @property
    def segments(self) -> SegmentsSetting: ...

    @property
    def groups(self) -> Groups | None: ...

    @property
    def baseline(self) -> Absent: ...

    @property
    def background(self) -> Tensor | None: ...


class Sampling(Players, Protocol):
    """The settings that say besides how far to go."""

    @property
    def budget(self) -> int | None: ...

    @property
    def target_error(self) -> float | None: ...

    @property
    def top(self) -> int: ...


def check_sampling(settings: Sampling) -> None:
    """Raises: InputError, where a setting is not what it must be."""
    if settings.budget is not None:
        check_positive_integer("budget", settings.budget)
    if settings.target_error is not None:
        check_positive_number("target_error", settings.target_error)
    check_positive_integer("top", settings.top)
    if settings.background is not None:
        check_background(settings.background)


def default_budget(players: int) -> int:
    """The evaluations of one input where nothing else is said."""
    return max(LEAST_DEFAULT, DEFAULT_A_PLAYER * players)


def most_evaluations(settings: Sampling, players: int) -> int:
    """The evaluations of one input that the settings allow."""
    patience = 1 if settings.target_error is None else PATIENCE
    return settings.budget or patience * default_budget(players)


def games_of(q: Question, settings: Players) -> PlayerGames:
    """The games that the settings mean."""
    return games(
        q, segments=settings.segments, groups=settings.groups, baseline=settings.baseline, background=settings.background
    )


def sampled_shapley(q: Question, settings: Sampling, sampler: Sampler) -> Attribution:
    """The answer by this sampler, or by enumeration where that costs no more, with its intervals and doubts."""
    played = games_of(q, settings)
    # The same draws for each input: a result does not depend on the place in the batch.
    sampled = [_enumerated(game, game.players, sampler(game, game.players, q.generator())) for game in played.games]
    return explored(q, settings, played, sampled)


def explored(q: Question, settings: Sampling, played: PlayerGames, estimates: list[Estimate]) -> Attribution:
    """The answer by these estimates, one an input, as far as the settings go, with its intervals and doubts."""
    pairs = zip(estimates, played.games, strict=True)
    found = [_as_far_as_asked(estimate, game.players, settings) for estimate, game in pairs]
    _tell(q, found, settings)
    return answer(q, played, found)


def answer(q: Question, played: PlayerGames, found: list[ShapleyEstimate]) -> Attribution:
    """The estimates, one an input, as contributions that add up, with their errors, intervals and evaluations."""
    errors: list[Tensor] | None = None
    if any(one.standard_error is not None for one in found):
        unknown = torch.nan  # of single inputs
        errors = [torch.full_like(e.values, unknown) if e.standard_error is None else e.standard_error for e in found]
    made = played.attribution([one.values for one in found], standard_errors=errors, adds_up=True)
    factors = torch.tensor([one.interval_factor for one in found], dtype=torch.float64, device="cpu")
    measured = replace(
        made.diagnostics,
        interval_factor=None if errors is None else factors,
        evaluations=torch.tensor([one.evaluations for one in found], device="cpu"),
    )
    return replace(made, diagnostics=measured)


def _enumerated(game: ValueFunction, players: int, sampled: Estimate) -> Estimate:
    """All coalitions where the budget holds them."""

    def estimate(budget: int) -> ShapleyEstimate:
        enumerable = players <= MOST_PLAYERS and 2**players <= budget
        return exact_estimate(game, players) if enumerable else sampled(budget)

    return estimate


def _as_far_as_asked(estimate: Estimate, players: int, settings: Sampling) -> ShapleyEstimate:
    """What the settings' budget buys, or as much of it as the error that was asked for takes."""
    most = most_evaluations(settings, players)
    if settings.target_error is None:
        return estimate(most)
    return narrowed(estimate, Aim(settings.target_error, settings.top), FIRST_LOOK * players, most)


def _tell(q: Question, found: list[ShapleyEstimate], settings: Sampling) -> None:
    """Say of each input how well its values are known, and doubt what is mostly chance."""
    said: dict[tuple[Status, str], list[int]] = {}
    for index, one in enumerate(found):
        said.setdefault(_standing(one, settings), []).append(index)
    for (status, text), inputs in said.items():
        q.note(Note(status, text, tuple(inputs)))
    known = [torch.zeros_like(one.values) if one.standard_error is None else one.standard_error for one in found]
    moved = [error * bool(one.values.any()) for error, one in zip(known, found, strict=True)]  # a constant game is no chance
    values = pad_sequence([one.values for one in found], batch_first=True)
    chance_doubts(q, values, pad_sequence(moved, batch_first=True), "budget")


def _standing(found: ShapleyEstimate, settings: Sampling) -> tuple[Status, str]:
    if found.exact:
        every = found.evaluations == 1 << len(found.values)
        which = f"all {found.evaluations:,} coalitions" if every else f"the {found.evaluations:,} coalitions that matter"
        return "ok", f"{which} were scored: the values are exact"
    if found.standard_error is None:
        return "warn", "one order of the players there and back says nothing of its own error; take a larger `budget`"
    aim, top = settings.target_error, min(settings.top, len(found.values))
    width = found.widest_of_top(top)
    reached = f"after {found.evaluations:,} evaluations the 95 % intervals of the {top} largest values are within ± {width:.3g}"
    if aim is not None and not width <= aim:
        return "warn", f"{reached}, and not ± {aim:.3g} as asked; take a larger `budget`"
    return "ok", reached
