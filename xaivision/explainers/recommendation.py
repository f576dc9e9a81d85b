"""Which method for which question: ranked by what it is made for, and by how well it fits this model on that question."""

from collections.abc import Collection
from dataclasses import dataclass

from torch import Tensor

from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.requirements import unmet
from xaivision.core.targets import Targets
from xaivision.core.wrapping import classifier
from xaivision.explainers.c_lime import CLime
from xaivision.explainers.cross_losses import cross_table
from xaivision.explainers.cross_table import CrossTable
from xaivision.explainers.purposes import CANDIDATES, PURPOSES, Purpose

UNMEASURED = (
    "Nothing was measured: which of these methods fits this model best is not known for pictures, and methods share a rank."
)


@dataclass(frozen=True)
class Recommended:
    """`method`: its registered name, which `xv.explain` takes. `rank`: from 1; methods that are not told apart share one.

    `answers`: whether it is made for the question, in theory; those that are not come after all that are. `why` in words.
    `loss`: mean squared difference between the score and the method's linear function on the question's perturbations, with its
    `standard_error` by chance of the draws; None where it was not measured, or is not defined.
    """

    method: str
    rank: int
    answers: bool
    why: str
    loss: float | None = None
    standard_error: float | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Recommendation:
    """`methods`, best first for this `question` and no other; `caution`: what the order cannot say; `table`: all losses."""

    question: Purpose
    methods: tuple[Recommended, ...]
    caution: tuple[str, ...]
    table: CrossTable | None = None

    def __str__(self) -> str:
        """The ranks with their reasons, as text."""
        purpose = PURPOSES[self.question]
        lines = [f"Question {self.question!r}: {purpose.asks}"]
        for answers, heading in ((True, "Made for it:"), (False, "Not made for it:")):
            ones = [one for one in self.methods if one.answers == answers]
            lines += [heading] * bool(ones) + [self._line(one) for one in ones]
        return "\n".join([*lines, *self.caution])

    def __repr__(self) -> str:
        ranked = ", ".join(f"{one.rank}. {one.method}" for one in self.methods if one.answers)
        return f"Recommendation({self.question!r}: {ranked or 'no method is made for it'})"

    def _line(self, one: Recommended) -> str:
        if one.loss is None:
            measured = ""
        else:
            chance = f" ± {one.standard_error:.1g}" if one.standard_error else ""
            measured = f" (loss {one.loss:.3g}{chance}{self._share(one)})"
        tied = [other.method for other in self.methods if other.rank == one.rank and other is not one]
        also = f" Not told apart from {', '.join(tied)}." if tied and one.loss is not None else ""
        return f"  {one.rank}. {one.method}{measured}: {one.why}.{also}"

    def _share(self, one: Recommended) -> str:
        """The loss beside that of a constant, which knows nothing."""
        if self.table is None or one.loss is None:
            return ""
        variance = float(self.table.variances[self.table.neighborhoods.index(PURPOSES[self.question].tested_on)])
        missed = one.loss / variance if variance > 0 else 0.0
        return f", {missed:.{1 if missed < 0.1 else 0}%} of the best constant's" if variance > 0 else ""


def recommend(
    model: Classifier, inputs: Tensor, question: Purpose = "removal", targets: Targets = None, *, seed: int = 0
) -> Recommendation:
    """The methods that answer a question about these inputs, in order, with reasons.

    `question` "small change": what happens when values change a little. "removal": what if this evidence were not there.
    "share": how the change of the score from the baseline is shared. Methods that are made for the question come first: by
    theory they give back a linear model exactly where it is asked, or, for shares, add up for any model. Among them those
    come first whose linear function misses this model least on the question's perturbations (tables only).

    Raises: InputError, where the question is unknown.
    """
    if question not in PURPOSES:
        raise InputError(f"`question` must be one of {', '.join(map(repr, PURPOSES))}. Got {question!r}.")
    adapter = classifier(model)
    adapter.check(inputs)
    if adapter.domain == "image":
        names, left_out = _on_pictures(adapter, inputs)
        caution = (UNMEASURED, *left_out)
        return Recommendation(question, _ranked(question, names, PURPOSES[question].answered_by), caution)
    table = cross_table(adapter, inputs, targets, seed=seed)
    # A category has no small change: where no column holds numbers, no method is made for the question.
    fitting = question != "small change" or _numbers(adapter, inputs.shape[1]) > 0
    ranked = _ranked(question, table.methods, PURPOSES[question].answered_by if fitting else (), table)
    return Recommendation(question, ranked, tuple(_cautions(question, adapter, inputs.shape[1], table)), table)


def _ranked(
    question: Purpose, names: tuple[str, ...], made_for: Collection[str], table: CrossTable | None = None
) -> tuple[Recommended, ...]:
    """Those that are made for the question first, in the order of their losses; then those whose loss is not known."""
    found: list[Recommended] = []
    for answers in (True, False):
        among = [name for name in names if (name in made_for) == answers]
        measured = table.tiers_on(PURPOSES[question].tested_on, among) if table is not None else []
        known = {name for tier in measured for name in tier}
        rest = tuple(name for name in among if name not in known)
        for tier in (*measured, rest):
            rank = len(found) + 1
            found += [_recommended(name, rank, answers, question, table) for name in tier]
    return tuple(found)


def _recommended(name: str, rank: int, answers: bool, question: Purpose, table: CrossTable | None) -> Recommended:
    purpose = PURPOSES[question]
    why = purpose.otherwise.get(name) or purpose.answered_by[name]
    if not answers and name in purpose.answered_by:
        why = f"{why}, and no column holds numbers that could change a little"
    if table is None:
        return Recommended(name, rank, answers, why)
    place = table.methods.index(name), table.neighborhoods.index(purpose.tested_on)
    loss = float(table.losses[place])
    if loss != loss:
        return Recommended(name, rank, answers, f"{why}; its loss is not defined here")
    return Recommended(name, rank, answers, why, loss, float(table.standard_errors[place]))


def _on_pictures(model: ClassifierAdapter, inputs: Tensor) -> tuple[tuple[str, ...], list[str]]:
    """The methods for pictures, and why others are left out: a line in more pixels than it has perturbations for."""
    from xaivision.explainers.registry import EXPLAINERS  # the registry is a floor's last module

    line, values = CLime.about.name, inputs[0].numel()
    blind = [name for name in CANDIDATES["image"] if unmet(EXPLAINERS[name].about, model)]
    wide = [line] if CLime().budget < values + 2 else []
    notes = [f"Left out, because the model gives no gradients: {', '.join(blind)}."] if blind else []
    if wide:
        notes.append(f"Left out, because a line in {values:,} values needs a larger budget than its own: {line}.")
    return tuple(name for name in CANDIDATES["image"] if name not in (*blind, *wide)), notes


def _numbers(model: ClassifierAdapter, columns: int) -> int:
    """How many columns hold numbers, as far as the model's schema knows: not categories, nor parts of one."""
    if model.schema is None:
        return columns
    names = model.schema.category_names or ((),) * columns
    alone = {column for group in model.schema.groups.values() if len(group) == 1 for column in group}
    return sum(not words and column in alone for column, words in enumerate(names))


def _cautions(question: Purpose, model: ClassifierAdapter, columns: int, table: CrossTable) -> list[str]:
    """What the order rests on, and what it cannot say."""
    purpose = PURPOSES[question]
    rows = f"these {table.rows} rows" if table.rows > 1 else "this row"
    elsewhere = [
        f"{table.best_in_words(name)} on {name}" for name in table.neighborhoods if name not in (purpose.tested_on, "one absent")
    ]
    found = [
        _of_columns(question, model, columns),
        f"Loss: mean squared difference between the {table.unit} and the method's linear function {purpose.tested_in_words}; "
        "± its standard error. Methods whose losses differ by no more than chance share a rank. "
        "Percentages are of the loss of the best constant, which knows nothing of the features.",
        f"The order is for this question, this model, {rows} and default settings; no method is best for every question. "
        f"Least loss elsewhere: {'; '.join(elsewhere)}.",
        table.legend,
        *table.notes,
    ]
    return list(filter(None, found))


def _of_columns(question: Purpose, model: ClassifierAdapter, columns: int) -> str:
    if model.schema is None:
        return "The model knows no schema: all columns are taken as numbers, each by itself, with the range of the row's values."
    numbers = _numbers(model, columns)
    if question != "small change" or numbers == columns:
        return ""
    return (
        f"{columns - numbers} of {columns} columns hold categories or parts of one, which have no small change: ask 'removal' "
        "about those."
    )
