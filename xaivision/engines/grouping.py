"""Columns of a table that are present or absent together."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from xaivision.core.errors import InputError, UnknownNameError

# Columns by group: names or numbers. Columns in no group stand alone.
Groups = Mapping[str, Sequence[str | int]] | Sequence[Sequence[str | int]]


def column_players(groups: Groups | None, columns: int, names: Sequence[str] = ()) -> Tensor:
    """(F,) the player each column belongs to, 0 to M - 1 in the order of the columns.

    Raises: InputError, UnknownNameError, where a column is unknown or in two groups, or a group is empty.
    """
    parts = list(groups.values()) if isinstance(groups, Mapping) else list(groups or ())
    owner: dict[int, int] = {}
    for group, members in enumerate(parts):
        if isinstance(members, str) or not isinstance(members, Sequence) or not members:
            raise InputError(f"`groups` must hold lists of columns, none of them empty. Got {members!r}.")
        for member in members:
            column = _column(member, columns, names)
            if owner.setdefault(column, group) != group:
                raise InputError(f"A column must belong to one group. Got column {member!r} in two of `groups`.")
    keys = [("group", owner[column]) if column in owner else ("column", column) for column in range(columns)]
    order = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return torch.tensor([order[key] for key in keys], dtype=torch.long, device="cpu")


def _column(member: str | int, columns: int, names: Sequence[str]) -> int:
    if isinstance(member, str):
        if member not in names:
            raise UnknownNameError("column", member, names)
        return list(names).index(member)
    if not 0 <= member < columns:
        raise InputError(f"`groups` must name columns from 0 to {columns - 1}. Got {member}.")
    return member
