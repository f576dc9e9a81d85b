import pytest
import timm
import torch
from core_subjects import convnet, drawn, seeded
from torch import nn

from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat
from xaivision.core.timm_preprocessing import is_timm_model
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier

IMAGES = drawn(2, 3, 32, 32)


def made(name="test_resnet", **more):
    with seeded():
        return timm.create_model(name, **more).eval()


def test_normalization_size_and_number_of_classes_are_read_off_the_model():
    module = made(num_classes=5)
    model = classifier(module)
    told = module.pretrained_cfg
    assert isinstance(model, TorchClassifier)
    assert (model.num_classes, model.domain) == (5, "image")
    side = told["input_size"][1]
    assert model.image_format == ImageFormat(
        3, side, side, resize=int(side / told["crop_pct"]), interpolation=told["interpolation"]
    )
    images = drawn(2, *model.input_shape)
    mean, std = (torch.tensor(told[name]).view(3, 1, 1) for name in ("mean", "std"))
    with torch.no_grad():
        torch.testing.assert_close(model(images), module((images - mean) / std), rtol=1e-5, atol=1e-6)


def test_scores_are_those_behind_timms_own_preprocessing():
    module = made("test_vit")
    model = classifier(module)
    config = timm.data.resolve_model_data_config(module)
    picture = drawn(*model.input_shape)
    ready = timm.data.transforms_factory.transforms.Normalize(config["mean"], config["std"])(picture)
    with torch.no_grad():
        torch.testing.assert_close(model(picture[None]), module(ready[None]), rtol=1e-5, atol=1e-6)


def test_a_transformer_that_was_built_for_another_size_keeps_it():
    model = classifier(made("vit_tiny_patch16_224", img_size=32, num_classes=3))
    assert model.input_shape == (3, 32, 32)
    assert model(IMAGES).shape == (2, 3)


def test_what_is_said_comes_first():
    module = made(num_classes=4)
    form = ImageFormat(3, 32, 32)
    model = classifier(module, mean=[0.0] * 3, std=[1.0] * 3, image_format=form, class_names="abcd")
    assert (model.image_format, model.class_names) == (form, ("a", "b", "c", "d"))
    with torch.no_grad():
        torch.testing.assert_close(model(IMAGES), module(IMAGES), rtol=1e-5, atol=1e-6)


def test_numbers_for_three_channels_are_not_used_for_one():
    module = made(in_chans=1, num_classes=3)
    with pytest.raises(InputError, match=r"must be given: the model takes 1 channel, and knows them for 3 only"):
        classifier(module)
    model = classifier(module, mean=[0.4], std=[0.2])
    assert model.input_shape[0] == 1
    images = drawn(2, *model.input_shape)
    with torch.no_grad():
        torch.testing.assert_close(model(images), module((images - 0.4) / 0.2), rtol=1e-5, atol=1e-6)


def test_half_of_the_numbers_are_refused():
    with pytest.raises(InputError, match="`mean` and `std` must be given together"):
        classifier(made(), mean=[0.5] * 3)


def test_features_without_a_head_are_refused():
    with pytest.raises(InputError, match=r"must have a head with classes. .* num_classes="):
        classifier(made(num_classes=0))


def test_only_models_of_timm_are_read():
    assert is_timm_model(made())
    assert not is_timm_model(convnet())
    assert not is_timm_model(nn.Sequential(made()))
    plain = convnet()
    plain.pretrained_cfg = {"mean": (0.1,) * 3, "std": (0.1,) * 3}
    assert not is_timm_model(plain)
