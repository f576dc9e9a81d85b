import pytest
import torch
from engine_networks import drawn, seeded
from torch import nn
from torch.nn import functional as F

from xaivision.core.errors import CapabilityError
from xaivision.core.metering import metered
from xaivision.core.targets import TargetNumbers, TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import full_gradients
from xaivision.engines.activation_maps import spread_over_input

TARGETS = {
    "score": TargetScore(torch.tensor([1, 0, 2])),
    "difference": TargetScore(torch.tensor([1, 0, 2]), against=torch.tensor([0, 1, 0])),
    "margin": TargetScore(torch.tensor([1, 0, 2]), output="margin"),
}


class Winding(nn.Module):
    """Every way to add a constant: in layers, statistics, clipping, operators, beside the maps and around them."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(8, 6, 3, stride=2)
        self.norm, self.last = nn.BatchNorm2d(4), nn.BatchNorm2d(6)
        self.side, self.mix = nn.Parameter(torch.randn(1, 4, 1, 1)), nn.Linear(6, 6)
        self.head = nn.Linear(6, 3)
        for norm in (self.norm, self.last):
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 1.5)

    def forward(self, x):
        maps = F.relu6(4 * self.norm(self.first((x - 0.4) / 0.3)), inplace=True)
        maps = F.pad(torch.cat([maps, F.max_pool2d(maps, 3, 1, 1) + self.side], 1), (1, 0, 1, 0), value=0.3)
        maps = torch.relu(self.last(self.second(maps)))
        maps = self.mix(maps.movedim(1, -1)).relu_() + 0.1
        return self.head(F.leaky_relu(maps.mean((1, 2)) - 0.05))


class Sequences(nn.Module):
    """Tokens (N, B, C), as transformers had them first: the first axis is not that of the inputs."""

    def __init__(self):
        super().__init__()
        self.patches, self.mix, self.head = nn.Conv2d(2, 4, 2, 2), nn.Linear(4, 5), nn.Linear(5, 3)

    def forward(self, x):
        tokens = self.patches(x).flatten(2).permute(2, 0, 1)
        return self.head((self.mix(tokens).relu() + 0.2).mean(0))


def classifier(make=Winding, **settings):
    return TorchClassifier(seeded(make).eval(), 3, **settings)


def plain():
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(20, 3)
    )


def photos(batch=3):
    return drawn((batch, 2, 8, 8), 5)


def asked(model, target, inputs=None, **settings):
    return full_gradients.full_gradients(model, photos() if inputs is None else inputs, target, **settings)


def check_pixels_and_biases_sum_to_the_explained_number():
    inputs = photos()
    for model in (classifier(), classifier(mean=[0.5, 0.3], std=[0.2, 0.4]), classifier(Sequences), classifier(plain)):
        for target in TARGETS.values():
            found = asked(model, target, inputs)
            scores = target.of(model(inputs))
            assert found.bent == ()
            assert not found.cut
            torch.testing.assert_close(found.values.sum((1, 2, 3)), scores, atol=1e-10, rtol=0)
            torch.testing.assert_close(found.pixels + found.placed + found.spread, scores, atol=1e-10, rtol=0)
            torch.testing.assert_close(found.all_scores, model(inputs))


def check_each_bias_has_its_product_with_its_gradient():
    """By the gradients of the parameters themselves, one input at a time."""
    model, inputs = classifier(plain), photos()
    found = asked(model, TARGETS["score"], inputs)
    for index, one in enumerate(inputs):
        leaf = one[None].clone().requires_grad_()
        score = model.model(leaf)[0, int(TARGETS["score"].classes[index])]
        biases = [model.model[0].bias, model.model[3].bias, model.model[6].bias]
        pixels, *products = (
            float((part * slope).sum().detach())
            for part, slope in zip((leaf, *biases), torch.autograd.grad(score, (leaf, *biases)), strict=True)
        )
        assert float(found.pixels[index]) == pytest.approx(pixels, abs=1e-12)
        assert float(found.placed[index]) == pytest.approx(products[0] + products[1], abs=1e-12)
        assert float(found.spread[index]) == pytest.approx(products[2], abs=1e-12)


def check_a_bias_lies_where_its_gradient_does():
    model, inputs, target = classifier(plain), photos(), TARGETS["score"]
    parts, maps = model.model, []
    leaf = inputs.clone().requires_grad_()
    maps.append(parts[0](leaf))
    maps.append(parts[3](parts[2](parts[1](maps[0]))))
    scores = parts[6](parts[5](parts[4](maps[1])))
    slopes = torch.autograd.grad(target.of(scores).sum(), (leaf, *maps))
    expected = (slopes[0] * leaf).sum(1, keepdim=True).detach()
    for slope, layer in zip(slopes[1:], (parts[0], parts[3]), strict=True):
        cells = (slope * layer.bias.detach().view(-1, 1, 1)).sum(1, keepdim=True)
        expected = expected + spread_over_input(cells, 8, 8)
    expected = expected + parts[6].bias.detach()[target.classes].view(-1, 1, 1, 1) / 64
    torch.testing.assert_close(asked(model, target).values, expected, atol=1e-12, rtol=0)


def check_channels_last_are_read_as_such():
    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.mix = nn.Linear(2, 3)

        def forward(self, x):
            return self.mix(x.movedim(1, -1)).relu()[:, 2, 5]

    model, target = classifier(Last), TARGETS["score"]
    found = asked(model, target).values
    elsewhere = found.clone()
    elsewhere[:, :, 2, 5] = 0
    assert not elsewhere.any()
    torch.testing.assert_close(found[:, 0, 2, 5], target.of(model(photos())), atol=1e-12, rtol=0)


def check_what_normalizes_the_pixels_counts_with_them():
    given = {"mean": [0.5, 0.3], "std": [0.2, 0.4]}
    inside = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model = TorchClassifier(seeded(lambda: inside), 3, **given)
    normalized = (photos() - torch.tensor(given["mean"]).view(-1, 1, 1)) / torch.tensor(given["std"]).view(-1, 1, 1).double()
    leaf = normalized.clone().requires_grad_()
    (slopes,) = torch.autograd.grad(TARGETS["score"].of(model.model(leaf)).sum(), leaf)
    torch.testing.assert_close(asked(model, TARGETS["score"]).pixels, (slopes * leaf).sum((1, 2, 3)).detach(), atol=1e-6, rtol=0)


def check_the_absolute_picture_is_the_papers():
    model, inputs, target = classifier(plain), photos(), TARGETS["score"]
    parts = model.model
    leaf = inputs.clone().requires_grad_()
    first = parts[0](leaf)
    second = parts[3](parts[2](parts[1](first)))
    scores = parts[6](parts[5](parts[4](second)))
    slopes = torch.autograd.grad(target.of(scores).sum(), (leaf, first, second))
    factors = (inputs, parts[0].bias.detach().view(-1, 1, 1), parts[3].bias.detach().view(-1, 1, 1))
    expected = torch.zeros(3, 1, 8, 8, dtype=torch.float64)
    for slope, factor in zip(slopes, factors, strict=True):
        for index, one in enumerate((slope * factor).abs()):
            scaled = (one - one.min()) / (one.max() - one.min())
            expected[index] += F.interpolate(scaled[None], (8, 8), mode="bilinear")[0].sum(0, keepdim=True)
    torch.testing.assert_close(asked(model, target, absolute=True).values, expected, atol=1e-12, rtol=0)


def check_no_input_sees_its_neighbors():
    for make in (Winding, Sequences):
        model, target = classifier(make), TARGETS["score"]
        together = asked(model, target)
        for index in range(3):
            alone = asked(model, target.take(slice(index, index + 1)), photos()[index : index + 1])
            torch.testing.assert_close(together.values[index], alone.values[0], atol=1e-12, rtol=0)
            torch.testing.assert_close(together.spread[index], alone.spread[0], atol=1e-12, rtol=0)


def check_what_bends_is_told_and_misses_the_score():
    model = classifier(lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    found = asked(model, TARGETS["score"])
    assert found.bent == ("SiLU",)
    gap = (found.values.sum((1, 2, 3)) - TARGETS["score"].of(model(photos()))).abs()
    assert bool((gap > 1e-3).all())


def test_predicted_classes_are_those_of_the_same_pass():
    model = classifier()
    found = asked(model, TargetNumbers(None, None, "score", "logit"))
    torch.testing.assert_close(found.values.sum((1, 2, 3)), model(photos()).amax(1), atol=1e-10, rtol=0)


def test_one_pass_is_asked_and_the_batch_size_does_not_matter():
    whole, parts = asked(classifier(), TARGETS["score"]), None
    with metered() as meter:
        parts = asked(classifier(batch_size=2), TARGETS["score"])
    torch.testing.assert_close(parts.values, whole.values, atol=1e-12, rtol=0)
    assert (meter.gradient_calls_alone, meter.model_calls_alone) == (3, 0)


def test_float32_adds_up_to_a_hundred_thousandth_and_stays_float32():
    model = TorchClassifier(seeded(Winding).eval().float(), 3)
    inputs = photos().float()
    found = asked(model, TARGETS["score"], inputs)
    assert found.values.dtype == torch.float32
    gap = found.values.double().sum((1, 2, 3)) - model(inputs).double()[range(3), [1, 0, 2]]
    assert bool((gap.abs() <= 1e-5 * found.values.double().abs().sum((1, 2, 3))).all())


def test_a_gradient_that_is_cut_is_told():
    class Cut(nn.Sequential):
        def forward(self, x):
            return super().forward(x.detach())

    found = asked(classifier(lambda: Cut(*plain())), TARGETS["score"])
    assert found.cut


@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_a_network_that_cannot_be_followed_is_refused():
    model = TorchClassifier(torch.jit.trace(seeded(plain), photos()), 3)
    with pytest.raises(CapabilityError, match="must be one that can be seen"):
        asked(model, TARGETS["score"])


@pytest.mark.parametrize("check", [check for name, check in list(globals().items()) if name.startswith("check_")])
def test_full_gradients(check):
    check()
