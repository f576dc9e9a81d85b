"""Which segments belong to the object: those with the evidence, divided from the rest where the colors change.

Source: Boykov, Jolly, Interactive graph cuts, 2001, doi:10.1109/ICCV.2001.937505.
"""

from dataclasses import dataclass

import numpy as np

# Capacities are whole numbers that 32 bits hold, as SciPy's flow takes them: the evidence of the whole picture is so many units,
# or as many as leave room for what outweighs all the rest.
UNITS, LARGEST = 10_000_000, 2**31 - 1
# A square as large as the picture has a border of this many times the root of its area.
BORDER = 4


@dataclass(frozen=True, eq=False)
class Segments:
    """`labels` (H, W), each segment's mean color (K, C), its share of the positive evidence, and of the picture."""

    labels: np.ndarray
    colors: np.ndarray
    mass: np.ndarray
    area: np.ndarray


def described(labels: np.ndarray, colors: np.ndarray, evidence: np.ndarray) -> Segments:
    """Of a label map (H, W), colors (H, W, C) and a map (H, W) with positive evidence somewhere."""
    sizes = np.bincount(labels.ravel())
    sums = [np.bincount(labels.ravel(), one.ravel()) for one in np.moveaxis(colors, -1, 0)]
    positive = evidence.clip(min=0)
    mass = np.bincount(labels.ravel(), positive.ravel()) / positive.sum()
    return Segments(labels, np.stack(sums, 1) / sizes[:, None], mass, sizes / labels.size)


def evidence_cut(segments: Segments, inside: set[int], outside: set[int], smoothness: float) -> np.ndarray:
    """(K,) bool the segments for which evidence beyond their size, less what their border costs, is largest in all.

    A border costs most where the colors on its two sides are alike: one as long as the picture's, between equal colors, costs
    `smoothness` times what can be held beyond size at all, so that faint and scattered evidence is not outweighed by it. Those
    `inside` belong to it, those `outside` do not. The optimum is exact, by a minimum cut.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    one, other, cost = _borders(segments)
    count = len(segments.mass)
    source, sink = count, count + 1
    beyond = segments.mass - segments.area
    border = smoothness * beyond.clip(min=0).sum() * cost
    rest = 1 + np.abs(beyond).sum() + 2 * border.sum()
    units = min(UNITS, LARGEST / (2 * rest))
    surplus, border = np.rint(units * beyond), np.rint(units * border)
    firm = np.rint(1.5 * units * rest)  # what must hold
    surplus[list(inside)], surplus[list(outside)] = firm, -firm
    for_, against = (surplus > 0).nonzero()[0], (surplus < 0).nonzero()[0]
    rows = np.concatenate([one, other, np.full(len(for_), source), against])
    columns = np.concatenate([other, one, for_, np.full(len(against), sink)])
    capacity = np.concatenate([border, border, surplus[for_], -surplus[against]]).astype(np.int32)
    graph = coo_array((capacity, (rows, columns)), shape=(count + 2, count + 2)).tocsr()
    left = graph - maximum_flow(graph, source, sink).flow
    left.data = left.data.clip(min=0)
    left.eliminate_zeros()
    reached = breadth_first_order(left, source, return_predecessors=False)
    return np.isin(np.arange(count), reached)


def touching(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, 2) pairs of neighboring segments, the smaller number first, and (n,) how many pixels of border they share."""
    sides = [(labels[:, 1:], labels[:, :-1]), (labels[1:], labels[:-1])]
    pairs = np.concatenate([np.stack([one.ravel(), other.ravel()], 1) for one, other in sides])
    pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], 1)
    found, lengths = np.unique(pairs, axis=0, return_counts=True)
    return found, lengths


def _borders(segments: Segments) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each pair of neighbors the two segments, and what the border between them costs."""
    pairs, lengths = touching(segments.labels)
    one, other = pairs[:, 0], pairs[:, 1]
    difference = np.square(segments.colors[one] - segments.colors[other]).sum(1)
    typical = difference.mean() if len(pairs) and difference.any() else 1.0
    return one, other, lengths / (BORDER * segments.labels.size**0.5) * np.exp(-difference / typical)
