import pytest
import torch
from engine_networks import drawn, seeded
from torch import nn
from torch.nn import functional as F

from xaivision.engines import relevance_shares
from xaivision.engines.operation_tape import recorded
from xaivision.engines.relevance_rules import epsilon_rule


def last_call(run, shape=(2, 4, 4, 6), seed=0):
    """The last call that follows from two maps, 2x - 0.5 and 3x - 1, of which no other operation is a part."""
    return recorded(lambda x: run(2 * x - 0.5, 3 * x - 1), drawn(shape, seed)).calls[-1]


SELECTIONS = {
    "flatten": lambda x, y: x.flatten(1),
    "permute": lambda x, y: x.permute(0, 2, 3, 1),
    "cat": lambda x, y: torch.cat([x, y], 1),
    "index": lambda x, y: x[:, 1:3, ::2],
    "pool": lambda x, y: F.max_pool2d(x, 2),
    "adaptive pool": lambda x, y: F.adaptive_max_pool2d(x, 2),
    "reflection": lambda x, y: F.pad(x, (1, 1, 1, 1), mode="reflect"),
    "roll": lambda x, y: x.roll(2, 3),
    "precision": lambda x, y: x.float(),
    "shuffle": lambda x, y: F.pixel_shuffle(x, 2),
}


def check_selections_give_everything_back_to_where_it_came_from():
    for name, run in SELECTIONS.items():
        call = last_call(run)
        output = call.outputs[0].tensor
        relevance = drawn(output.shape, 3).to(output)
        found = relevance_shares.passed_on(call, [relevance])
        leaves = [value.tensor.clone().requires_grad_() for value in call.inputs]
        by_input = dict(zip(call.inputs, leaves, strict=True))
        expected = torch.autograd.grad(call.again(by_input.__getitem__), leaves, relevance)
        for (_, part), one in zip(found.shares, expected, strict=True):
            torch.testing.assert_close(part, one)
        assert found.absorbed is None or not found.absorbed.any(), name
        torch.testing.assert_close(sum(part.double().sum() for _, part in found.shares), relevance.double().sum())


def check_several_outputs_give_back_together():
    chunks = recorded(lambda x: torch.cat(x.chunk(2, 1)[::-1], 1), drawn((1, 4, 2, 2), 0)).calls[0]
    first, second = (drawn((1, 2, 2, 2), seed) for seed in (1, 2))
    found = relevance_shares.passed_on(chunks, [first, second])
    torch.testing.assert_close(found.shares[0][1], torch.cat([first, second], 1))
    alone = relevance_shares.passed_on(chunks, [None, second])
    torch.testing.assert_close(alone.shares[0][1], torch.cat([torch.zeros_like(first), second], 1))


def check_a_constant_border_keeps_its_own():
    call = last_call(lambda x, y: F.pad(x, (1, 0, 0, 2), value=0.25))
    relevance = drawn(call.outputs[0].shape, 3)
    found = relevance_shares.passed_on(call, [relevance])
    torch.testing.assert_close(found.shares[0][1], relevance[:, :, :-2, 1:])
    inside = torch.zeros_like(relevance)
    inside[:, :, :-2, 1:] = 1
    torch.testing.assert_close(found.absorbed, relevance * (1 - inside))


IDENTICAL = [F.relu, F.relu6, F.silu, F.gelu, F.hardswish, torch.tanh, F.leaky_relu, F.elu, F.mish, lambda x: x.clamp(-1, 1)]
SHIFTED = [F.softplus, torch.sigmoid, F.hardsigmoid, F.logsigmoid, lambda x: x.clamp(0.2, 1)]


def check_activations_hand_on_all_unless_they_are_not_zero_at_zero():
    for function in IDENTICAL:
        call = last_call(lambda x, y, function=function: function(x))
        relevance = drawn(call.outputs[0].shape, 3)
        found = relevance_shares.activated(call, relevance)
        ((value, part),) = found.shares
        assert value is call.inputs[0]
        assert torch.equal(part, relevance)
        assert found.absorbed is None
    for function in SHIFTED:
        call = last_call(lambda x, y, function=function: function(x))
        relevance = drawn(call.outputs[0].shape, 3)
        found = relevance_shares.activated(call, relevance)
        start = function(torch.zeros(1, dtype=torch.float64))
        outputs = function(call.inputs[0].tensor)
        torch.testing.assert_close(found.shares[0][1], relevance * (outputs - start) / outputs)
        torch.testing.assert_close(found.shares[0][1] + found.absorbed, relevance)


def check_a_map_gets_everything_and_its_gate_nothing():
    gates = {
        "smaller": lambda x, y: x * y.mean((2, 3), keepdim=True),
        "smaller first": lambda x, y: y.mean((2, 3), keepdim=True) * x,
        "squashed": lambda x, y: x * y.sigmoid(),
        "squashed first": lambda x, y: y.sigmoid() * x,
        "of itself": lambda x, y: x * x.sigmoid(),
        "constant": lambda x, y: -x,
        "number": lambda x, y: x / 3,
    }
    for name, run in gates.items():
        call = last_call(run)
        relevance = drawn(call.outputs[0].shape, 3)
        found = relevance_shares.scaled(call, relevance)
        ((value, part),) = found.shares
        numbers = 2 * drawn((2, 4, 4, 6), 0) - 0.5
        assert torch.equal(value.tensor, numbers), name
        assert torch.equal(part, relevance), name
        assert not relevance_shares.objection(call), name


def check_a_sum_is_split_in_proportion_to_its_terms():
    def rule(layer, flow):
        return epsilon_rule(layer, flow, 0.0)

    call = last_call(lambda x, y: x - 2 * y.mean((2, 3), keepdim=True))
    relevance = drawn(call.outputs[0].shape, 3)
    found = relevance_shares.summed(call, relevance, rule)
    outputs = call.outputs[0].tensor
    (first, second), (one, other) = zip(*found.shares, strict=True)
    torch.testing.assert_close(one, first.tensor / outputs * relevance)
    torch.testing.assert_close(other, (-second.tensor / outputs * relevance).sum((2, 3), keepdim=True))
    torch.testing.assert_close(one.sum() + other.sum(), relevance.sum())
    shifted = last_call(lambda x, y: 4 - x)
    (share,) = relevance_shares.summed(shifted, relevance, rule).shares
    torch.testing.assert_close(share[1], -shifted.inputs[0].tensor / shifted.outputs[0].tensor * relevance)


REFUSED = {
    "softmax": lambda x, y: x.softmax(1),
    "layer_norm": lambda x, y: F.layer_norm(x, (6,)),
    "einsum": lambda x, y: torch.einsum("bchw,bchv->bcwv", x, y),
    "pow": lambda x, y: x**2,
    "detach": lambda x, y: x.detach(),
    "addcmul": lambda x, y: torch.addcmul(x, x, y),
    "mul": lambda x, y: x * y,
    "mul with itself": lambda x, y: x * x,
    "mul of two gates": lambda x, y: x.sigmoid() * y.sigmoid(),
    "div": lambda x, y: x / y.mean((2, 3), keepdim=True),
    "div by a map": lambda x, y: 3 / x,
    "div that rounds": lambda x, y: torch.div(x, 3, rounding_mode="floor"),
    "matmul": lambda x, y: x @ y.mT,
    "conv2d": lambda x, y: F.conv2d(x, y),
    "dropout": lambda x, y: F.dropout(x, 0.5),
    "batch_norm": lambda x, y: F.batch_norm(x, None, None, training=True),
    "interpolate": lambda x, y: F.interpolate(x, scale_factor=2, mode="bicubic"),
}


def check_what_has_no_rule_is_objected_to():
    for name, run in REFUSED.items():
        assert relevance_shares.objection(last_call(run)), name
    for run in (*SELECTIONS.values(), lambda x, y: F.dropout(x, 0.5, False), lambda x, y: x + y, lambda x, y: F.avg_pool2d(x, 2)):
        assert not relevance_shares.objection(last_call(run))


def test_selections_give_everything_back_to_where_it_came_from():
    check_selections_give_everything_back_to_where_it_came_from()


def test_several_outputs_give_back_together():
    check_several_outputs_give_back_together()


def test_a_constant_border_keeps_its_own():
    check_a_constant_border_keeps_its_own()


def test_activations_hand_on_all_unless_they_are_not_zero_at_zero():
    check_activations_hand_on_all_unless_they_are_not_zero_at_zero()


def test_a_map_gets_everything_and_its_gate_nothing():
    check_a_map_gets_everything_and_its_gate_nothing()


def test_a_sum_is_split_in_proportion_to_its_terms():
    check_a_sum_is_split_in_proportion_to_its_terms()


def test_what_has_no_rule_is_objected_to():
    check_what_has_no_rule_is_objected_to()


@pytest.mark.parametrize("make", [nn.PReLU, nn.RReLU, nn.CELU, nn.SELU, nn.Softsign, nn.Hardtanh, nn.Threshold])
def test_activation_modules_are_known(make):
    module = seeded(lambda: make(0.1, 0.0) if make is nn.Threshold else make()).eval()
    call = last_call(lambda x, y: module(x))
    assert not relevance_shares.objection(call)
    relevance = drawn(call.outputs[0].shape, 3)
    assert torch.equal(relevance_shares.activated(call, relevance).shares[0][1], relevance)
