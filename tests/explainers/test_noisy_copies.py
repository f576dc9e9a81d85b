from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
import torch
from explainer_networks import Columns, Untouched, drawn, image_classifier, linear_classifier, table_classifier
from torch import nn

from xaivision.core.about import About
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.question import question
from xaivision.core.random import generator
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.integrated_gradients import IntegratedGradients
from xaivision.explainers.noisy_copies import UNKNOWN_RANGES
from xaivision.explainers.registry import explainer
from xaivision.explainers.saliency import Saliency

SMOOTHING = ("smooth_grad", "smooth_grad_squared", "var_grad")


@pytest.mark.parametrize("name", SMOOTHING)
@pytest.mark.parametrize("size", [1, 3, 64])
def test_the_draws_are_the_same_whatever_the_size_of_a_batch(name, size):
    inputs = drawn((3, 2, 8, 8), 0)
    expected = explainer(name, samples=7).explain(image_classifier(), inputs).values
    found = explainer(name, samples=7).explain(image_classifier(batch_size=size), inputs).values
    torch.testing.assert_close(found, expected, atol=1e-14, rtol=1e-9)


@pytest.mark.parametrize("name", SMOOTHING)
def test_more_samples_begin_with_the_draws_of_fewer(name):
    model, inputs = table_classifier(), drawn((2, 4), 0)
    seen = []
    module_forward = model.model.forward
    model.model.forward = lambda batch: (seen.append(batch.detach().clone()), module_forward(batch))[1]
    explainer(name, samples=3).explain(model, inputs[:1])
    few = torch.cat(seen)[-3:]
    seen.clear()
    explainer(name, samples=9).explain(model, inputs[:1])
    assert torch.equal(torch.cat(seen)[-9:-6], few)


@pytest.mark.parametrize("name", SMOOTHING)
def test_the_gradient_asked_as_a_base_is_the_gradient(name):
    model, inputs = image_classifier(), drawn((2, 2, 8, 8), 0)
    plain = explainer(name, samples=4).explain(model, inputs)
    for base in ("saliency", Saliency()):
        found = explainer(name, samples=4, base=base).explain(model, inputs)
        torch.testing.assert_close(found.values, plain.values, atol=1e-14, rtol=1e-9)
        assert found.kind == "slope"


@pytest.mark.parametrize(
    "base", [IntegratedGradients(steps=3), "grad_cam", "input_x_gradient", explainer("occlusion", window=4, stride=4)]
)
def test_the_mean_over_copies_of_another_method_is_its_mean(base):
    model, inputs = image_classifier(), 0.5 + 0.1 * drawn((2, 2, 8, 8), 0)  # copies stay in [0, 1] here: asked one by one
    found = explainer("smooth_grad", samples=3, noise=0.1, base=base).explain(model, inputs, [2, 1], seed=5)
    method = explainer(base) if isinstance(base, str) else base
    draws = [torch.randn((2, 8, 8), generator=generator(5, "noisy copies", draw)).double() for draw in range(3)]
    for i, target in enumerate((2, 1)):
        scale = 0.1 * (inputs[i].max() - inputs[i].min())
        each = [method.explain(model, (inputs[i] + scale * draw)[None], target).values[0] for draw in draws]
        torch.testing.assert_close(found.values[i], torch.stack(each).mean(0), atol=1e-13, rtol=1e-9)
    assert found.kind == method.explain(model, inputs).kind


def test_copies_that_leave_the_range_of_pixels_can_be_asked_about_and_nothing_else_can():
    model, inputs = image_classifier(), drawn((2, 2, 8, 8), 0).round()
    found = explainer("smooth_grad", samples=3, noise=0.5, base=IntegratedGradients(steps=4)).explain(model, inputs)
    assert found.values.isfinite().all()
    with pytest.raises(InputError, match="Images must be in"):
        Saliency().explain(model, inputs + 0.5)


def test_every_copy_is_asked_about_the_class_of_its_input():
    model, inputs = image_classifier(), drawn((3, 2, 8, 8), 0)
    found = explainer("smooth_grad", samples=3, noise=2.0, base="saliency").explain(model, inputs)
    told = explainer("smooth_grad", samples=3, noise=2.0).explain(model, inputs, model(inputs).argmax(1))
    torch.testing.assert_close(found.values, told.values, atol=1e-14, rtol=1e-9)


def test_what_a_base_costs_is_counted():
    model = image_classifier()
    found = explainer("smooth_grad", samples=4, base=IntegratedGradients(steps=5)).explain(model, drawn((2, 2, 8, 8), 0))
    assert found.diagnostics.gradient_calls == 2 * 4 * 5


def test_a_base_that_is_cut_is_refused_and_one_in_doubt_is_told():
    found = explainer("smooth_grad", base="input_x_gradient").explain(TorchClassifier(Untouched(), 2), drawn((2, 1, 4, 4), 0))
    assert found.verdict.status == "refuse"
    assert "on 50 of 50 noisy copies `input_x_gradient` is in doubt: the gradient is cut" in str(found.verdict)

    class Steep(nn.Module):
        def forward(self, x):
            margin = torch.sigmoid(60 * (x.flatten(1).mean(1) - 0.2))
            return torch.stack([margin, -margin], 1)

    photos = torch.stack([torch.full((1, 4, 4), 0.2), torch.full((1, 4, 4), 0.9)]).double()
    photos[:, :, 0, 0] = 0.3  # a range for the noise
    rough = IntegratedGradients(steps=1)
    found = explainer("smooth_grad", samples=5, noise=0.01, base=rough).explain(TorchClassifier(Steep(), 2), photos, 0)
    assert "`integrated_gradients` is in doubt: it does not add up" in str(found.verdicts[0])


@dataclass(frozen=True)
class Picky:
    """The gradient, refused for copies whose first value is below `least`."""

    about: ClassVar[About] = replace(Saliency.about, name="picky")
    least: float

    def explain(self, model, inputs, targets=None, *, seed=0):
        with question(self, model, inputs, targets, seed=seed) as q:
            bad = tuple((inputs[:, 0] < self.least).nonzero().flatten().tolist())
            q.note(Note("refuse", "too low", bad))
            return q.attribution(q.torch_model.gradients(inputs, q.query.target).values, "slope")


def test_a_base_that_is_refused_on_more_than_half_of_the_copies_is_refused_and_on_fewer_a_doubt():
    model, inputs = table_classifier(), drawn((2, 4), 0)
    model.schema = Columns(0.5, 0.5, 0.5, 0.5)
    model.schema.ranges = (1.0, 1.0, 1.0, 1.0)
    draws = torch.stack([torch.randn(4, generator=generator(0, "noisy copies", draw)) for draw in range(9)]).double()
    first = inputs[:, 0] + 0.1 * draws[:, :1]  # (9 draws, 2 inputs)
    for least in first[:, 0].sort().values[1:].tolist():
        found = explainer("smooth_grad", samples=9, noise=0.1, base=Picky(least)).explain(model, inputs)
        for i in range(2):
            refused = int((first[:, i] < least).sum())
            expected = "ok" if not refused else "refuse" if refused >= 5 else "warn"
            assert found.verdicts[i].status == expected
            told = f"on {refused} of 9 noisy copies `picky` is in doubt: too low"
            assert (told in found.verdicts[i].reasons) == (refused > 0)


@pytest.mark.parametrize("name", SMOOTHING)
def test_a_table_of_unknown_ranges_is_a_doubt(name):
    model, inputs = table_classifier(), drawn((2, 4), 0)
    assert UNKNOWN_RANGES.text in str(explainer(name, noise=0.01).explain(model, inputs).verdict)
    assert UNKNOWN_RANGES.text not in str(explainer(name, noise=0.0).explain(model, inputs).verdict)
    model.schema = Columns(0.5, 0.5, 0.5, 0.5)
    model.schema.ranges = (1.0, 1.0, 1.0, 1.0)
    assert explainer(name, samples=200, noise=0.1).explain(model, inputs).verdict.status == "ok"


def test_an_input_without_a_range_is_a_doubt():
    photos = torch.cat([torch.full((1, 2, 8, 8), 0.5).double(), drawn((1, 2, 8, 8), 0)])
    found = explainer("smooth_grad").explain(image_classifier(), photos)
    assert "a share of its range is no noise at all" in str(found.verdicts[0])
    assert found.verdicts[1].status == "ok"
    assert explainer("smooth_grad", noise=0.0).explain(image_classifier(), photos).verdict.status == "ok"


def test_a_map_that_is_mostly_chance_is_a_doubt_that_more_samples_settle():
    class Wavy(nn.Module):
        """A small slope under fast waves: the gradient at a noisy copy is the waves'."""

        def forward(self, x):
            margin = (0.05 * x + torch.sin(40 * x) / 40).flatten(1).sum(1)
            return torch.stack([margin, -margin], 1)

    model, inputs = TorchClassifier(Wavy(), 2), drawn((1, 1, 5, 5), 0)
    few = explainer("smooth_grad", samples=20, noise=0.5).explain(model, inputs, 0)
    assert "the map is mostly chance: its standard error makes up " in str(few.verdict)
    many = explainer("smooth_grad", samples=3000, noise=0.5).explain(model, inputs, 0)
    assert many.verdict.status == "ok"
    torch.testing.assert_close(many.values, torch.full_like(inputs, 0.05), atol=0.07, rtol=0)


def test_one_sample_with_noise_is_a_doubt_and_without_noise_is_not():
    model, inputs = linear_classifier(drawn((1, 4, 4), 1)), drawn((1, 1, 4, 4), 0)
    assert "one draw says nothing of its own error" in str(explainer("smooth_grad", samples=1).explain(model, inputs).verdict)
    assert explainer("smooth_grad", samples=1, noise=0.0).explain(model, inputs).verdict.status == "ok"


@pytest.mark.parametrize("name", SMOOTHING)
@pytest.mark.parametrize("base", [3, Saliency, torch.zeros(2)])
def test_a_base_that_is_no_method_is_refused(name, base):
    with pytest.raises(InputError, match=r"`base` must be a method's name, or a method such as IntegratedGradients\(steps=16\)"):
        explainer(name, base=base)


def test_a_base_that_is_unknown_or_gives_no_values_is_refused_by_name():
    with pytest.raises(UnknownNameError, match=r"`salincy` is not a known method\. Did you mean `saliency`\?"):
        explainer("smooth_grad", base="salincy")
    base = explainer("nearest_examples", background=drawn((3, 4), 0))
    with pytest.raises(InputError, match=r"`base` must give a value for each feature\. `nearest_examples` gives Examples\."):
        explainer("smooth_grad", base=base).explain(table_classifier(), drawn((2, 4), 0))


@pytest.mark.parametrize("name", SMOOTHING)
@pytest.mark.parametrize("samples", [0, -1, True, 2.5, "25"])
def test_samples_that_are_no_positive_integer_are_refused(name, samples):
    with pytest.raises(InputError, match=r"`samples` must be a positive integer\. Got "):
        explainer(name, samples=samples)


@pytest.mark.parametrize("name", SMOOTHING)
@pytest.mark.parametrize("noise", [-0.1, float("nan"), float("inf"), "0.1", True])
def test_noise_that_is_no_share_is_refused(name, noise):
    with pytest.raises(InputError, match=r"`noise` must be a number from 0, a share of the input's range\. Got "):
        explainer(name, noise=noise)


def test_the_base_is_told_with_its_settings():
    model, inputs = image_classifier(), drawn((1, 2, 8, 8), 0)
    found = explainer("smooth_grad", samples=2, base=IntegratedGradients(steps=3)).explain(model, inputs)
    told = found.origin.settings["base"]
    assert (told["name"], told["steps"]) == ("integrated_gradients", 3)


@dataclass(frozen=True)
class OneOfTwo:
    """A value just above 1 in float32: the next one where the copy's first value is above `least`."""

    about: ClassVar[About] = replace(Saliency.about, name="one_of_two")
    least: float

    def explain(self, model, inputs, targets=None, *, seed=0):
        with question(self, model, inputs, targets, seed=seed) as q:
            above = (inputs[:, :1] > self.least).float()
            return q.attribution((1 + 2**-12 + 2**-23 * above).expand_as(inputs).contiguous(), "slope")


def test_squares_of_float32_answers_are_taken_in_float64():
    inputs = torch.full((1, 4), 0.5)
    draws = torch.stack([torch.randn(4, generator=generator(0, "noisy copies", draw)) for draw in range(8)])
    squares = (1 + 2**-12 + 2**-23 * (draws[:, 0] > 0).double()).square()
    assert len(set(squares.tolist())) == 2
    model = table_classifier()
    model.schema = Columns(0.5, 0.5, 0.5, 0.5)
    model.schema.ranges = (1.0, 1.0, 1.0, 1.0)
    model.model.float()
    found = explainer("smooth_grad_squared", samples=8, noise=0.1, base=OneOfTwo(0.5)).explain(model, inputs)
    expected = float(squares.std()) / 8**0.5
    assert found.diagnostics.standard_error.flatten().tolist() == pytest.approx([expected] * 4, rel=1e-3)
