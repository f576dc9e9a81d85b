"""Small spaces with every kind of column, and searches answered by a function."""

import torch

from xaivision.engines.counterfactuals import space
from xaivision.engines.counterfactuals.rooms import Rooms
from xaivision.engines.counterfactuals.searching import Ask, Asked
from xaivision.engines.counterfactuals.space import Part


def vector(*values):
    return torch.tensor(values, dtype=torch.float64)


def mixed_space(norm=1.0, dtype=torch.float32, **more):
    """A number, whole numbers that only rise, a frozen number, a column of three categories, two linked columns."""
    made = {
        "low": vector(-2, 0, 0, 0, 0, 0),
        "high": vector(2, 10, 1, 2, 1, 5),
        "step": vector(0, 1, 0, 0, 0, 0),
        "direction": vector(0, 1, 0, 0, 0, 0),
        "free": torch.tensor([True, True, False, True, True, True]),
        "weight": vector(1, 0.5, 1, 1, 2, 1),
        "parts": (
            Part((0,)),
            Part((1,)),
            Part((2,)),
            Part((3,), vector(0, 1, 2)[:, None]),
            Part((4, 5), torch.tensor([[0.0, 1.0], [1.0, 2.0], [1.0, 3.0]], dtype=torch.float64)),
        ),
    }
    return space.Space(**{**made, **more}, norm=norm, dtype=dtype)


ROW = torch.tensor([0.5, 3.0, 0.25, 1.0, 0.0, 1.0])


def numbers_space(columns=4, norm=1.0, reach=10.0, dtype=torch.float64):
    """Columns of free numbers."""
    whole = torch.ones(columns, dtype=torch.float64)
    return space.Space(
        low=-reach * whole,
        high=reach * whole,
        step=0 * whole,
        direction=0 * whole,
        free=whole > 0,
        weight=whole,
        parts=tuple(Part((column,)) for column in range(columns)),
        norm=norm,
        dtype=dtype,
    )


def room(within=None, row=ROW):
    return space.Room(mixed_space() if within is None else within, row)


ONLY = torch.zeros(1, dtype=torch.int64)


def answered(search, inside, merit, slope=None):
    """Every answer that a search in a room, or in several, was given, and what it returned: `merit(rows)` (n,), `slope(rows)`
    (n, F).
    """
    given, told = [], None
    try:
        while True:
            ask = search.send(told)
            assert isinstance(ask, Ask)
            mine = (ask.owners,) if isinstance(inside, Rooms) else ()
            rows = inside.final(ask.rows, *mine)
            told = Asked(rows, merit(rows.double()), inside.cost(rows, *mine), slope(rows.double()) if ask.slopes else None)
            given.append(told)
    except StopIteration as ended:
        return given, ended.value


def held(given):
    """The rows that hold among the answers, nearest first."""
    rows, merits, costs = (torch.cat(parts) for parts in zip(*(one[:3] for one in given), strict=True))
    order = costs[merits > 0].argsort(stable=True)
    assert len(order), "nothing holds"
    return rows[merits > 0][order], costs[merits > 0][order]
