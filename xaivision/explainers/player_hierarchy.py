"""Which players belong together, level by level: what a `hierarchy` setting means for one input."""

from collections.abc import Sequence
from numbers import Integral
from typing import Literal, Union

import torch
from torch import Tensor

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.question import Question
from xaivision.engines.owen import Group, Member, players_of

# Columns by name or number (segments by number), nested as they belong together.
Nested = Sequence[Union[str, int, "Nested"]]
Hierarchy = Nested | Tensor | Literal["quadrants"]

# A quarter of a picture with so few segments is not divided further.
MOST_TOGETHER = 4
# Segments around one point would be divided for ever.
DEEPEST = 12


def check_hierarchy_setting(hierarchy: object) -> None:
    """Raises: InputError, where it is none of what `player_hierarchy` takes."""
    if isinstance(hierarchy, Tensor):
        if hierarchy.is_floating_point() or hierarchy.is_complex() or hierarchy.ndim not in (2, 3):
            raise InputError(f"`hierarchy` as a label map must hold whole numbers (H, W) or (B, H, W). Got {hierarchy.dtype}.")
    elif isinstance(hierarchy, str):
        if hierarchy != "quadrants":
            raise InputError(f"`hierarchy` must be 'quadrants', a label map or nested lists of players. Got {hierarchy!r}.")
    elif not isinstance(hierarchy, Sequence) or not hierarchy:
        raise InputError(f"`hierarchy` must be 'quadrants', a label map or nested lists of players. Got {hierarchy!r}.")


def player_hierarchy(q: Question, hierarchy: Hierarchy, labels: Tensor, row: int) -> Group:
    """The hierarchy of one input's players. `labels` (H, W) or (F,): which player each position belongs to.

    Nested lists name columns, or segments by their numbers; what they leave out stands alone at the top. A label map (H, W) or
    (B, H, W) of coarse regions holds together the segments that lie in one mostly. "quadrants" divides a picture, then its
    quarters, by where the segments' centers are.

    Raises: InputError, UnknownNameError, where a player is unknown or comes twice, or the setting does not fit the inputs.
    """
    places = labels.detach().cpu()
    count = int(places.max()) + 1
    if isinstance(hierarchy, Tensor | str):
        if places.ndim == 1:
            raise InputError("`hierarchy` must be nested lists of columns for a table, such as [['a', 'b'], ['c', ['d', 'e']]].")
        found = _quadrants(places, count) if isinstance(hierarchy, str) else _regions(hierarchy, places, count, row)
        return _whole(found, count)
    names = q.query.feature_names if places.ndim == 1 else ()
    return _whole(_group(hierarchy, _Naming(places, count, names)), count)


class _Naming:
    """Which player a name or a number in a nested list means."""

    def __init__(self, places: Tensor, count: int, names: Sequence[str]) -> None:
        self._places = places
        self._count = count
        self._names = list(names)

    def player(self, member: object) -> int:
        known = len(self._places) if self._places.ndim == 1 else self._count
        if isinstance(member, str):
            if member not in self._names:
                raise UnknownNameError("column", member, self._names)
            member = self._names.index(member)
        number = -1 if isinstance(member, bool) or not isinstance(member, Integral) else int(member)
        if not 0 <= number < known:
            what = "columns" if self._places.ndim == 1 else "segments"
            raise InputError(f"`hierarchy` must hold {what} from 0 to {known - 1}, or names of columns. Got {member!r}.")
        return int(self._places[number]) if self._places.ndim == 1 else number


def _group(members: Nested, naming: _Naming) -> Group:
    found: list[Member] = []
    for member in members:
        if isinstance(member, Sequence) and not isinstance(member, str):
            if not member:
                raise InputError("`hierarchy` must hold no empty list.")
            found.append(_group(member, naming))
        else:
            player = naming.player(member)
            if player not in found:  # columns of one group, side by side
                found.append(player)
    return tuple(found)


def _whole(group: Group, count: int) -> Group:
    """The hierarchy with the players that it leaves out, and without groups of one member."""
    found = players_of(group)
    twice = sorted({player for player in found if found.count(player) > 1})
    if twice:
        raise InputError(f"`hierarchy` must hold each player once. Got player {twice[0]} more than once.")
    missing = tuple(player for player in range(count) if player not in set(found))
    tidy = _without_shells((*group, *missing))
    return tidy if isinstance(tidy, tuple) else (tidy,)


def _without_shells(member: Member) -> Member:
    """A group of one member says nothing: its member stands for it."""
    if isinstance(member, int):
        return member
    return _without_shells(member[0]) if len(member) == 1 else tuple(_without_shells(part) for part in member)


def _regions(regions: Tensor, places: Tensor, count: int, row: int) -> Group:
    chosen = regions[row] if regions.ndim == 3 and row < len(regions) else regions
    if chosen.shape != places.shape:
        raise InputError(f"`hierarchy` as a label map must have the shape {tuple(places.shape)}. Got {tuple(chosen.shape)}.")
    kinds, coarse = torch.unique(chosen.cpu(), return_inverse=True)
    shared = torch.bincount(places.flatten() * len(kinds) + coarse.flatten(), minlength=count * len(kinds))
    home = shared.view(count, len(kinds)).argmax(1).tolist()
    groups = [tuple(player for player in range(count) if home[player] == kind) for kind in range(len(kinds))]
    return tuple(group for group in groups if group)


def _quadrants(places: Tensor, count: int) -> Group:
    height, width = places.shape
    sizes = torch.bincount(places.flatten(), minlength=count).double()
    rows = torch.arange(height, dtype=torch.float64, device="cpu")[:, None].expand(height, width)
    columns = torch.arange(width, dtype=torch.float64, device="cpu").expand(height, width)
    centers = [(torch.bincount(places.flatten(), axis.flatten(), count) / sizes + 0.5).tolist() for axis in (rows, columns)]
    return _divided(list(range(count)), (centers[0], centers[1]), (0.0, 0.0, float(height), float(width)), 0)


def _divided(
    players: list[int], centers: tuple[list[float], list[float]], box: tuple[float, float, float, float], depth: int
) -> Group:
    """The players in a box (top, left, height, width), quarter by quarter."""
    if len(players) <= MOST_TOGETHER or depth == DEEPEST:
        return tuple(players)
    top, left, height, width = box[0], box[1], box[2] / 2, box[3] / 2
    quarters: dict[tuple[bool, bool], list[int]] = {}
    for player in players:
        quarter = (centers[0][player] >= top + height, centers[1][player] >= left + width)
        quarters.setdefault(quarter, []).append(player)
    return tuple(
        _divided(mine, centers, (top + down * height, left + right * width, height, width), depth + 1)
        for (down, right), mine in sorted(quarters.items())
    )
