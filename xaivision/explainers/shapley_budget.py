"""How far a method samples Shapley values: to a number of coalitions, or to an error."""

from typing import Protocol

from xaivision.core.settings import check_positive_integer, check_positive_number
from xaivision.engines.shapley_estimate import ShapleyEstimate
from xaivision.engines.stopping import Aim, Estimate, narrowed
from xaivision.explainers.background import check_background
from xaivision.explainers.players import Players

# Below about 500 coalitions every estimator is starved on pictures. Eight a player leave an error of about a tenth on tables.
LEAST_DEFAULT, DEFAULT_A_PLAYER = 1024, 8
# With an error to reach, that many times the default is where a search ends that was given no budget.
PATIENCE = 8
# Coalitions a player before the first look at the interval.
FIRST_LOOK = 10


class Sampling(Players, Protocol):
    """The settings that say who the players are, and how far to go."""

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
    """The coalitions of one input where nothing else is said."""
    return max(LEAST_DEFAULT, DEFAULT_A_PLAYER * players)


def most_coalitions(settings: Sampling, players: int) -> int:
    """The coalitions of one input that the settings allow."""
    patience = 1 if settings.target_error is None else PATIENCE
    return settings.budget or patience * default_budget(players)


def as_far_as_asked(estimate: Estimate, players: int, settings: Sampling) -> ShapleyEstimate:
    """What the settings' budget buys, or as much of it as the error that was asked for takes."""
    most = most_coalitions(settings, players)
    if settings.target_error is None:
        return estimate(most)
    return narrowed(estimate, Aim(settings.target_error, settings.top), FIRST_LOOK * players, most)
