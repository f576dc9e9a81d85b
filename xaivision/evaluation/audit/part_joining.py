"""Parts put together: that of a shard from those of its items, each of which was asked about alone."""

from collections.abc import Sequence

from xaivision.evaluation.audit.part import Part, Shard, summed_doubts
from xaivision.evaluation.audit.thumbnails import stacked


def joined_part(shard: Shard, parts: Sequence[Part]) -> Part:
    """The part of a shard from those of its items, each a part of its own."""
    labels = dict.fromkeys(label for part in parts for label in part.maps)
    maps = {label: stacked([part.maps[label][0] if label in part.maps else None for part in parts]) for label in labels}
    return Part(
        shard.number,
        tuple(row for part in parts for row in part.rows),
        tuple(cost for part in parts for cost in part.costs),
        tuple(curve for part in parts for curve in part.curves),
        sum(part.model_calls for part in parts),
        sum(part.gradient_calls for part in parts),
        sum(part.seconds for part in parts),
        len(shard.items),
        {label: one for label, one in maps.items() if one is not None},
        stacked([None if part.pictures is None else part.pictures[0] for part in parts]),
        doubts=summed_doubts(doubt for part in parts for doubt in part.doubts),
    )
