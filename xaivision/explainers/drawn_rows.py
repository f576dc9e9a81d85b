"""The rows that lime draws for the row of a table, and what the local model is told of each."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from xaivision.core.diagnostics import Note
from xaivision.core.question import Question
from xaivision.engines.table_bins import bins_in_words, bins_of, empty_bins, learned_bins
from xaivision.engines.table_draws import drawn_around, drawn_from_bins
from xaivision.explainers.perturbed_scores import finite

# lime's kernel is this many times the root of the number of columns wide.
USUAL_WIDTH = 0.75
# Columns that are named where not all fit on a line.
MOST_NAMED = 5


class Told(NamedTuple):
    """What the local model of one input is fitted to: `features` (n + 1, F), those of the input itself first, and the model's
    `scores` (n + 1,), in float64 on the CPU.
    """

    features: Tensor
    scores: Tensor

    def weights(self, width: float | None) -> Tensor:
        """(n + 1,) sqrt(exp(-d^2 / width^2)), d the distance of each row's features from those of the input."""
        wide = USUAL_WIDTH * sqrt(self.features.shape[1]) if width is None else width
        apart = self.features - self.features[0]
        return (torch.einsum("nf,nf->n", apart, apart) / (-2 * wide**2)).exp()


class DrawnRows(Protocol):
    """`unit` (F,): what one step of a feature is in the column; 1 for what is not measured in the column's unit. `bins`: for
    each input the bins of its values in words; empty where there are none.
    """

    unit: Tensor
    bins: list[tuple[str, ...]]

    def told(self, index: int) -> Told: ...


class BinRows:
    """Rows drawn bin by bin, the same for every input; a feature is 1 where the row lies in the bin of the input."""

    def __init__(self, q: Question, background: Tensor, categorical: Sequence[int], budget: int) -> None:
        self._bins = learned_bins(background, categorical)
        drawn = drawn_from_bins(self._bins, budget, q.generator("draws"))
        self._places = drawn.places
        self._own = bins_of(self._bins, q.query.inputs)
        self._scores = _Shared(q, drawn.rows)
        self.unit = torch.ones(background.shape[1], dtype=torch.float64, device="cpu")
        _doubt_unseen(q, empty_bins(self._bins, self._own), range(background.shape[1]))
        names = [column_name(q, column) for column in range(background.shape[1])]
        self.bins = bins_in_words(self._bins, self._own, names, q.query.category_names)

    def told(self, index: int) -> Told:
        features = torch.ones(len(self._places) + 1, self._places.shape[1], dtype=torch.float64, device="cpu")
        features[1:] = self._places == self._own[index]
        return Told(features, self._scores.of(index))


class NormalRows:
    """Normal rows around the background's means, the same for every input, or around each input.

    Features are the columns, less their means and divided by their standard deviations; of categories, which are drawn by
    their share, whether the row has that of the input.
    """

    def __init__(self, q: Question, background: Tensor, categorical: Sequence[int], budget: int, *, around: bool) -> None:
        table = background.double().cpu()
        self._mean, spread = table.mean(0), table.std(0, correction=0)
        # A column that never changes has no spread to measure by: it moves by 1, as lime has it.
        constant = (table == table[0]).all(0)
        self._spread = spread.masked_fill(constant, 1)
        self._codes = torch.tensor(list(categorical), dtype=torch.long, device="cpu")
        self._rows = drawn_around(torch.zeros_like(spread), self._spread, budget, q.generator("draws"))
        self._inputs = q.query.inputs.double().cpu()
        self._question, self._around = q, around
        if len(self._codes):
            self._draw_categories(q, table[:, self._codes], budget)
        self._scores = None if around else _Shared(q, self._placed(self._mean))
        self.unit = self._spread.index_fill(0, self._codes, 1)
        self.bins: list[tuple[str, ...]] = []

    def told(self, index: int) -> Told:
        own = self._inputs[index]
        rows = self._placed(own if self._around else self._mean)
        features = (torch.cat([own[None], rows]) - self._mean) / self._spread
        features[:, self._codes] = (torch.cat([own[None], rows])[:, self._codes] == own[self._codes]).double()
        scores = self._scores if self._scores is not None else _Shared(self._question, rows)
        return Told(features, scores.of(index))

    def _placed(self, center: Tensor) -> Tensor:
        rows = self._rows + center
        rows[:, self._codes] = self._rows[:, self._codes]
        return rows

    def _draw_categories(self, q: Question, columns: Tensor, budget: int) -> None:
        bins = learned_bins(columns, range(columns.shape[1]))
        self._rows[:, self._codes] = drawn_from_bins(bins, budget, q.generator("categories")).rows
        _doubt_unseen(q, empty_bins(bins, bins_of(bins, self._inputs[:, self._codes])), self._codes.tolist())


class _Shared:
    """The model's scores of rows that several inputs have in common, asked once."""

    def __init__(self, q: Question, rows: Tensor) -> None:
        self._question = q
        self._scores = q.model(rows.to(q.query.inputs))

    def of(self, index: int) -> Tensor:
        """(n + 1,) the explained numbers of the input itself and of the rows.

        Raises: InputError, where one of the rows has none.
        """
        query = self._question.query
        same = torch.full((len(self._scores),), index, dtype=torch.long, device="cpu")
        found = query.target.take(same).of(self._scores)
        finite(found, "Give a `background` of rows that the model takes")
        return torch.cat([query.scores[index : index + 1], found]).double().cpu()


def column_name(q: Question, column: int) -> str:
    names = q.query.feature_names
    return names[column] if names else f"column {column}"


def _doubt_unseen(q: Question, unseen: Tensor, columns: Sequence[int]) -> None:
    """`unseen` (B, n): whether no row of the background is like the input in the n `columns`."""
    for index, row in enumerate(unseen.tolist()):
        names = [column_name(q, column) for column, missing in zip(columns, row, strict=True) if missing]
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        if names:
            text = f"no row of the background is like it in {', '.join(names[:MOST_NAMED])}{more}: nothing is known of that"
            q.note(Note("warn", text, (index,)))


def name_bins(q: Question, index: int, bins: Sequence[str], values: Tensor) -> None:
    """Of which bins the largest values (F,) are the effects, as a note that is no doubt: results keep it, and show it."""
    largest = values.abs().argsort(descending=True, stable=True)[:MOST_NAMED].tolist()
    more = f"; and {len(bins) - MOST_NAMED} more" if len(bins) > MOST_NAMED else ""
    q.note(Note("ok", f"bins: {'; '.join(bins[column] for column in largest)}{more}", (index,)))
