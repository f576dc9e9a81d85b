"""What must be said of the limits that a search for counterfactuals of rows kept: what they rest on, and what they leave."""

import torch
from torch import Tensor

from xaivision.core.diagnostics import Note
from xaivision.core.values_in_words import column_words, value_words
from xaivision.explainers.counterfactuals.scene import Scene
from xaivision.explainers.counterfactuals.table_space import Columns, linked_groups, permitted_codes


def limit_notes(scene: Scene, rows: Tensor, held: Tensor) -> list[Note]:
    """About rows (B, k, F) of which these (B, k) are handed out."""
    notes = []
    if idle := _idle_ways(scene):
        notes.append(Note("ok", f"`one_way` says nothing of {', '.join(idle)}, which may not change at all"))
    notes += [Note("ok", text) for text in _held_by_links(scene)]
    if len(scene.background.unique(dim=0)) == 1:  # type: ignore[no-untyped-call]
        notes.append(Note("warn", _of_equal_rows(scene)))
    outside = _outside(scene)
    stays = (rows == scene.inputs[:, None]) & held[..., None]
    for index in range(len(rows) if outside.any() else 0):
        columns = (stays[index].any(0) & outside[index]).nonzero().flatten().tolist()
        if columns:
            notes.append(Note("ok", _staying(scene, index, columns), (index,)))
    return notes


def _idle_ways(scene: Scene) -> list[str]:
    """The columns that are given a way and stay as they are whatever that says."""
    columns, free = Columns(scene.q), scene.space.free
    return [columns.name(number) for number in columns.by_number(scene.wishes.one_way) if not free[number]]


def _held_by_links(scene: Scene) -> list[str]:
    """Of each group of `linked` the columns that stay because others of it may not change."""
    columns, told = Columns(scene.q), []
    for group in linked_groups(columns, scene.wishes.linked):
        free = [columns.name(number) for number in group if scene.space.free[number]]
        fixed = [columns.name(number) for number in group if not scene.space.free[number]]
        if free and fixed:
            stay = "stays as it is" if len(free) == 1 else "stay as they are"
            told.append(f"{', '.join(free)} {stay}: `linked` with {', '.join(fixed)}, which may not change")
    return told


def _of_equal_rows(scene: Scene) -> str:
    count = len(scene.background)
    rows = "one row" if count == 1 else f"{count} equal rows"
    numbers = scene.space.numbers
    ranged = bool((scene.space.low[numbers] < scene.space.high[numbers]).all())
    shown = "no scales" if ranged else "neither ranges nor scales"
    return f"the background is {rows}, which shows {shown} of the columns: give rows that differ"


def _staying(scene: Scene, index: int, columns: list[int]) -> str:
    query = scene.q.query
    told = [
        f"{column_words(query, column)} stays {value_words(query, column, float(scene.inputs[index, column]))}"
        for column in columns
    ]
    return f"{', '.join(told)}: outside `permitted_range`, which holds for what changes"


def _outside(scene: Scene) -> Tensor:
    """(B, F) which values of the inputs are not among those permitted."""
    columns, inputs = Columns(scene.q), scene.inputs.double()
    outside = torch.zeros(inputs.shape, dtype=torch.bool, device="cpu")
    for number, given in columns.by_number(scene.wishes.permitted_range).items():
        values = inputs[:, number]
        if categories := columns.categories(number):
            outside[:, number] = ~torch.isin(values, permitted_codes(columns.name(number), categories, given))
        else:
            outside[:, number] = (values < scene.space.low[number]) | (values > scene.space.high[number])
    return outside
