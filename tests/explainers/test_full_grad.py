import pytest
import torch
from explainer_networks import drawn, seeded
from torch import nn

from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.registry import explainer


def network(activation=nn.ReLU):
    return seeded(
        lambda: nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            activation(),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 3),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(6, 3),
        )
    )


def strong(activation):
    """So that values lie beyond 6 and below -1, and count more than the biases."""
    module = network(activation)
    with torch.no_grad():
        module[0].weight.mul_(20)
        module[8].weight.mul_(20)
    return module


def asked(module, targets=None, inputs=None, **settings):
    given = drawn((2, 2, 8, 8), 0) if inputs is None else inputs
    return explainer("full_grad", **settings).explain(TorchClassifier(module, 3), given, targets)


def test_values_sum_to_the_score_and_the_gap_is_measured():
    for targets in (None, 2, Target(1, against=2), Target(0, output="margin")):
        found = asked(network(), targets)
        assert found.kind == "contribution"
        assert found.values.shape == (2, 1, 8, 8)
        torch.testing.assert_close(found.values.sum((1, 2, 3)), found.query.scores, atol=1e-10, rtol=0)
        assert bool((found.diagnostics.completeness_gap.abs() < 1e-10).all())
        assert found.verdict.status == "ok"


def test_the_pass_with_the_gradients_is_the_only_one():
    found = asked(network())
    assert (found.diagnostics.model_calls, found.diagnostics.gradient_calls) == (0, 2)


@pytest.mark.parametrize("activation", [nn.SiLU, nn.GELU, nn.Tanh, nn.Hardswish])
def test_an_operation_that_bends_is_doubted_by_name_and_so_is_the_sum(activation):
    reasons = asked(strong(activation)).verdict.reasons
    assert any(f"are not: `{activation.__name__}`" in reason for reason in reasons)
    assert any("does not add up" in reason for reason in reasons)


@pytest.mark.parametrize("activation", [nn.ReLU6, nn.LeakyReLU, nn.Hardtanh, nn.PReLU])
def test_clipped_and_leaky_activations_are_as_good_as_relu(activation):
    found = asked(strong(activation))
    assert found.verdict.status == "ok"
    torch.testing.assert_close(found.values.sum((1, 2, 3)), found.query.scores, atol=1e-10, rtol=0)


@pytest.mark.parametrize("output", ["probability", "log_probability"])
def test_a_probability_bends_by_itself(output):
    reasons = asked(network(), Target(1, output=output)).verdict.reasons
    assert any(reason.endswith(f"these are not: the {output.replace('_', '-')}") for reason in reasons)


def test_a_normalization_of_each_input_is_doubted_by_name():
    class Normed(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.norm, self.head = nn.Conv2d(2, 4, 3), nn.GroupNorm(2, 4), nn.Linear(4, 3)

        def forward(self, x):
            return self.head(self.norm(self.body(x)).relu().mean((2, 3)))

    assert any("are not: `group_norm`" in reason for reason in asked(seeded(Normed)).verdict.reasons)


def test_what_the_biases_hold_is_told_of_every_input():
    found = asked(network(), 1)
    notes = [note for note in found.diagnostics.notes if note.status == "ok" and note.inputs is not None]
    assert [note.inputs for note in notes] == [(0,), (1,)]
    bias = float(network()[8].bias[1].detach())
    for note, score in zip(notes, found.query.scores.tolist(), strict=True):
        assert note.text.startswith(f"of {score:.3g}, biases hold ")
        assert f"of which {bias:.3g} has no place and is shared by all pixels" in note.text


def test_a_cut_gradient_is_refused():
    class Cut(nn.Sequential):
        def forward(self, x):
            return super().forward(x.detach())

    found = asked(Cut(*network()))
    assert found.verdict.status == "refuse"
    assert any("the gradient is cut" in reason for reason in found.verdict.reasons)


def test_the_absolute_picture_has_no_signs_and_promises_no_sum():
    found = asked(network(), absolute=True)
    assert bool((found.values >= 0).all())
    assert found.diagnostics.completeness_gap is None
    assert found.reference_scores is None
    assert found.verdict.status == "ok"
    signed = asked(network())
    assert not torch.allclose(found.values, signed.values.abs())
