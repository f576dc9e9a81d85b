"""Scores of a picture with one window changed, from the regions of its maps that the window can have changed.

The maps of the whole picture are computed once. For each window a crop around what has changed goes through a stage of the
network, and what comes out replaces that region of the stage's map: no more is computed than the window reaches, up to the
place from where on whole maps are cheaper. Halos, strides and padding are those of the graph (`engines.reach`).
"""

from dataclasses import dataclass
from itertools import pairwise
from math import prod

import torch
from torch import Tensor, fx

from xaivision.engines.reach import Cut, Cuts, Reach
from xaivision.engines.windows import Window

# Going through a stage costs as much as that share of a whole pass, for cutting, gluing and calls of small kernels.
STAGE = 0.004


@dataclass(frozen=True)
class Axis:
    """One axis of one stage for regions of a fixed length.

    A region of `length` of the stage's map (of `extent`) is cut out with a halo, `crop` long; of the next map (of
    `next_extent`) it can have changed `next_length`.
    """

    reach: Reach
    extent: int
    length: int
    next_extent: int

    @property
    def next_length(self) -> int:
        seen = (self.length - 1 + self.reach.before + self.reach.after) // self.reach.stride + 1
        return min(seen, self.next_extent)

    @property
    def crop(self) -> int:
        """As long as what the changed positions see, wherever the region lies; the rest of the map is whole strides."""
        stride = self.reach.stride
        seen = (self.next_length - 1) * stride + self.reach.before + self.reach.after + 1
        return max(0, self.extent - max(0, self.extent - seen - (stride - 1)) // stride * stride)

    def places(self, start: int) -> tuple[int, int]:
        """(where the next region starts, where the crop starts) of a region that starts here."""
        stride = self.reach.stride
        first = max(0, -((self.reach.after - start) // stride))
        first = min(first, self.next_extent - self.next_length)
        seen = max(0, first * stride - self.reach.before) // stride * stride
        return first, min(seen, self.extent - self.crop)


@dataclass(frozen=True, eq=False)
class Stage:
    """What a crop of one map is brought through to become a region of the next."""

    run: fx.GraphModule
    height: Axis
    width: Axis


@dataclass(frozen=True, eq=False)
class Route:
    """The stages for windows of one size; `finish` takes the inputs and the last map to the scores.

    `share`: of the multiplications of a whole pass.
    """

    stages: tuple[Stage, ...]
    finish: fx.GraphModule
    share: float

    @property
    def side(self) -> tuple[int, int]:
        """Height and width of the windows that the route is for."""
        return self.stages[0].height.length, self.stages[0].width.length


def best_route(view: fx.GraphModule, found: Cuts, side: tuple[int, int]) -> Route | None:
    """The stages through which windows of this size cost least; None where whole passes cost no more."""
    if len(found.places) < 2:
        return None
    best = _cheapest(found, side)
    if best.cost > 1 - STAGE or len(best.cuts) < 2:
        return None
    return route_over(view, best.cuts, side, best.cost)


def route_over(view: fx.GraphModule, places: tuple[Cut, ...], side: tuple[int, int], share: float) -> Route:
    """The stages between these cuts, the first of which is the input, for windows of this size."""
    stages, lengths = [], side
    for one, other in pairwise(places):
        axes = _axes(one, other, lengths)
        stages.append(Stage(_between(view, one.node, other.node), *axes))
        lengths = (axes[0].next_length, axes[1].next_length)
    return Route(tuple(stages), _after(view, places[-1].node), share)


@dataclass(frozen=True, eq=False)
class Bases:
    """The maps of the whole picture at each cut of a route, (1, C, h, w); the first is the picture itself."""

    route: Route
    maps: tuple[Tensor, ...]


def bases(route: Route, picture: Tensor) -> Bases:
    """The maps of the picture (1, C, H, W), as the network takes it."""
    maps = [picture]
    for stage in route.stages:
        maps.append(stage.run(maps[-1]))
    return Bases(route, tuple(maps))


def changed_maps(known: Bases, replaced: Tensor, windows: list[Window]) -> Tensor:
    """(n, C, h, w) the last map of the route where each window, of the route's size at most, shows `replaced` (1, C, H, W)."""
    picture, side = known.maps[0], known.route.side
    starts = [_fitting(window, side, picture) for window in windows]
    regions = torch.stack([_shown(picture[0], replaced[0], *pair, side) for pair in zip(windows, starts, strict=True)])
    for stage, base in zip(known.route.stages, known.maps, strict=False):
        regions, starts = _through(stage, base[0], regions, starts)
    last = known.maps[-1]
    whole = last.repeat(len(windows), 1, 1, 1)
    for row, (top, left) in enumerate(starts):
        whole[row, :, top : top + regions.shape[2], left : left + regions.shape[3]] = regions[row]
    return whole


def _through(stage: Stage, base: Tensor, regions: Tensor, starts: list[tuple[int, int]]) -> tuple[Tensor, list[tuple[int, int]]]:
    """Changed regions of the next map, and where they start."""
    height, width = stage.height, stage.width
    sides = (len(regions), len(base), height.crop, width.crop)
    crops = torch.empty(sides, dtype=base.dtype, device=base.device, memory_format=torch.channels_last)
    ways = [(height.places(top), width.places(left)) for top, left in starts]
    for row, ((top, left), ((_, crop_top), (_, crop_left))) in enumerate(zip(starts, ways, strict=True)):
        crops[row] = base[:, crop_top : crop_top + height.crop, crop_left : crop_left + width.crop]
        below, beside = top - crop_top, left - crop_left
        crops[row, :, below : below + height.length, beside : beside + width.length] = regions[row]
    results = stage.run(crops)
    found = []
    for row, ((first_top, crop_top), (first_left, crop_left)) in enumerate(ways):
        above, before = first_top - crop_top // height.reach.stride, first_left - crop_left // width.reach.stride
        found.append(results[row, :, above : above + height.next_length, before : before + width.next_length])
    return torch.stack(found), [(first_top, first_left) for (first_top, _), (first_left, _) in ways]


def _fitting(window: Window, side: tuple[int, int], picture: Tensor) -> tuple[int, int]:
    """Where a region of the full size starts that holds the window: those at the edge are smaller."""
    return min(window.top, picture.shape[2] - side[0]), min(window.left, picture.shape[3] - side[1])


def _shown(picture: Tensor, replaced: Tensor, window: Window, start: tuple[int, int], side: tuple[int, int]) -> Tensor:
    top, left = start
    region = picture[:, top : top + side[0], left : left + side[1]].clone()
    rows, columns = slice(window.top, window.bottom), slice(window.left, window.right)
    region[:, window.top - top : window.bottom - top, window.left - left : window.right - left] = replaced[:, rows, columns]
    return region


@dataclass(frozen=True, eq=False)
class _Way:
    """Cuts from the input on; `length` of the changed region at the last; `cost` as a share of a whole pass so far."""

    cuts: tuple[Cut, ...]
    length: tuple[int, int]
    cost: float


def _cheapest(found: Cuts, side: tuple[int, int]) -> _Way:
    """The cheapest way over the cuts, whole maps after the last: each cut is reached in the best way found to it."""
    ways = [_Way((found.places[0],), side, 0.0)]
    for cut in found.places[1:]:
        ways.append(min((_extended(way, cut, found.cost) for way in ways), key=lambda way: way.cost))
    finished = [_Way(way.cuts, way.length, way.cost + 1 - way.cuts[-1].cost / found.cost) for way in ways]
    return min(finished, key=lambda way: way.cost)


def _extended(way: _Way, cut: Cut, total: float) -> _Way:
    axes = _axes(way.cuts[-1], cut, way.length)
    part = prod(axis.crop / axis.extent for axis in axes)
    cost = way.cost + STAGE + part * (cut.cost - way.cuts[-1].cost) / total
    return _Way((*way.cuts, cut), (axes[0].next_length, axes[1].next_length), cost)


def _axes(one: Cut, other: Cut, lengths: tuple[int, int]) -> tuple[Axis, Axis]:
    height, width = (
        Axis(_relative(one.sight[axis], other.sight[axis]), one.sides[axis], lengths[axis], other.sides[axis]) for axis in (0, 1)
    )
    return height, width


def _relative(one: Reach, other: Reach) -> Reach:
    """How the later map sees the earlier one, from how both see the input."""
    stride = one.stride
    return Reach(other.stride // stride, (other.before - one.before) // stride, (other.after - one.after) // stride)


def _between(view: fx.GraphModule, first: fx.Node, last: fx.Node) -> fx.GraphModule:
    """The part of a graph that makes one map of another."""
    graph = fx.Graph()
    known = {first: graph.placeholder("maps")}
    for node in _needed(view, {last}, {first}):
        known[node] = graph.node_copy(node, known.__getitem__)
    graph.output(known[last])
    return fx.GraphModule(view, graph)


def _after(view: fx.GraphModule, last: fx.Node) -> fx.GraphModule:
    """The part of a graph that makes scores of the inputs, which it asks for their sizes only, and the map."""
    inputs = next(node for node in view.graph.nodes if node.op == "placeholder")
    output = next(node for node in view.graph.nodes if node.op == "output")
    graph = fx.Graph()
    known = {inputs: graph.placeholder("inputs"), last: graph.placeholder("maps")}
    for node in _needed(view, set(output.all_input_nodes), {inputs, last}):
        known[node] = graph.node_copy(node, known.__getitem__)
    graph.output(fx.node.map_arg(output.args[0], known.__getitem__))
    return fx.GraphModule(view, graph)


def _needed(view: fx.GraphModule, wanted: set[fx.Node], given: set[fx.Node]) -> list[fx.Node]:
    """The nodes that the wanted ones rest on, in the order they run, without those that are given."""
    left, needed = list(wanted - given), set()
    while left:
        node = left.pop()
        needed.add(node)
        left += [one for one in node.all_input_nodes if one not in needed and one not in given]
    return [node for node in view.graph.nodes if node in needed]
