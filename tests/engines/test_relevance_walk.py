import pytest
import torch
from engine_networks import drawn, seeded
from torch import nn
from torch.nn import functional as F

from xaivision.core.errors import CapabilityError
from xaivision.engines import relevance_walk
from xaivision.engines.operation_tape import recorded
from xaivision.engines.relevance_rules import box_rule, epsilon_rule
from xaivision.engines.relevance_walk import Rules


def plain(layer, flow):
    return epsilon_rule(layer, flow, 0.0)


def boxed(layer, flow, bounds):
    return box_rule(layer, flow, 0.0, bounds)


PLAIN, BOXED = Rules(plain, plain), Rules(plain, plain, first=boxed)


class Block(nn.Module):
    """A residual block with batch normalizations, one that follows no layer, work in place, a gate, and a part used twice."""

    def __init__(self, bias=True):
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, padding=1, bias=bias)
        self.norm, self.other = (nn.BatchNorm2d(4, affine=bias) for _ in range(2))
        self.second = nn.Conv2d(4, 4, 3, padding=1, bias=bias)
        self.head = nn.Linear(4, 3, bias=bias)

    def forward(self, x):
        found = F.relu(self.norm(self.first(x)), inplace=True)
        gate = F.adaptive_avg_pool2d(found, 1).sigmoid()
        start = found
        found = F.relu(self.second(found) * gate, inplace=True)
        found = self.second(found)
        found += start
        found = F.relu(self.other(found))
        return self.head(F.max_pool2d(found, 2).mean((2, 3)))


def statistics_drawn(module, centered=False):
    with torch.no_grad():
        for number, (name, buffer) in enumerate(module.named_buffers()):
            if buffer.is_floating_point():
                buffer.copy_(drawn(buffer.shape, number) + 0.2)
                if name.endswith("mean"):
                    buffer.mul_(0 if centered else -0.3)
    return module


def block(bias=True):
    return statistics_drawn(seeded(lambda: Block(bias)).eval(), centered=not bias)


def one_class(result, number=1):
    initial = torch.zeros_like(result)
    initial[:, number] = result[:, number]
    return initial


def asked(module, inputs, rules=PLAIN):
    tape = recorded(module, inputs)
    return relevance_walk.propagated(tape, one_class(tape.result), rules)


def check_plain_rules_are_input_times_gradient_with_gates_held():
    """With every bias in its denominators and no stabilizer, over a network of rectifiers; a gate is a constant."""
    module, inputs = block(), drawn((3, 2, 6, 6), 0)
    leaf = inputs.clone().requires_grad_()
    with torch.no_grad():
        gate = F.adaptive_avg_pool2d(F.relu(module.norm(module.first(inputs))), 1).sigmoid()
    start = F.relu(module.norm(module.first(leaf)))
    found = module.second(F.relu(module.second(start) * gate)) + start
    scores = module.head(F.max_pool2d(F.relu(module.other(found)), 2).mean((2, 3)))
    (gradient,) = torch.autograd.grad(scores[:, 1].sum(), leaf)
    assert float(gradient.abs().amax((1, 2, 3)).min()) > 1e-3
    torch.testing.assert_close(asked(module, inputs).values, inputs * gradient, atol=1e-12, rtol=0)


def check_relevance_without_biases_is_conserved_at_every_operation():
    module, inputs = block(bias=False), drawn((3, 2, 6, 6), 0)
    found = asked(module, inputs)
    assert len(found.steps) == 12
    for step in found.steps:
        torch.testing.assert_close(step.passed, step.received, atol=1e-12, rtol=0)
        assert step.mass.all()
    torch.testing.assert_close(found.values.sum((1, 2, 3)), found.initial.sum(1), atol=1e-12, rtol=0)


def check_the_books_hold_with_biases():
    found = asked(block(), drawn((3, 2, 6, 6), 0))
    for step in found.steps:
        torch.testing.assert_close(step.passed + step.absorbed, step.received, atol=1e-12, rtol=0)
        assert (step.mass >= step.passed.abs() - 1e-12).all()
        assert step.mass.all()
    kept = torch.stack([step.absorbed for step in found.steps]).sum(0)
    torch.testing.assert_close(found.values.sum((1, 2, 3)) + kept, found.initial.sum(1), atol=1e-12, rtol=0)
    assert float(kept.abs().min()) > 1e-4


def check_a_normalization_is_folded_into_the_layer_before_it():
    """Then the layer's contributions alone share, not the layer's and the normalization's one after the other."""
    module = statistics_drawn(seeded(lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Flatten())).eval())
    fused = nn.Sequential(torch.nn.utils.fuse_conv_bn_eval(module[0], module[1]), nn.Flatten())
    before = [part.detach().clone() for part in (*module.parameters(), *module.buffers())]
    inputs = drawn((2, 2, 4, 4), 0)

    def stable(layer, flow):
        return epsilon_rule(layer, flow, 0.3)

    found, expected = (asked(part, inputs, Rules(stable, stable)) for part in (module, fused))
    torch.testing.assert_close(found.values, expected.values, atol=1e-12, rtol=0)
    assert [step.name for step in found.steps] == ["flatten", "batch_norm"]
    assert all(torch.equal(*pair) for pair in zip((*module.parameters(), *module.buffers()), before, strict=True))


class Normalizing(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        parts = [(x[:, :1] - 0.4) / 0.2, torch.sub(x[:, 1:], 0.6).div_(-0.3)]
        return self.module(F.pad(torch.cat(parts, 1), (1, 1, 1, 1)))


def check_pixels_are_bounded_through_the_normalization():
    tape = recorded(Normalizing(block()), drawn((1, 2, 6, 6), 0))
    bounds = relevance_walk.pixel_bounds(tape)
    padded = next(call for call in tape.calls if call.name == "pad").outputs[0]
    low, high = bounds[padded]
    torch.testing.assert_close(low[0, :, 2, 2], torch.tensor([-2.0, -4 / 3], dtype=torch.float64))
    torch.testing.assert_close(high[0, :, 2, 2], torch.tensor([3.0, 2.0], dtype=torch.float64))
    assert not low[0, :, 0].any()
    assert not high[0, :, 0].any()
    following = next(call for call in tape.calls if call.name == "conv2d").outputs[0]
    assert following not in bounds


def check_the_normalization_of_pixels_takes_nothing():
    module, inputs = block(), drawn((2, 2, 6, 6), 0)
    tape = recorded(Normalizing(module), inputs)
    normalized = next(call for call in tape.calls if call.name == "cat").outputs[0].tensor
    outside = nn.Sequential(nn.ZeroPad2d(1), module)
    inside, alone = asked(Normalizing(module), inputs), asked(outside, normalized)
    torch.testing.assert_close(inside.values, alone.values, atol=1e-12, rtol=0)


def check_the_first_layer_has_its_own_rule_and_no_other_has():
    module, inputs = block(bias=False), drawn((2, 2, 6, 6), 0)
    seen = []

    def first(layer, flow, bounds):
        seen.append((flow, bounds))
        return boxed(layer, flow, bounds)

    found = asked(Normalizing(module), inputs, Rules(plain, plain, first=first))
    assert len(seen) == 1
    (flow, (low, high)) = seen[0]
    assert flow.inputs.shape == (2, 2, 8, 8)
    assert (low <= flow.inputs).all()
    assert (flow.inputs <= high).all()
    torch.testing.assert_close(found.values.sum((1, 2, 3)), found.initial.sum(1), atol=1e-12, rtol=0)
    assert (found.values - asked(Normalizing(module), inputs).values).abs().max() > 1e-3


def test_plain_rules_are_input_times_gradient_with_gates_held():
    check_plain_rules_are_input_times_gradient_with_gates_held()


def test_relevance_without_biases_is_conserved_at_every_operation():
    check_relevance_without_biases_is_conserved_at_every_operation()


def test_the_books_hold_with_biases():
    check_the_books_hold_with_biases()


def test_a_normalization_is_folded_into_the_layer_before_it():
    check_a_normalization_is_folded_into_the_layer_before_it()


def test_pixels_are_bounded_through_the_normalization():
    check_pixels_are_bounded_through_the_normalization()


def test_the_normalization_of_pixels_takes_nothing():
    check_the_normalization_of_pixels_takes_nothing()


def test_the_first_layer_has_its_own_rule_and_no_other_has():
    check_the_first_layer_has_its_own_rule_and_no_other_has()


def test_what_has_no_rule_is_refused_by_name_and_a_gate_may_be_made_of_anything():
    gated = lambda x: (x * x.exp().softmax(1)).flatten(1)  # noqa: E731
    assert relevance_walk.unruled(recorded(gated, drawn((2, 2, 3), 0))) == ()
    bad = lambda x: F.layer_norm(x.exp(), (3,)).flatten(1)  # noqa: E731
    tape = recorded(bad, drawn((2, 2, 3), 0))
    assert relevance_walk.unruled(tape) == ("`layer_norm` has no rule", "`exp` has no rule")
    with pytest.raises(CapabilityError, match="`layer_norm` has no rule, `exp` has no rule"):
        relevance_walk.propagated(tape, tape.result, PLAIN)


def test_a_rule_for_the_first_layer_without_such_a_layer_is_refused():
    module = nn.Sequential(nn.Tanh(), seeded(lambda: nn.Linear(3, 2)))
    with pytest.raises(CapabilityError, match="'epsilon_plus'"):
        asked(module, drawn((2, 3), 0), BOXED)


def test_operations_that_lead_nowhere_do_not_matter():
    def run(x):
        F.layer_norm(x, (3,))
        return torch.cat([x, 2 * x], 1)

    found = asked(run, drawn((2, 3), 0))
    assert torch.equal(found.values, found.initial[:, :3] + found.initial[:, 3:])
