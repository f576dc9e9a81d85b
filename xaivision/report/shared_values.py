"""Features that share one value: columns of a table that were asked as one group, pixels of one segment."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from xaivision.core.attribution import Attribution
from xaivision.core.query import Query
from xaivision.report.wording import feature_names, plain

Labels = NDArray[np.int64]
Columns = tuple[int, ...]

# More lines than that would hide the map they are drawn over.
MOST_SEGMENTS = 150
MOST_NAMED = 2


def groups_of(attribution: Attribution, index: int) -> tuple[Columns, ...]:
    """The columns of each player of a table, in the order of the players; nothing where each column stands alone."""
    if attribution.players is None or attribution.query.inputs.ndim != 2:
        return ()
    labels = attribution.players[index].cpu().tolist()
    members = tuple(tuple(c for c, label in enumerate(labels) if label == player) for player in range(max(labels) + 1))
    return members if len(members) < len(labels) else ()


def segments_of(attribution: Attribution, index: int) -> Labels | None:
    """(H, W) the segment of each pixel; None where pixels are no members of segments, or these are too many to be outlined."""
    if attribution.players is None or attribution.query.inputs.ndim != 4:
        return None
    labels: Labels = attribution.players[index].cpu().numpy().astype(np.int64)
    return labels if 1 < int(labels.max()) + 1 <= min(MOST_SEGMENTS, labels.size - 1) else None


def group_names(attribution: Attribution, groups: Sequence[Columns]) -> tuple[str, ...]:
    """A name for each group: the caller's own where `groups` was given with names, else those of its first columns."""
    query = attribution.query
    names = feature_names(query, query.inputs[0].numel())
    own = _own_names(attribution.origin.settings.get("groups"), query)
    return tuple(own.get(frozenset(group)) or _joined([names[column] for column in group]) for group in groups)


def _own_names(groups: object, query: Query) -> dict[frozenset[int], str]:
    if not isinstance(groups, Mapping):
        return {}
    columns = {name: column for column, name in enumerate(query.feature_names)}
    return {frozenset(columns.get(one, one) for one in members): plain(name) for name, members in groups.items()}


def _joined(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return " + ".join(names[:MOST_NAMED]) + (f" + {more} more" if more > 0 else "")
