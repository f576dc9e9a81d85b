"""Rows of a table from CSV files, matched to the columns of a model by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from xaivision.core.classifier import Schema
from xaivision.core.errors import FileFormatError, InputError, UnknownNameError
from xaivision.core.presenting import few, in_short, shape_of
from xaivision.data.inputs import as_inputs

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 5


@dataclass(frozen=True, eq=False, repr=False)
class CsvRows:
    """`inputs` (B, F) in the order of the model's columns, the names of the columns that were left out, and of those that were
    taken; `labels`: the values (B,) of the label, None where none was named.
    """

    inputs: Tensor
    left_out: tuple[str, ...]
    names: tuple[str, ...] = ()
    labels: tuple[Any, ...] | None = None

    def __repr__(self) -> str:
        """One line, where the tensor would fill pages."""
        return in_short(self, f"inputs {shape_of(self.inputs)}", f"left out {few(self.left_out)}" if self.left_out else "")


def load_csv(
    path: str | Path, schema: Schema | None = None, *, names: Sequence[str] | None = None, label: str | None = None
) -> CsvRows:
    """The rows of a CSV file whose first line names its columns.

    Columns are taken by name, in any order: those of the `schema`, or `names` in their order; other columns are left out.
    Without both, every column but the `label` is taken, in the file's order.

    Raises: FileFormatError, where it is no CSV file; InputError, where a column is missing, named twice, or holds what the
    schema does not know, or the label is a column that the model takes; UnknownNameError, where there is no such label.
    """
    path = Path(path)
    frame = _frame(path)
    wanted = schema.names if schema is not None else names
    labels = None
    if label is not None:
        _check_label(label, path, frame, wanted)
        labels, frame = tuple(frame[label].tolist()), frame.drop(columns=label)
    if wanted is None:
        return CsvRows(as_inputs(frame, domain="tabular"), () if label is None else (label,), tuple(frame.columns), labels)
    _check_present(path, frame, wanted)
    left_out = tuple(name for name in frame.columns if name not in set(wanted))
    inputs = as_inputs(frame[list(wanted)], domain="tabular", schema=schema)
    return CsvRows(inputs, left_out if label is None else (label, *left_out), tuple(wanted), labels)


def _frame(path: Path) -> "pd.DataFrame":
    import pandas as pd

    try:
        # The first line once more, as it is written: a name that stands there twice would be renamed silently.
        header = pd.read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False).iloc[0].tolist()
        frame = pd.read_csv(path)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        reason = " ".join(str(error).split())
        raise FileFormatError(
            f"`{path.name}` must be a CSV file, since this model takes table rows. Got something else: {reason}."
        ) from error
    twice = [name for name in dict.fromkeys(header) if name and header.count(name) > 1]
    if twice:
        raise InputError(f"`{path.name}` must name every column once. Got {twice[0]!r} more than once. Rename or drop one.")
    if frame.empty:
        raise InputError(f"`{path.name}` must have at least one row below the names of its columns. Got none.")
    if not isinstance(frame.index, pd.RangeIndex):  # what is over was taken for the names of the rows
        raise InputError(f"`{path.name}` must name every column in its first line. Got fewer names than values in a row.")
    return frame


def _check_label(label: str, path: Path, frame: "pd.DataFrame", wanted: Sequence[str] | None) -> None:
    if label not in frame.columns:
        raise UnknownNameError(f"column of {path.name}", label, map(str, frame.columns))
    if wanted is not None and label in wanted:
        raise InputError(f"The label must be a column that the model does not take. Got `{label}`, which it takes.")


def _check_present(path: Path, frame: "pd.DataFrame", wanted: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        columns = ", ".join(repr(name) for name in frame.columns[:SHOWN]) + (", ..." if len(frame.columns) > SHOWN else "")
        raise InputError(f"`{path.name}` must have the column {missing[0]!r}{more}, which this model takes. Got {columns}.")
