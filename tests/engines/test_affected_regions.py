"""Reach and affected regions: what a window can have changed, against whole passes."""

import pytest
import torch
from engine_networks import drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from xaivision.engines import affected_regions, reach
from xaivision.engines.module_graph import traced
from xaivision.engines.windows import Window, sliding_windows


class Residual(nn.Module):
    def __init__(self, channels, kernel=3):
        super().__init__()
        self.way = nn.Sequential(
            nn.Conv2d(channels, channels, kernel, padding=kernel // 2),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1),
        )

    def forward(self, x):
        return functional.relu(x + self.way(x))


class Padded(nn.Module):
    """Padding that is not the same on all sides, as networks that come from TensorFlow have it."""

    def __init__(self, channels, stride):
        super().__init__()
        self.pad, self.conv = nn.ZeroPad2d((1, 1, 2, 0)), nn.Conv2d(channels, channels, 3, stride=stride)

    def forward(self, x):
        return torch.conv2d(self.pad(x), self.conv.weight, None, self.conv.stride, (0, 0), (1, 1), 1)


class Branches(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.small, self.large = nn.Conv2d(channels, 2, 1), nn.Conv2d(channels, 2, 5, padding=2)

    def forward(self, x):
        return torch.cat([self.small(x), self.large(x)], 1)


class Flat(nn.Module):
    def forward(self, x):
        return x.view(x.size(0), -1)


LAYERS = {
    "conv": lambda: nn.Conv2d(4, 4, 3, padding=1),
    "wide": lambda: nn.Conv2d(4, 4, 5, padding=2, dilation=1),
    "dilated": lambda: nn.Conv2d(4, 4, 3, padding=2, dilation=2),
    "stride": lambda: nn.Conv2d(4, 4, 3, stride=2, padding=1),
    "flat stride": lambda: nn.Conv2d(4, 4, (3, 5), stride=(2, 1), padding=(0, 1)),
    "max": lambda: nn.MaxPool2d(3, 2, padding=1),
    "mean": lambda: nn.AvgPool2d(2),
    "residual": lambda: Residual(4),
    "padded": lambda: Padded(4, 2),
    "branches": lambda: Branches(4),
    "active": lambda: nn.SiLU(),
}


def network(names, side, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        body = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), *[LAYERS[name]() for name in names])
        width = body(torch.zeros(1, 2, *side)).numel()
        return nn.Sequential(body, nn.AdaptiveAvgPool2d(1), Flat(), nn.Linear(4, 3)).double().eval(), width


def whole(view, picture, replaced, windows):
    rows = picture.repeat(len(windows), 1, 1, 1)
    for row, window in enumerate(windows):
        place = (slice(window.top, window.bottom), slice(window.left, window.right))
        rows[row, :, *place] = replaced[0, :, *place]
    return view(rows)


def every_route(view, found, side):
    """Routes over each single cut and over all: whatever the costs, every one must be right."""
    for last in range(1, len(found.places)):
        for chosen in ([0, last], list(range(last + 1))):
            places = [found.places[number] for number in chosen]
            cheap = [reach.Cut(cut.node, cut.sight, cut.sides, float(number)) for number, cut in enumerate(places)]
            yield affected_regions.route_over(view, tuple(cheap), side, 0.5)


@torch.no_grad()
def check_regions_give_what_whole_passes_give(names, sides, window, seed=0):
    module, _ = network(names, sides, seed)
    view, picture, replaced = traced(module), drawn((1, 2, *sides), seed), drawn((1, 2, *sides), seed + 1)
    found = reach.cuts(view, picture)
    assert len(found.places) >= len(names) + 2, "every layer of these networks can be cut after"
    windows = sliding_windows(*sides, window, (max(1, window[0] - 1), window[1]))
    expected = whole(view, picture, replaced, windows)
    for route in every_route(view, found, window):
        known = affected_regions.bases(route, picture)
        maps = affected_regions.changed_maps(known, replaced, windows)
        scores = route.finish(picture.expand(len(windows), -1, -1, -1), maps)
        assert (scores - expected).abs().max() < 1e-12, (names, sides, window, len(route.stages))


@torch.no_grad()
def check_the_best_route_costs_less_and_is_right():
    module, _ = network(["conv", "stride", "residual", "stride", "conv", "conv"], (48, 48))
    view, picture, replaced = traced(module), drawn((1, 2, 48, 48), 0), drawn((1, 2, 48, 48), 1)
    found = reach.cuts(view, picture)
    route = affected_regions.best_route(view, found, (4, 4))
    assert route is not None
    assert route.side == (4, 4)
    assert 0.02 < route.share < 0.6
    windows = [Window(top, top + 4, 8, 12) for top in (0, 7, 44)]
    known = affected_regions.bases(route, picture)
    scores = route.finish(picture.expand(3, -1, -1, -1), affected_regions.changed_maps(known, replaced, windows))
    assert (scores - whole(view, picture, replaced, windows)).abs().max() < 1e-12


def check_reach_is_what_gradients_reach():
    """Which inputs a position of a deep map depends on, asked of autograd."""
    for names in (["conv", "stride", "padded", "mean"], ["dilated", "mean", "branches", "flat stride"]):
        module, _ = network(names, (41, 37))
        view = traced(module[0].train(False))
        picture = drawn((1, 2, 41, 37), 0).requires_grad_()
        cut = reach.cuts(view, picture.detach()).places[-1]
        maps = view(picture)
        place = (maps.shape[2] // 2, maps.shape[3] // 2)
        (gradient,) = torch.autograd.grad(maps[0, :, *place].sum(), picture)
        for axis in (0, 1):
            seen = gradient[0].abs().sum((0, 2 - axis)).nonzero().flatten()
            sight = cut.sight[axis]
            assert place[axis] * sight.stride - sight.before <= int(seen.min())
            assert place[axis] * sight.stride + sight.after >= int(seen.max())
            assert int(seen.max()) - int(seen.min()) >= sight.before + sight.after - 1, "a reach no larger than need be"


@given(
    st.lists(st.sampled_from(sorted(LAYERS)), min_size=1, max_size=3),
    st.tuples(st.integers(17, 40), st.integers(17, 40)),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.integers(0, 10**6),
)
@settings(max_examples=12, deadline=None)
def test_regions_give_what_whole_passes_give(names, sides, window, seed):
    check_regions_give_what_whole_passes_give(names, sides, window, seed)


def test_the_best_route_costs_less_and_is_right():
    check_the_best_route_costs_less_and_is_right()


def test_reach_is_what_gradients_reach():
    check_reach_is_what_gradients_reach()


class Squeezed(nn.Module):
    """Every position sees the mean of all: a gate as in squeeze and excitation."""

    def __init__(self):
        super().__init__()
        self.first, self.gate = nn.Conv2d(2, 4, 3, padding=1), nn.Linear(4, 4)
        self.last = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x):
        x = self.first(x)
        gate = torch.sigmoid(self.gate(x.mean((2, 3))))
        return self.last(x * gate[:, :, None, None]).mean((2, 3))


class Transposed(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x):
        return self.last(self.first(x).transpose(2, 3)).mean((2, 3))


class Scaled(nn.Module):
    """A tensor that is not followed joins in: the mean of the whole picture."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 4, 3, padding=1)

    def forward(self, x):
        return self.last(self.first(x) + x.mean()).mean((2, 3))


@pytest.mark.parametrize(("module", "last"), [(Squeezed(), "first"), (Transposed(), "first"), (Scaled(), "")])
def test_nothing_is_cut_after_what_sees_more_than_windows(module, last):
    found = reach.cuts(traced(module), torch.rand(1, 2, 12, 12))
    names = [str(cut.node) for cut in found.places if cut.node.op != "placeholder"]
    assert names == ([last] if last else [])


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(2, 4, 3, padding=1, padding_mode="reflect"),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.InstanceNorm2d(2),
        nn.Upsample(scale_factor=2),
        nn.AdaptiveAvgPool2d(3),
        nn.Softmax2d(),
        nn.ReflectionPad2d(1),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layers_whose_windows_are_not_known_end_the_way(layer):
    found = reach.cuts(traced(nn.Sequential(nn.ReLU(), layer)), torch.rand(1, 2, 13, 13))
    assert len(found.places) == 2


def test_small_pictures_are_not_worth_a_route():
    module, _ = network(["wide", "wide", "wide"], (17, 17))
    view = traced(module)
    assert affected_regions.best_route(view, reach.cuts(view, drawn((1, 2, 17, 17), 0)), (15, 15)) is None
