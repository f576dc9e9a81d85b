"""Owen values: Shapley values among groups of players, and of each group's share among its members, level by level.

A player's value is its mean gain on joining over those orders of the players in which every group of the hierarchy stays
together. With one group of all players, or with none, these are the Shapley values.

Source: Owen, 1977, doi:10.1007/978-3-642-45494-3_7; Winter, Int. J. Game Theory 18, 227-240, 1989
"""

from collections.abc import Iterator
from typing import NamedTuple, Union

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.coalition_enumeration import MOST_PLAYERS, all_coalitions, size_weights
from xaivision.engines.game import ValueFunction
from xaivision.engines.permutation_sampling import BLOCK, PermutationDraw
from xaivision.engines.shapley_estimate import ShapleyEstimate, exactly

# A player, or a group of players and groups.
Member = Union[int, "Group"]
Group = tuple[Member, ...]

# Coalitions that matter are counted by listing them; of a list this many times as long as the budget too few are the same.
REPEATED = 8


class _Contexts(NamedTuple):
    """Who is there of the players outside a group: `present` (n, M) bool, with the chance of each, `weights` (n,)."""

    present: Tensor
    weights: Tensor


class _Part(NamedTuple):
    """What a group's own players gain: `coalitions` (n * 2^k, M), for each context all subsets of the group's k members.

    `players` of the members with their places; `weights` (n,) of the contexts.
    """

    coalitions: Tensor
    weights: Tensor
    players: tuple[tuple[int, int], ...]
    members: int


class HierarchyDraw(PermutationDraw):
    """Random orders in which every group stays together: orders of its members, of their members, and so on."""

    def __init__(self, group: Group, generator: torch.Generator) -> None:
        super().__init__(len(players_of(group)), generator)
        self._group = group

    def block(self, generator: torch.Generator) -> Tensor:
        """(BLOCK, M) the place of each player in each order."""
        ranks = torch.zeros(BLOCK, self.players, dtype=torch.int64, device="cpu")
        _rank(self._group, torch.zeros(BLOCK, dtype=torch.int64, device="cpu"), ranks, generator)
        return ranks


def players_of(member: Member) -> list[int]:
    """The players of a group and of the groups in it."""
    return [member] if isinstance(member, int) else [player for part in member for player in players_of(part)]


def check_hierarchy(group: Group, players: int) -> None:
    """Raises: InputError, where a player from 0 to M - 1 is missing or comes twice, or another one comes."""
    found = sorted(players_of(group))
    if found != list(range(players)):
        raise InputError(f"The hierarchy must hold each of {players} players, 0 to {players - 1}, once. Got {found}.")


def exact_cost(group: Group, most: int) -> int | None:
    """How many coalitions matter, empty and full included; None where they are more than `most`."""
    if _listed(group, 1) > REPEATED * most:
        return None
    every = torch.cat([part.coalitions for part in _parts(group)])
    count = len(torch.unique(every, dim=0))
    return count if count <= most else None


def exact_owen(game: ValueFunction, group: Group) -> ShapleyEstimate:
    """The Owen values out of all coalitions that matter, whose number `exact_cost` tells.

    Raises: InputError, where the hierarchy does not hold each player once.
    """
    players = len(players_of(group))
    check_hierarchy(group, players)
    parts = list(_parts(group))
    coalitions, rows = torch.unique(torch.cat([part.coalitions for part in parts]), dim=0, return_inverse=True)
    values = torch.split(game(coalitions).double()[rows], [len(part.coalitions) for part in parts])
    owned = torch.zeros(players, dtype=torch.float64, device="cpu")
    for part, mine in zip(parts, values, strict=True):
        for place, player in part.players:
            owned[player] = _expected_gain(part, mine, place)
    return exactly(owned, len(coalitions))


def _expected_gain(part: _Part, values: Tensor, place: int) -> Tensor:
    """What the member at this place gains, over subsets of the other members and over contexts."""
    chances = size_weights(part.members)[all_coalitions(part.members - 1).sum(1)]
    halves = values.view(len(part.weights), -1, 2, 2**place)
    gains = (halves[:, :, 1] - halves[:, :, 0]).flatten(1)
    return part.weights @ (gains @ chances)


def _parts(group: Group) -> Iterator[_Part]:
    """Everything that has to be asked."""
    players = len(players_of(group))
    nothing = torch.zeros(1, players, dtype=torch.bool, device="cpu")
    yield from _parts_below(group, _Contexts(nothing, torch.ones(1, dtype=torch.float64, device="cpu")))


def _parts_below(group: Group, outside: _Contexts) -> Iterator[_Part]:
    members = torch.zeros(len(group), outside.present.shape[1], dtype=torch.bool, device="cpu")
    for place, member in enumerate(group):
        members[place, players_of(member)] = True
    own = tuple((place, member) for place, member in enumerate(group) if isinstance(member, int))
    if own:
        subsets = _united(all_coalitions(len(group)), members)
        every = (outside.present[:, None] | subsets).flatten(0, 1)
        yield _Part(every, outside.weights, own, len(group))
    for place, member in enumerate(group):
        if isinstance(member, tuple):
            yield from _parts_below(member, _beside(outside, members, place))


def _beside(outside: _Contexts, members: Tensor, place: int) -> _Contexts:
    """The contexts of one member: those of its group, each with every subset of the other members."""
    others = torch.cat((members[:place], members[place + 1 :]))
    chosen = all_coalitions(len(others))
    shares = size_weights(len(members))[chosen.sum(1)]
    present = (outside.present[:, None] | _united(chosen, others)).flatten(0, 1)
    return _Contexts(present, (outside.weights[:, None] * shares).flatten())


def _united(chosen: Tensor, members: Tensor) -> Tensor:
    """(n, M) the players of the chosen members. `chosen` (n, k), `members` (k, M)."""
    return (chosen.double() @ members.double()) > 0


def _listed(group: Group, contexts: int) -> int:
    """How many coalitions `_parts` lists, the same ones counted again."""
    if len(group) > MOST_PLAYERS:
        return 1 << 62
    own = contexts << len(group) if any(isinstance(member, int) for member in group) else 0
    inner = contexts << (len(group) - 1)
    return own + sum(_listed(member, inner) for member in group if isinstance(member, tuple))


def _rank(member: Member, start: Tensor, ranks: Tensor, generator: torch.Generator) -> None:
    """Give each player of the member its place in `ranks` (n, M), from `start` (n,) on."""
    if isinstance(member, int):
        ranks[:, member] = start
        return
    keys = torch.rand(len(start), len(member), generator=generator, dtype=torch.float64, device="cpu")
    sizes = torch.tensor([len(players_of(part)) for part in member], device="cpu")
    before = ((keys[:, None] < keys[:, :, None]) * sizes).sum(2)
    for place, part in enumerate(member):
        _rank(part, start + before[:, place], ranks, generator)
