"""A kept pass changes no bit of any gradient, whatever the network does, and spares what comes before a changed layer."""

import warnings
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from core_subjects import drawn, seeded
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations
from torch.utils._python_dispatch import TorchDispatchMode

from xaivision.core import kept_pass
from xaivision.core.kept_pass import layers_changed, passes_kept
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import reinitialization


class Layers(nn.Module):
    """Four linear layers, and what else a case needs."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c, self.d = (nn.Linear(4, 4) for _ in range(4))
        self.norm = nn.BatchNorm1d(4)
        self.register_buffer("calls", torch.zeros(()))
        self.count, self.seen = 0, []  # type: ignore[var-annotated]


class Plain(Layers):
    def forward(self, x: Tensor) -> Tensor:
        return self.d(self.c(self.b(self.a(x).relu()).tanh()).relu())


class InPlace(Layers):
    """As residual networks do it: the sum is written on a branch, and a later branch runs in between."""

    def forward(self, x: Tensor) -> Tensor:
        start = self.a(x).relu_()
        out = self.norm(self.b(start))
        beside = self.c(start)
        out += beside
        return self.d(functional.relu(out, inplace=True))


class ThroughViews(Layers):
    def forward(self, x: Tensor) -> Tensor:
        out = self.a(x)
        first = self.b(out)
        out = out.clone()
        out[:, 1:3] = first[:, :2]
        out.view(-1, 2, 2)[:, 0].mul_(2)
        out.detach()[:, 3].add_(1)
        return self.d(self.c(out))


class WrittenLate(Layers):
    """What the first layer gave is written on after the third was asked."""

    def forward(self, x: Tensor) -> Tensor:
        first = self.a(x)
        third = self.c(self.b(first.exp()))
        first.add_(third)
        return self.d(first)


class LateRead(Layers):
    """A layer that is registered first is asked last, and twice; two share their weights."""

    def forward(self, x: Tensor) -> Tensor:
        return self.a(self.a(self.d(x)).relu() + self.b(x))


class OnOneMemory(Layers):
    """Two parameters that are two objects on one memory: torch counts what is written on each alone."""

    def __init__(self) -> None:
        super().__init__()
        self.a.weight = nn.Parameter(self.d.weight.data)

    def forward(self, x: Tensor) -> Tensor:
        return self.d(self.b(self.a(x)).relu())


class RedrawnBehind(Layers):
    """Layers that are drawn anew behind torch's back, or by other tensors in their place."""

    class Behind(nn.Linear):
        def reset_parameters(self) -> None:
            self.weight.data.uniform_(-1, 1)
            self.bias.data.fill_(0.5)

    class Replaced(nn.Linear):
        def reset_parameters(self) -> None:
            self.weight = nn.Parameter(torch.empty_like(self.weight).uniform_(-1, 1))
            self.bias = nn.Parameter(torch.zeros_like(self.bias))

    def __init__(self) -> None:
        super().__init__()
        self.b, self.c = self.Behind(4, 4), self.Replaced(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.d(self.c(self.b(self.a(x)).relu()).relu())


class Parametrized(Layers):
    def __init__(self) -> None:
        super().__init__()
        self.b = parametrizations.weight_norm(self.b)
        self.c = parametrizations.spectral_norm(self.c)

    def forward(self, x: Tensor) -> Tensor:
        return self.d(self.c(self.b(self.a(x)).relu()))


class Branching(Layers):
    """Where it goes depends on what it sees, on the way and in the end."""

    def forward(self, x: Tensor) -> Tensor:
        out = self.a(x)
        if out.mean() > 0:
            out = out * 2
        parts = torch.stack([self.b(out)[:, i] for i in range(out.shape[1])], 1)
        high, _ = parts.max(1, keepdim=True)
        return self.d(self.c(out).where(high > 0, parts))


class Counting(Layers):
    """What it gives depends on how often it was asked."""

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        return self.d(self.b(self.a(x) * self.count))


class Growing(Layers):
    """A list of its own that grows."""

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(torch.ones(()))
        return self.d(self.b(self.a(x)) * torch.stack(self.seen).sum())


class GivingUp(Layers):
    """Returns early the second time, what it wrote on later the first time."""

    def forward(self, x: Tensor) -> Tensor:
        first = self.a(x)
        second = first.exp()
        if self.count:
            return first
        first.add_(1)
        return self.d(first + second)


class OutOfSight(Layers):
    """Code that torch's functions do not pass through makes a tensor."""

    def forward(self, x: Tensor) -> Tensor:
        out = self.b(self.a(x))
        with torch._C.DisableTorchFunction():
            out = out * 2
        return self.d(out.relu())


class WrittenOutOfSight(Layers):
    def forward(self, x: Tensor) -> Tensor:
        out = self.b(self.a(x))
        with torch._C.DisableTorchFunction():
            out.add_(2)
        return self.d(out.relu())


class GivenOtherData(Layers):
    """A tensor is made to show others' numbers, which torch counts nowhere, after it was read."""

    def forward(self, x: Tensor) -> Tensor:
        first = self.a(x)
        third = self.c(self.b(first.exp()))
        mixed = third + first
        first.data = third.detach()
        return self.d(first * mixed)


class CountingInABuffer(Layers):
    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.d(self.b(self.a(x) * self.calls))


class Remembering(Layers):
    """Works with what it gave last time."""

    def forward(self, x: Tensor) -> Tensor:
        out = self.b(self.a(x))
        self.seen.append(out.detach())
        return self.d(out + sum(self.seen))


class Hooked(Layers):
    def forward(self, x: Tensor) -> Tensor:
        out = self.a(x)
        out.register_hook(lambda gradient: gradient * 2)
        return self.d(self.b(out).relu())


class HookedLayers(Layers):
    """Full backward hooks pass tensors through code that is not seen."""

    def __init__(self) -> None:
        super().__init__()
        self.b.register_full_backward_hook(lambda _part, given, _got: tuple(one * 3 for one in given))

    def forward(self, x: Tensor) -> Tensor:
        return self.d(self.c(self.b(self.a(x))).relu())


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient * 5


class OwnFunction(Layers):
    def forward(self, x: Tensor) -> Tensor:
        return self.d(Doubled.apply(self.b(Doubled.apply(self.a(x)))))


class Scripted(Layers):
    def __init__(self) -> None:
        super().__init__()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch wishes people to move on from scripts; those that they have stay
            self.b = torch.jit.trace(self.b, torch.ones(1, 4))

    def forward(self, x: Tensor) -> Tensor:
        return self.d(self.b(self.a(x)).relu())


class UnderModes(Layers):
    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            weight = self.a(x).softmax(1)
        with torch.autocast("cpu", torch.bfloat16):
            low = self.b(x * weight)
        return self.d(self.c(low.float()))


class Keywords(Layers):
    def forward(self, x: Tensor) -> Any:
        out = torch.clamp(self.a(x), min=-1, max=float("inf"))
        first, second = torch.split(out, [1, 3], dim=1)
        out = torch.cat(tensors=[second, first], dim=-1)
        with torch.no_grad():
            torch.sigmoid(self.b(out), out=(into := torch.empty_like(out)))
        return self.d(self.c(out + into))


KEPT = (Plain, InPlace, ThroughViews, WrittenLate, LateRead, OnOneMemory, RedrawnBehind, Parametrized, Branching, Keywords)
NOT_KEPT = (CountingInABuffer, Hooked, HookedLayers, Scripted, OutOfSight, WrittenOutOfSight, GivenOtherData)
ALL = (*KEPT, *NOT_KEPT, Remembering, OwnFunction, UnderModes)
TARGETS = TargetScore(torch.tensor([0, 2, 1, 3, 0]))


def made(kind: type[nn.Module]) -> TorchClassifier:
    with seeded(1):
        module = kind()
    return TorchClassifier(module.eval(), 4, domain="tabular")


def stages(kind: type[nn.Module], order: Any, inputs: Tensor | None = None, times: int = 1) -> list[Tensor]:
    """The gradients at each stage, asked so many times in each."""
    model, given = made(kind), drawn(5, 4, seed=3) if inputs is None else inputs

    def ask() -> Tensor:
        return torch.stack([model.gradients(given, TARGETS).values for _ in range(times)])

    return reinitialization.answers_by_stage(model.model, order, 0, ask)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("order", ["top_down", "independent"])
@pytest.mark.parametrize("kind", ALL)
def test_no_bit_of_a_gradient_changes_whatever_the_network_does(
    kind: type[nn.Module], order: Any, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = stages(kind, order, times=times)
    monkeypatch.setattr(reinitialization, "passes_kept", nullcontext)
    expected = stages(kind, order, times=times)
    assert len(found) == len(expected) == len(reinitialization.resettable_layers(made(kind).model))
    assert all(map(torch.equal, found, expected))
    assert not torch.equal(expected[0], expected[-1])


@pytest.mark.parametrize(("kind", "kept"), [*((kind, True) for kind in KEPT), *((kind, False) for kind in NOT_KEPT)])
def test_what_cannot_be_proven_is_not_kept(kind: type[nn.Module], kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    handed_out, begun = [], []
    answer, begin = kept_pass._Keeping._handed_out, kept_pass._Keeping.__init__
    monkeypatch.setattr(kept_pass._Keeping, "_handed_out", lambda *given: handed_out.append(1) or answer(*given))
    monkeypatch.setattr(kept_pass._Keeping, "__init__", lambda *given: begun.append(1) or begin(*given))
    stages(kind, "top_down")
    assert bool(handed_out) == kept
    assert kept == (len(begun) > 1)  # and not tried again and again


class Counter(TorchDispatchMode):
    """Counts what linear layers come down to in the end, forward."""

    linear = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.linear += int(func is torch.ops.aten.addmm.default)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("how", ["as a whole", "in place"])
def test_compiled_modules_are_asked_as_they_are(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, inputs = made(Plain), drawn(5, 4)
    if how == "in place":
        monkeypatch.setattr(model.model.b, "_compiled_call_impl", model.model.b._call_impl)
    else:
        model.model.add_module("_orig_mod", nn.Identity())
    monkeypatch.setattr(kept_pass, "_passed", lambda *_: pytest.fail("it was watched"))
    with passes_kept():
        assert model.gradients(inputs, TARGETS).values.any()


def computed(order: Any) -> int:
    """How many linear layers were computed forward over all stages."""
    with Counter() as seen:
        stages(Plain, order)
    return seen.linear


@pytest.mark.parametrize(("order", "layers"), [("top_down", 14), ("independent", 14), ("bottom_up", 20), ("all", 4)])
def test_layers_before_the_changed_one_are_computed_once(order: Any, layers: int) -> None:
    """Four layers in a row and a norm that is not asked: its stage takes all 4; the others 1, 2, 3 and 4, from the top down.

    One alone after the other: 4 for the first, then whatever comes after the one before, which is given back: 4, 3, 2, and 1.
    """
    assert computed(order) == layers


@pytest.mark.parametrize("kind", [Counting, Growing])
def test_a_network_that_counts_is_asked_anew_with_the_count_it_has(kind: type[nn.Module]) -> None:
    model, inputs = made(kind), drawn(5, 4)
    with passes_kept():
        for _ in range(3):
            found = model.gradients(inputs, TARGETS).values
            model.model.count -= 1
            del model.model.seen[-1:]  # in place, as the network itself adds to it
            assert torch.equal(found, by_hand(model, inputs))


def test_a_pass_that_ends_early_shows_nothing_of_what_came_later_before() -> None:
    model, inputs = made(GivingUp), drawn(5, 4)
    with passes_kept():
        model.gradients(inputs, TARGETS)
        model.model.count = 1
        found = model.gradients(inputs, TARGETS)
    assert torch.equal(found.all_scores, model.model.a(inputs))


def by_hand(model: TorchClassifier, inputs: Tensor) -> Tensor:
    leaf = inputs.clone().requires_grad_()
    scores = model.model(leaf).gather(1, torch.tensor([[0], [2], [1], [3], [0]]))
    return torch.autograd.grad(scores.sum(), leaf)[0]


def test_inputs_that_are_others_are_asked_in_whole() -> None:
    model = made(Plain)
    first, second = drawn(5, 4, seed=1), drawn(5, 4, seed=2)
    expected = [model.gradients(one, TARGETS).values for one in (first, second, first)]
    with passes_kept():
        found = [model.gradients(one, TARGETS).values for one in (first, second, first)]
    assert all(map(torch.equal, found, expected))


def test_weights_that_changed_without_a_word_are_seen_by_their_version() -> None:
    model, inputs = made(Plain), drawn(5, 4)
    with passes_kept():
        before = model.gradients(inputs, TARGETS).values
        with torch.no_grad():
            model.model.b.weight.mul_(2)
        found = model.gradients(inputs, TARGETS).values
    assert torch.equal(found, model.gradients(inputs, TARGETS).values)
    assert not torch.equal(found, before)


def test_what_a_hook_kept_and_wrote_on_is_computed_again() -> None:
    model, inputs, taken = made(Plain), drawn(5, 4), []
    model.model.c.register_forward_pre_hook(lambda _part, given: taken.append(given[0]))
    expected = model.gradients(inputs, TARGETS).values
    with passes_kept():
        model.gradients(inputs, TARGETS)
        with torch.no_grad():
            taken[-1].zero_()
        taken.clear()
        layers_changed(model.model.d.parameters())
        assert torch.equal(model.gradients(inputs, TARGETS).values, expected)


def test_an_error_of_the_module_is_told_and_the_next_pass_is_right() -> None:
    model, inputs = made(Plain), drawn(5, 4)
    expected = model.gradients(inputs, TARGETS).values
    with passes_kept():
        model.gradients(inputs, TARGETS)
        handle = model.model.c.register_forward_pre_hook(lambda *_: (_ for _ in ()).throw(ValueError("no more")))
        layers_changed(model.model.b.parameters())
        with pytest.raises(ValueError, match="no more"):
            model.gradients(inputs, TARGETS)
        handle.remove()
        assert torch.equal(model.gradients(inputs, TARGETS).values, expected)


def test_chance_in_the_network_is_drawn_anew_each_time() -> None:
    class Chance(Layers):
        def forward(self, x: Tensor) -> Tensor:
            return self.d(functional.dropout(self.a(x), training=True))

    model, inputs = made(Chance), drawn(5, 4)
    with torch.random.fork_rng(), passes_kept():
        first, second = (model.gradients(inputs, TARGETS).values for _ in range(2))
    assert not torch.equal(first, second)


def test_nothing_is_kept_outside() -> None:
    model, inputs = made(Plain), drawn(5, 4)
    with passes_kept():
        model.gradients(inputs, TARGETS)
    with Counter() as seen:
        model.gradients(inputs, TARGETS)
    assert seen.linear == 4
