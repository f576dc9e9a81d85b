import pytest
import torch
from core_subjects import Applied, convnet, drawn, linear
from torch import nn

from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat
from xaivision.core.layers import Layer
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier

IMAGES = TorchClassifier(convnet(), 3)
SIZED = TorchClassifier(convnet(), 3, image_format=ImageFormat(3, 8, 8))
ROWS = TorchClassifier(linear(), 3, domain="tabular")

REFUSED = {
    "8-bit": (
        IMAGES,
        torch.zeros(1, 3, 8, 8, dtype=torch.uint8),
        "floating-point numbers .* Got uint8. Divide 8-bit images by 255",
    ),
    "integers": (ROWS, torch.zeros(1, 4, dtype=torch.int64), "Got int64"),
    "no tensor": (ROWS, [[0.0] * 4], "must be a torch tensor. Got list"),
    "one channel": (IMAGES, torch.zeros(1, 1, 8, 8), "must have 3 channels. Got 1"),
    "no batch axis": (IMAGES, torch.zeros(3, 8, 8), r"shape \(B, C, H, W\). Got \(3, 8, 8\)"),
    "another size": (SIZED, torch.zeros(1, 3, 9, 8), r"shape \(B, 3, 8, 8\). Got \(1, 3, 9, 8\)"),
    "one row": (ROWS, torch.zeros(4), r"shape \(B, F\). Got \(4,\)"),
    "empty batch": (IMAGES, torch.zeros(0, 3, 8, 8), r"at least one input. Got an empty batch of shape \(0, 3, 8, 8\)"),
    "no pixels": (IMAGES, torch.zeros(1, 3, 0, 8), "at least one input"),
    "empty table": (ROWS, torch.zeros(0, 4), "at least one input"),
}


ASKED = {
    "call": lambda model, inputs: model(inputs),
    "gradients": lambda model, inputs: model.gradients(inputs, TargetScore(torch.zeros(len(inputs), dtype=torch.long))),
    "activations": lambda model, inputs: model.activations(inputs, Layer("0")),
    "layer gradients": lambda model, inputs: model.layer_gradients(inputs, None, Layer("0")),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize(("model", "inputs", "says"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused_before_the_module_is_asked(model, inputs, says, ask, monkeypatch):
    monkeypatch.setattr(model.model, "forward", lambda _inputs: pytest.fail("the module was asked"))
    with pytest.raises(InputError, match=says):
        ask(model, inputs)


def test_a_format_overrules_the_first_convolution():
    spreads = nn.Sequential(Applied(lambda x: x.repeat(1, 3, 1, 1)), *convnet())
    gray = drawn(2, 1, 8, 8)
    model = TorchClassifier(spreads, 3, image_format=ImageFormat(1, 8, 8), mean=[0.5], std=[0.5])
    assert model.gradients(gray, TargetScore(torch.tensor([0, 1]))).values.shape == gray.shape
    with pytest.raises(InputError, match="Give `image_format`"):
        TorchClassifier(spreads, 3)(gray)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"mean": [0.5] * 3}, "`mean` and `std` must be given together"),
        ({"std": [0.5] * 3}, "given together"),
        ({"mean": [0.5] * 3, "std": [0.5] * 2}, "given together"),
        ({"mean": [0.5] * 3, "std": [0.5, 0.5, 0.0]}, "positive `std`"),
        ({"mean": [0.5] * 2, "std": [0.5] * 2}, "one number for each of 3 channels. Got 2"),
        ({"batch_size": 0}, "`batch_size` must be a positive integer. Got 0"),
        ({"score_unit": "percent"}, "`score_unit` must be one of 'logit', 'probability'. Got 'percent'"),
        ({"domain": "audio"}, "`domain` must be one of 'image', 'tabular'. Got 'audio'"),
        ({"class_names": ["cat", "dog"]}, "one name for each of 3 classes. Got 2"),
    ],
    ids=str,
)
def test_a_setting_that_does_not_fit_is_refused(settings, says):
    with pytest.raises(InputError, match=says):
        TorchClassifier(convnet(), 3, **settings)


def test_the_columns_of_a_table_are_not_normalized_like_channels():
    with pytest.raises(InputError, match="`mean` and `std` are for images"):
        TorchClassifier(linear(), 3, domain="tabular", mean=[0.0] * 4, std=[1.0] * 4)


def test_one_class_is_no_classifier():
    with pytest.raises(InputError, match=r"`num_classes` must be at least 2. Got 1"):
        TorchClassifier(linear(4, 1), 1, domain="tabular")


def test_classes_without_names_are_called_by_their_numbers():
    assert TorchClassifier(convnet(), 3).class_names == ("0", "1", "2")
    assert TorchClassifier(convnet(), 3, class_names=["cat", "dog", 3]).class_names == ("cat", "dog", "3")


def test_it_says_what_it_is():
    assert repr(ROWS) == "TorchClassifier(Linear, tabular, 3 classes, logits)"


def test_a_default_device_of_the_caller_does_not_reach_the_normalization():
    with torch.device("meta"):
        model = TorchClassifier(convnet_on_cpu(), 3, mean=[0.5], std=[0.5])
    assert model(drawn(1, 3, 8, 8)).device.type == "cpu"


def convnet_on_cpu():
    with torch.device("cpu"):
        return convnet()


@pytest.mark.parametrize(
    ("module", "inputs", "domain"),
    [
        (nn.Linear(4, 3), torch.zeros(2, 5), "tabular"),
        (nn.Sequential(nn.Flatten(), nn.Linear(48, 3)), torch.zeros(2, 3, 5, 5), "image"),
        (nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 3)), torch.zeros(2, 5), "tabular"),
    ],
    ids=["a column too many", "a picture too large", "a norm of other columns"],
)
def test_a_shape_that_the_module_does_not_take_is_one_sentence_with_the_remedy(module, inputs, domain):
    with pytest.raises(
        InputError, match=r"`inputs` must have the shape that the module takes\. One of shape .* does not fit"
    ) as said:
        TorchClassifier(module, 3, domain=domain)(inputs)
    assert "\n" not in str(said.value)


def test_another_error_of_the_module_is_left_as_it_is():
    class Broken(nn.Module):
        def forward(self, rows):
            raise RuntimeError("my own trouble")

    with pytest.raises(RuntimeError, match="my own trouble"):
        TorchClassifier(Broken(), 3, domain="tabular")(torch.zeros(2, 5))


def test_a_module_is_given_pictures_with_the_channels_last_in_memory():
    seen = []

    class Looks(nn.Module):
        def forward(self, pictures):
            seen.append(pictures.is_contiguous(memory_format=torch.channels_last))
            return pictures.flatten(1)[:, :3]

    model = TorchClassifier(Looks(), 3)
    model(drawn(2, 3, 8, 8))
    model.gradients(drawn(2, 3, 8, 8), TargetScore(torch.tensor([0, 1])))
    assert seen == [True, True]
