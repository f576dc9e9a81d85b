"""The players of perturbation methods: segments of pictures, columns of tables, and one game for each input."""

from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from xaivision.core.about import Kind
from xaivision.core.attribution import Attribution
from xaivision.core.errors import InputError
from xaivision.core.question import Question
from xaivision.engines.game import Game
from xaivision.engines.grouping import Groups, column_players
from xaivision.engines.segments import SegmentsSetting, segment_labels
from xaivision.explainers.absence import Absence, Absent, absence
from xaivision.explainers.evaluations import with_evaluations


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


@dataclass(frozen=True, eq=False)
class PlayerGames:
    """One game for each input of a question; `players` (B, H, W) or (B, F) says which player a position belongs to."""

    q: Question
    players: Tensor
    games: list[Game]
    absent: Absence

    def attribution(
        self,
        values: list[Tensor],
        kind: Kind = "contribution",
        *,
        standard_errors: list[Tensor] | None = None,
        adds_up: bool = False,
    ) -> Attribution:
        """The answer: what each player got, one (M,) an input, shared evenly among its positions; errors likewise."""
        errors = None if standard_errors is None else self._spread(standard_errors)
        answer = self.q.attribution(
            self._spread(values),
            kind,
            baseline=self.absent.baseline,
            reference_scores=self.absent.scores,
            adds_up=adds_up,
            standard_error=errors,
        )
        return with_evaluations(replace(answer, players=self.players), [game.evaluations for game in self.games])

    def _spread(self, values: list[Tensor]) -> Tensor:
        inputs = self.q.query.inputs
        spread = torch.stack([shared_evenly(mine, labels) for mine, labels in zip(values, self.players, strict=True)])
        return (spread if inputs.ndim == 2 else spread[:, None]).to(inputs)


def games(
    q: Question,
    *,
    segments: SegmentsSetting = "slic",
    groups: Groups | None = None,
    baseline: Absent = "auto",
    background: Tensor | None = None,
) -> PlayerGames:
    """The games that the settings mean: pictures are played by `segments`, tables by columns, together where `groups` or
    the model's schema say so.

    Raises: InputError, where a setting does not fit the inputs, or there is but one player.
    """
    players = player_labels(q, segments, groups)
    absent = absence(q, baseline, background, players)
    found = [game_of(q, absent, labels, row) for row, labels in enumerate(players)]
    return PlayerGames(q, players, found, absent)


def games_of(q: Question, settings: Players) -> PlayerGames:
    """The games that a method's own settings mean."""
    return games(
        q, segments=settings.segments, groups=settings.groups, baseline=settings.baseline, background=settings.background
    )


def game_of(q: Question, absent: Absence, labels: Tensor, row: int) -> Game:
    """The game of one input, by the label map of its players; what all and none of them score is known by now."""
    target = q.query.target.take(torch.tensor([row], device=q.query.targets.device))
    game = Game(q.model, absent.removals[row], labels, target)
    game.settle(float(q.query.scores[row]), float(absent.scores[row]))
    return game


def shared_evenly(values: Tensor, labels: Tensor) -> Tensor:
    """The label map's shape: each player's value (M,) divided among its positions, so that sums hold."""
    places = labels.flatten().cpu()
    sizes = torch.bincount(places, minlength=len(values))
    return (values.double().cpu() / sizes)[places].view(labels.shape)


def player_labels(q: Question, segments: SegmentsSetting, groups: Groups | None) -> Tensor:
    """(B, H, W) or (B, F): which player a position belongs to, each of them 0 to M - 1.

    Raises: InputError, where a setting does not fit the inputs, or there is but one player.
    """
    inputs = q.query.inputs
    if q.model.domain == "image":
        if groups is not None:
            raise InputError("`groups` are of the columns of a table. For images give `segments`.")
        maps, notes = segment_labels(segments, inputs)
        for note in notes:
            q.note(note)
        return maps.to(inputs.device)
    known = groups if groups is not None else q.model.groups
    players = column_players(known, inputs.shape[1], q.query.feature_names)
    if int(players.max()) == 0:
        raise InputError("A table must have at least two columns or groups to share the score among. Got one.")
    return players.to(inputs.device).expand(len(inputs), -1)
