import pytest
import torch
from attention_models import SIDE, Attend, Encoder, Vit, classifier, lively, told, vit
from engine_networks import drawn, image_classifier, seeded
from torch import nn
from torch.nn import functional as F

from xaivision.core.errors import CapabilityError
from xaivision.core.metering import metered
from xaivision.core.targets import TargetScore
from xaivision.engines import attention

WAYS = ("heads", "asked", "product", "softmax", "function")
TARGET = TargetScore(torch.tensor([2, 0, 1]))


def pictures(count=3, seed=5):
    return drawn((count, 1, SIDE, SIDE), seed)


def read(model, inputs=None, gradients=True):
    """Everything that is read, batches put together, and the scores."""
    seen = []
    inputs = pictures() if inputs is None else inputs

    def keep(found):
        seen.append(found)
        return torch.zeros(len(found.weights[0]), 1)

    answer = attention.token_values(model, inputs, TARGET.take(slice(0, len(inputs))), keep, gradients=gradients)
    weights = [torch.cat(layer) for layer in zip(*(found.weights for found in seen), strict=True)]
    slopes = [torch.cat(layer) for layer in zip(*(found.gradients for found in seen), strict=True)]
    return weights, slopes, answer


def check_weights_and_gradients_are_those_of_a_model_that_tells_them(way):
    inputs, mask = pictures(), torch.ones(10, 10).bool()
    mask[2:5, 6:] = False
    for settings in ({"extra": 1}, {"extra": 1, "mask": mask}, {"extra": 1, "layers": 3, "read": slice(None)}):
        weights, slopes, answer = read(vit(way=way, **settings))
        teller = vit(way="softmax", **settings).model
        for index, image in enumerate(inputs):
            of_one = lambda scores, index=index: scores[:, TARGET.classes[index]]  # noqa: E731
            expected, gradients = told(teller, image, of_one)
            for layer in range(len(expected)):
                torch.testing.assert_close(weights[layer][index], expected[layer], atol=1e-13, rtol=0)
                torch.testing.assert_close(slopes[layer][index], gradients[layer], atol=1e-13, rtol=0)
        assert not answer.cut


@pytest.mark.parametrize("way", WAYS)
def test_weights_and_gradients_are_those_of_a_model_that_tells_them(way):
    check_weights_and_gradients_are_those_of_a_model_that_tells_them(way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("gradients", [False, True])
def test_scores_are_those_of_the_model_by_itself(way, gradients):
    model = vit(way=way)
    expected = TARGET.of(model(pictures()))
    torch.testing.assert_close(read(model, gradients=gradients)[2].scores, expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize("way", WAYS)
def test_scores_in_float32_are_those_of_the_model_within_a_hundred_thousandth(way):
    model = classifier(vit(way=way).model.float())
    inputs = pictures().float()
    found = read(model, inputs)[2].scores
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, TARGET.of(model(inputs)), atol=1e-5, rtol=1e-5)


def product_cases():
    query, key, value = (drawn((2, 4, 5, 6), seed) - 0.5 for seed in range(3))
    mask = drawn((5, 5), 9) > 0.3
    mask.fill_diagonal_(True)
    few = (query, key[:, :2], value[:, :2])
    return [
        ((query, key, value), {}),
        ((query, key, value, mask), {}),
        ((query, key, value), {"attn_mask": drawn((2, 1, 5, 5), 4)}),
        ((query, key, value), {"is_causal": True}),
        ((query, key, value, None, 0.0, True), {"scale": 0.3}),
        ((query, key[:, :, :3], value[:, :, :3]), {"scale": 2.0}),
        (few, {"enable_gqa": True}),
    ]


def check_the_product_is_torchs_whatever_it_is_told():
    for args, kwargs in product_cases():
        expected = F.scaled_dot_product_attention(*args, **kwargs)
        with attention.AttentionReader(differentiable=False) as reader:
            found = F.scaled_dot_product_attention(*args, **kwargs)
        torch.testing.assert_close(found, expected, atol=1e-13, rtol=0)
        sums = reader.weights[0].sum(-1)
        torch.testing.assert_close(sums, torch.ones_like(sums), atol=1e-13, rtol=0)


def test_the_product_is_torchs_whatever_it_is_told():
    check_the_product_is_torchs_whatever_it_is_told()


HEADS = [
    {},
    {"batch_first": True},
    {"add_bias_kv": True},
    {"add_zero_attn": True},
    {"bias": False},
    {"kdim": 3, "vdim": 5},
]


@pytest.mark.parametrize("settings", HEADS, ids=str)
@pytest.mark.parametrize("average", [True, False])
@pytest.mark.parametrize("batched", [True, False])
def test_multihead_attention_gives_what_it_gives_by_itself(settings, average, batched):
    module = seeded(lambda: nn.MultiheadAttention(8, 2, dropout=0.4, **settings)).eval()
    shape = lambda width: (4, 4, width) if batched else (4, width)  # noqa: E731
    asked = [drawn(shape(width), width) for width in (8, settings.get("kdim", 8), settings.get("vdim", 8))]
    expected = module(*asked, average_attn_weights=average)
    silent = module(*asked, need_weights=False)
    with attention.AttentionReader(differentiable=True) as reader:
        found = module(*asked, average_attn_weights=average)
        told_nothing = module(*asked, need_weights=False)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.shape == theirs.shape
        torch.testing.assert_close(ours, theirs, atol=1e-13, rtol=0)
    torch.testing.assert_close(told_nothing[0], silent[0], atol=1e-13, rtol=0)
    assert told_nothing[1] is silent[1] is None
    assert [layer.shape[:3] for layer in reader.weights] == [(4 if batched else 1, 2, 4)] * 2


def test_torchs_code_still_asks_what_is_answered_for_it_here():
    names = F.multi_head_attention_forward.__code__.co_names
    assert {"has_torch_function", "scaled_dot_product_attention"} <= set(names)


def test_the_fast_path_of_torchs_encoder_is_taken_without_a_reader_and_not_with_one(monkeypatch):
    model, inputs = classifier(seeded(Encoder)), pictures()
    before = model(inputs)

    def never(*_args):
        raise AssertionError("the fast path")

    monkeypatch.setattr(torch, "_transformer_encoder_layer_fwd", never)
    with pytest.raises(AssertionError, match="the fast path"):
        model(inputs)
    weights, slopes, answer = read(model)
    assert [layer.shape for layer in weights] == [layer.shape for layer in slopes] == [(3, 2, 4, 4)] * 2
    assert all(bool(layer.any()) for layer in slopes)
    torch.testing.assert_close(answer.scores, TARGET.of(before), atol=1e-12, rtol=0)


@pytest.mark.parametrize("way", ["heads", "product", "softmax"])
def test_a_frozen_model_gives_the_same_gradients(way):
    expected = read(vit(way=way))
    model = vit(way=way)
    model.model.requires_grad_(False)
    for ours, theirs in zip(read(model)[1], expected[1], strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-14, rtol=1e-12)
    assert not any(parameter.requires_grad for parameter in model.model.parameters())


def check_a_model_that_goes_on_in_place_gives_the_same_gradients():
    class Careless(Attend):
        def _softmax(self, query, key):
            return super()._softmax(query, key).mul_(0.5)

    class Careful(Attend):
        def _softmax(self, query, key):
            return super()._softmax(query, key) * 0.5

    def made(kind):
        module = lively(seeded(Vit))
        for block in module.blocks:
            changed = kind("softmax").double()
            changed.load_state_dict(block.attend.state_dict())
            block.attend = changed
        return module

    try:
        weights, slopes, _ = read(classifier(made(Careless)))
    except RuntimeError as error:
        raise AssertionError("autograd no longer has what it kept") from error
    for index, image in enumerate(pictures()):
        expected, gradients = told(made(Careful), image, lambda scores, index=index: scores[:, TARGET.classes[index]])
        for layer in range(2):
            torch.testing.assert_close(weights[layer][index], expected[layer], atol=1e-14, rtol=0)
            torch.testing.assert_close(slopes[layer][index], gradients[layer], atol=1e-14, rtol=0)


def test_a_model_that_goes_on_in_place_gives_the_same_gradients():
    check_a_model_that_goes_on_in_place_gives_the_same_gradients()


def test_batches_change_nothing_and_every_input_is_counted_once():
    inputs = pictures()
    whole, split = read(vit(way="product")), None
    model = classifier(vit(way="product").model, batch_size=2)
    with metered() as meter:
        split = read(model, inputs)
    assert (meter.gradient_calls, meter.model_calls) == (3, 0)
    for part in (0, 1):
        for ours, theirs in zip(split[part], whole[part], strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-14, rtol=0)
    with metered() as meter:
        weights, slopes, _ = read(model, inputs, gradients=False)
    assert (meter.gradient_calls, meter.model_calls, slopes) == (3, 0, [])
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(weights, split[0], strict=True))


def test_in_inference_mode_gradients_are_the_same():
    model, inputs = vit(), pictures()
    expected = read(model)[1]
    with torch.inference_mode():
        found = read(model, inputs)[1]
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(found, expected, strict=True))


def state(module):
    return {name: (part.training, sorted(vars(part)), part.forward.__func__) for name, part in module.named_modules()}


@pytest.mark.parametrize("way", WAYS)
def test_the_module_is_as_it_was_also_after_an_error(way):
    model = vit(way=way)
    model.model.blocks[0].train()
    before, inputs = state(model.model), pictures()
    expected = model(inputs)
    read(model, inputs)
    assert state(model.model) == before

    def break_down(*_args):
        raise RuntimeError("broken")

    handle = model.model.blocks[1].mlp.register_forward_hook(break_down)
    with pytest.raises(RuntimeError, match="broken"):
        read(model, inputs)
    handle.remove()
    assert state(model.model) == before
    assert torch.overrides._get_current_function_mode_stack() == []
    assert torch.equal(model(inputs), expected)


def check_a_gradient_that_is_cut_is_told():
    class Cut(Vit):
        def forward(self, images):
            return super().forward(images).detach()

    class HalfCut(Vit):
        def forward(self, images):
            found = self.blocks[0](self.patches(images).flatten(2).transpose(1, 2)).detach()
            return self.head(self.blocks[1](found).mean(1))

    _, slopes, answer = read(classifier(seeded(Cut)))
    assert answer.cut
    assert not any(bool(layer.any()) for layer in slopes)
    _, slopes, answer = read(classifier(seeded(HalfCut)))
    assert answer.cut
    assert [bool(layer.any()) for layer in slopes] == [False, True]


def test_a_gradient_that_is_cut_is_told():
    check_a_gradient_that_is_cut_is_told()


def test_a_model_without_attention_is_refused():
    sentence = r"A model with attention over all its tokens is needed: .* Got a model that calls none of them\. Use `grad_cam`"
    with pytest.raises(CapabilityError, match=sentence):
        read(image_classifier(), drawn((2, 2, 6, 6), 0))


def test_a_softmax_of_the_classes_or_over_channels_is_no_attention():
    class Gated(nn.Module):
        def forward(self, x):
            gates = x.softmax(1) * x
            return F.softmax(gates.flatten(1)[:, :3], dim=-1)

    with pytest.raises(CapabilityError, match="calls none of them"):
        read(classifier(Gated()), drawn((2, 2, 6, 6), 0))


class Windows(nn.Module):
    """Attention within the two halves of the tokens, or of one query only, or over fewer tokens in the second layer."""

    def __init__(self, how):
        super().__init__()
        self.how, self.attend, self.head = how, Attend("product"), nn.Linear(8, 3)

    def forward(self, images):
        tokens = images.flatten(1)[:, :32].unflatten(1, (4, 8))
        if self.how == "windows":
            return self.head(self.attend(tokens.reshape(-1, 2, 8)).reshape(tokens.shape).mean(1))
        if self.how == "pooled":
            return self.head(self.attend(self.attend(tokens)[:, ::2]).mean(1))
        query = self.attend(tokens).mean(1, keepdim=True)
        return self.head((query @ tokens.transpose(1, 2)).softmax(-1).matmul(tokens)[:, 0])


@pytest.mark.parametrize(
    ("how", "shape", "number"),
    [
        ("windows", r"\(6, 2, 2, 2\)", "0 of 1"),
        ("pooled", r"\(3, 2, 2, 2\)", "1 of 2"),
        ("one query", r"\(3, 1, 4\)", "1 of 2"),
    ],
)
def test_attention_that_does_not_go_from_all_tokens_to_all_tokens_is_refused(how, shape, number):
    sentence = rf"Every token must see every token .* Got {shape} in attention {number}, for a batch of 3: windows"
    with pytest.raises(CapabilityError, match=sentence):
        read(classifier(seeded(lambda: Windows(how))))


def check_one_head_without_an_axis_of_its_own_has_one():
    class Plain(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(8, 3)

        def forward(self, images):
            tokens = images.flatten(1)[:, :32].unflatten(1, (4, 8))
            return self.head((tokens @ tokens.transpose(1, 2)).softmax(-1).matmul(tokens)[:, 0])

    weights, slopes, _ = read(classifier(seeded(Plain)))
    assert weights[0].shape == slopes[0].shape == (3, 1, 4, 4)


def test_one_head_without_an_axis_of_its_own_has_one():
    check_one_head_without_an_axis_of_its_own_has_one()
