import pytest
import torch
from engine_networks import drawn, seeded
from torch import nn
from torch.nn import functional as F

from xaivision.engines import affine_pieces
from xaivision.engines.operation_tape import recorded

WEIGHT, OTHER = drawn((3, 4, 2, 2), 1) - 0.5, drawn((2, 4, 6, 6), 2) - 0.5
NORM = seeded(lambda: nn.BatchNorm2d(4)).eval()
with torch.no_grad():
    for number, part in enumerate((NORM.running_mean, NORM.running_var, NORM.weight, NORM.bias)):
        part.copy_(drawn(part.shape, 10 + number) + 0.2)
# Each of maps (2, 4, 6, 6) between -4 and 4; all of them are affine around almost every such map.
AFFINE = {
    "conv2d": lambda x: F.conv2d(x, WEIGHT, WEIGHT[:, 0, 0, 0], 2, 1),
    "conv_transpose2d": lambda x: F.conv_transpose2d(x, WEIGHT.movedim(0, 1), WEIGHT[:, 0, 0, 0]),
    "linear": lambda x: F.linear(x, drawn((5, 6), 3), drawn((5,), 4)),
    "addmm": lambda x: torch.addmm(drawn((6,), 3), x.flatten(0, 2), drawn((6, 6), 4)),
    "matmul": lambda x: x @ drawn((6, 3), 3),
    "batch_norm": NORM,
    "relu6": lambda x: F.relu6(2 * x),
    "relu6 in place": lambda x: F.relu6(2 * x, inplace=True),
    "hardtanh": lambda x: F.hardtanh(x, -2, 3),
    "clamp": lambda x: x.clamp(-1, 2.5),
    "clamp_min": lambda x: x.clamp_min(0.5),
    "threshold": lambda x: F.threshold(x, 0.5, -7),
    "softshrink": lambda x: F.softshrink(x, 0.7),
    "hardshrink": lambda x: F.hardshrink(x, 0.7),
    "hardsigmoid": F.hardsigmoid,
    "x + c": lambda x: x + OTHER,
    "c + x": lambda x: OTHER[0, 0, 0, 0] + x,
    "3 - x": lambda x: 3 - x,
    "x - 2 * c": lambda x: torch.sub(x, OTHER, alpha=2),
    "addcmul": lambda x: torch.addcmul(OTHER, x, OTHER),
    "pad": lambda x: F.pad(x, (1, 2), value=1.5),
    "cat": lambda x: torch.cat([OTHER, x], 1),
    "stack": lambda x: torch.stack([x, OTHER, 2 * x]),
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "abs": torch.abs,
    "max_pool2d": lambda x: F.max_pool2d(x, 2),
    "mean": lambda x: x.mean((2, 3)),
    "maximum of two maps": lambda x: torch.maximum(x, -0.5 * x),
    "x * c / 3": lambda x: x * OTHER / 3,
    "unfold": lambda x: F.unfold(x, 3),
}
# With the names that users are told.
BENT = {
    "SiLU": F.silu,
    "GELU": F.gelu,
    "Hardswish": F.hardswish,
    "Softmax": lambda x: x.softmax(1),
    "layer_norm": lambda x: F.layer_norm(x, (6,)),
    "group_norm": lambda x: F.group_norm(x, 2),
    "exp": torch.exp,
    "mul": lambda x: x * x,
    "div": lambda x: torch.div(OTHER, 5 + x),
    "matmul": lambda x: x @ x,
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True),
    "Dropout": lambda x: F.dropout(x, 0.5, training=True),
    "maximum": lambda x: torch.maximum(x, OTHER),
    "scaled_dot_product_attention": lambda x: F.scaled_dot_product_attention(x, OTHER, OTHER),
    "conv2d": lambda x: F.conv2d(OTHER, x),
}


def maps():
    return 8 * drawn((2, 4, 6, 6), 0) - 4


def check_an_operation_is_its_slopes_times_its_inputs_and_its_own_constant():
    for name, run in AFFINE.items():
        tape = recorded(run, maps())
        assert not affine_pieces.bent(tape), name
        leaf = maps().requires_grad_()
        outputs = run(leaf.clone())
        weights = drawn(outputs.shape, 9)
        (slopes,) = torch.autograd.grad((outputs * weights).sum(), leaf)
        left = (outputs * weights).sum() - (slopes * leaf).sum()
        constants = [affine_pieces.own_constant(call) for call in tape.calls]
        added = sum(float((constant * weights).sum()) for constant in constants if constant is not None)
        assert added == pytest.approx(left.item(), abs=1e-9, rel=0), name


def check_what_adds_nothing_has_no_constant():
    for name in ("leaky_relu", "abs", "max_pool2d", "mean", "x * c / 3", "maximum of two maps", "unfold", "matmul"):
        assert all(affine_pieces.own_constant(call) is None for call in recorded(AFFINE[name], maps()).calls), name
    assert affine_pieces.own_constant(recorded(lambda x: F.relu6(x), maps() / 8 + 1).calls[0]) is None


def check_what_bends_is_named():
    for name, run in BENT.items():
        assert affine_pieces.bent(recorded(run, maps())) == (name,), name


def check_only_what_is_on_the_way_is_named_and_once():
    def run(x):
        F.gelu(x)
        return F.silu(F.silu(x) + x).mean((2, 3)).exp()

    assert affine_pieces.bent(recorded(run, maps())) == ("SiLU", "exp")


LINEAR = nn.Linear(4, 3).double()


@pytest.mark.parametrize(
    ("run", "axes"),
    [
        (lambda x: x * 2 + 1, "channels first"),
        (lambda x: F.relu6(F.conv2d(x, WEIGHT) + 1), "channels first"),
        (lambda x: torch.cat([F.max_pool2d(x, 2), F.avg_pool2d(x, 2)], 1).relu(), "channels first"),
        (lambda x: F.relu(LINEAR(x.movedim(1, -1))) + 1, "channels last"),
        (lambda x: NORM(LINEAR(x.movedim(1, -1)).movedim(-1, 1)[:, [0, 1, 2, 0]]) + 1, "channels first"),
        (lambda x: x.movedim(1, -1) + 1, "unknown"),
        (lambda x: x.view(2, 4, 36, 1) + 1, "unknown"),
        (lambda x: LINEAR(x.flatten(2).transpose(1, 2)) + 1, "unknown"),
        (lambda x: x.mean((2, 3)) + 1, "unknown"),
    ],
)
def test_the_axes_of_a_map_are_told_from_the_last_operation_that_knows(run, axes):
    assert affine_pieces.axes_of(recorded(run, maps()).scores) == axes


def test_an_operation_is_its_slopes_times_its_inputs_and_its_own_constant():
    check_an_operation_is_its_slopes_times_its_inputs_and_its_own_constant()


def test_what_adds_nothing_has_no_constant():
    check_what_adds_nothing_has_no_constant()


def test_what_bends_is_named():
    check_what_bends_is_named()


def test_only_what_is_on_the_way_is_named_and_once():
    check_only_what_is_on_the_way_is_named_and_once()
