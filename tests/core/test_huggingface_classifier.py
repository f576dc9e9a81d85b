import numpy as np
import pytest
import torch
from core_subjects import drawn, state_of
from huggingface_models import LABELS, SIDE, model_of, processor_of
from torch import nn

from xaivision.core.access import Access
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.huggingface_classifier import HuggingFaceClassifier
from xaivision.core.image_format import ImageFormat
from xaivision.core.metering import metered
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier

KINDS = ["ViT", "Swin", "ResNet", "ConvNext"]
PICTURES = [np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8) for seed in range(3)]
IMAGES = torch.from_numpy(np.stack(PICTURES)).permute(0, 3, 1, 2).float() / 255


def as_hugging_face_scores(model, processor, pictures):
    model.eval()
    with torch.no_grad():
        return model(**processor(images=pictures, return_tensors="pt")).logits


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_those_of_the_model_behind_its_processor(kind):
    model, processor = model_of(kind), processor_of()
    adapter = classifier(model, processor=processor)
    assert isinstance(adapter, HuggingFaceClassifier)
    expected = as_hugging_face_scores(model, processor, PICTURES)
    assert float(expected.std(0).max()) > 1e-3  # nothing is the same for every picture
    torch.testing.assert_close(adapter(IMAGES), expected, rtol=1e-5, atol=1e-6)


def test_what_the_pair_knows_need_not_be_said():
    adapter = HuggingFaceClassifier(model_of("ViT"), processor_of())
    assert adapter.class_names == tuple(LABELS.values())
    assert adapter.input_shape == (3, SIDE, SIDE)
    assert (adapter.num_classes, adapter.score_unit, adapter.domain) == (3, "logit", "image")
    assert (adapter.access, adapter.gives_probabilities) == (Access.WEIGHTS, True)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_the_model_with_respect_to_pixels(kind):
    model, processor = model_of(kind), processor_of()
    adapter = HuggingFaceClassifier(model, processor)
    pixels = IMAGES.clone().requires_grad_()
    mean, std = (torch.tensor(numbers).view(3, 1, 1) for numbers in (processor.image_mean, processor.image_std))
    model.eval()
    model((pixels - mean) / std).logits[:, 1].sum().backward()
    found = adapter.gradients(IMAGES, TargetScore(torch.ones(3, dtype=torch.long)))
    assert float(found.values.abs().max()) > 0
    torch.testing.assert_close(found.values, pixels.grad, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_layer_that_shows_maps_is_found_under_the_models_own_names(kind):
    adapter = HuggingFaceClassifier(model_of(kind), processor_of())
    found = adapter.map_layer(None, None, IMAGES[:1])
    assert found.layout is not None
    assert found.layout.height == found.layout.width > 1
    assert found.layer.name in dict(adapter.model.named_modules())


@pytest.mark.parametrize("kind", KINDS)
def test_the_model_is_left_as_it_was(kind):
    model = model_of(kind).train()
    adapter = HuggingFaceClassifier(model, processor_of())
    before = state_of(model)
    adapter(IMAGES)
    adapter.gradients(IMAGES, TargetScore(torch.zeros(3, dtype=torch.long)))
    adapter.map_layer(None, None, IMAGES[:1])
    assert state_of(model) == before


def test_batches_are_split_and_counted():
    model = model_of("ResNet")
    sizes = []
    model.register_forward_pre_hook(lambda _module, inputs: sizes.append(len(inputs[0])))
    adapter = HuggingFaceClassifier(model, processor_of(), batch_size=2)
    with metered() as meter:
        scores = adapter(IMAGES)
    assert sizes == [2, 1]
    assert meter.model_calls == 3
    torch.testing.assert_close(scores, HuggingFaceClassifier(model, processor_of())(IMAGES), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("unscaled", [{"rescale_factor": 1 / 127.5}, {"do_rescale": False}], ids=["another factor", "none"])
def test_pixels_are_scaled_once_whatever_the_processor_multiplies_them_with(unscaled):
    model, processor = model_of("ResNet"), processor_of(**unscaled)
    adapter = HuggingFaceClassifier(model, processor)
    torch.testing.assert_close(adapter(IMAGES), as_hugging_face_scores(model, processor, PICTURES), rtol=1e-4, atol=1e-4)


def test_numbers_that_a_processor_names_and_does_not_use_are_not_believed():
    for processor in (
        processor_of(do_normalize=False),
        processor_of("EfficientNet", rescale_factor=1 / 127.5, rescale_offset=True, include_top=False),
        processor_of("EfficientNet", include_top=True),  # it divides by the deviation twice
    ):
        model = model_of("ResNet")
        adapter = HuggingFaceClassifier(model, processor)
        torch.testing.assert_close(adapter(IMAGES), as_hugging_face_scores(model, processor, PICTURES), rtol=1e-4, atol=1e-4)


def crops_scales_and_swaps(images, **_settings):
    """A processor that normalizes red, green, blue and hands over blue, green, red."""
    mean, std = (np.array(numbers).reshape(3, 1, 1) for numbers in ([0.4, 0.5, 0.6], [0.2, 0.25, 0.3]))
    return {"pixel_values": ((images[:, :SIDE, :SIDE] / 255 - mean) / std)[None, ::-1]}


def test_each_channel_keeps_its_own_normalization_where_channels_are_swapped():
    model = model_of("ResNet")
    adapter = HuggingFaceClassifier(model, crops_scales_and_swaps)
    ready = [crops_scales_and_swaps(picture.transpose(2, 0, 1))["pixel_values"] for picture in PICTURES]
    model.eval()
    with torch.no_grad():
        expected = model(torch.from_numpy(np.concatenate(ready)).float()).logits
    torch.testing.assert_close(adapter(IMAGES), expected, rtol=1e-4, atol=1e-5)


def test_channels_that_a_processor_swaps_are_swapped():
    model = model_of("ResNet")
    processor = processor_of("MobileViT", size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})
    adapter = HuggingFaceClassifier(model, processor)
    expected = as_hugging_face_scores(model, processor, PICTURES)
    torch.testing.assert_close(adapter(IMAGES), expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(adapter(adapter.pixels(PICTURES)), expected, rtol=1e-4, atol=1e-5)
    assert float((adapter(IMAGES.flip(1)) - expected).abs().max()) > 1e-3


@pytest.mark.parametrize(
    ("processor", "expected"),
    [
        (processor_of(), ImageFormat(3, SIDE, SIDE, resize=SIDE)),
        (
            processor_of("CLIP", size={"shortest_edge": 36}, crop_size={"height": SIDE, "width": SIDE}),
            ImageFormat(3, SIDE, SIDE, resize=36, interpolation="bicubic"),
        ),
        (
            processor_of("ConvNext", size={"shortest_edge": SIDE}, crop_pct=0.8, resample=2),
            ImageFormat(3, SIDE, SIDE, resize=40),
        ),
    ],
    ids=["resized", "resized and cropped", "a part of a larger one"],
)
def test_the_size_is_that_to_which_the_processor_brings_pictures(processor, expected):
    model = model_of("ResNet")
    adapter = HuggingFaceClassifier(model, processor)
    assert adapter.image_format == expected
    wide = [np.random.default_rng(4).integers(0, 256, (50, 70, 3), dtype=np.uint8)]
    pixels = adapter.pixels(wide)
    assert pixels.shape == (1, 3, SIDE, SIDE)
    assert 0 <= float(pixels.min()) < float(pixels.max()) <= 1
    torch.testing.assert_close(adapter(pixels), as_hugging_face_scores(model, processor, wide), rtol=1e-4, atol=1e-4)


def test_one_channel_stays_one():
    model = model_of("ViT", num_channels=1)
    processor = processor_of(image_mean=[0.4], image_std=[0.2])
    adapter = HuggingFaceClassifier(model, processor)
    assert adapter.input_shape == (1, SIDE, SIDE)
    model.eval()
    with torch.no_grad():
        expected = model((IMAGES[:, :1] - 0.4) / 0.2).logits
    torch.testing.assert_close(adapter(IMAGES[:, :1]), expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(InputError, match=rf"shape \(B, 1, {SIDE}, {SIDE}\)"):
        adapter(IMAGES)


def test_labels_that_do_not_exclude_each_other_stand_for_no_shares():
    model = model_of("ResNet", problem_type="multi_label_classification")
    assert not HuggingFaceClassifier(model, processor_of()).gives_probabilities


def test_a_processor_within_a_processor_is_found():
    class Pair:
        image_processor = processor_of()

    model = model_of("ResNet")
    expected = HuggingFaceClassifier(model, processor_of())(IMAGES)
    assert torch.equal(HuggingFaceClassifier(model, Pair())(IMAGES), expected)


def test_without_its_processor_a_model_is_refused_unless_the_numbers_are_said():
    model = model_of("ResNet")
    with pytest.raises(InputError, match=r"must come with its image processor: xv\.classifier\(model, processor=processor\)"):
        classifier(model)
    adapter = classifier(model, mean=[0.4, 0.5, 0.6], std=[0.2, 0.25, 0.3])
    assert (type(adapter), adapter.num_classes) == (TorchClassifier, 3)
    torch.testing.assert_close(adapter(IMAGES), HuggingFaceClassifier(model, processor_of())(IMAGES), rtol=1e-5, atol=1e-5)
    with pytest.raises(UnknownNameError, match="`mean` is not a known setting of HuggingFaceClassifier"):
        classifier(model, processor=processor_of(), mean=[0.5])


def test_a_processor_that_keeps_the_size_of_pictures_is_refused():
    processor = processor_of("CLIP", size={"shortest_edge": SIDE}, do_center_crop=False)
    with pytest.raises(InputError, match=r"must bring every picture to one size. .* Let it crop"):
        HuggingFaceClassifier(model_of("ResNet"), processor)


def test_a_processor_of_other_channels_is_refused():
    with pytest.raises(InputError, match=r"`processor` must .*1 channels"):
        HuggingFaceClassifier(model_of("ViT", num_channels=1), processor_of())


def stretches(images, **_settings):
    """A processor that looks at the whole picture before it scales."""
    values = np.asarray(images, dtype=np.float64)[None]
    return {"pixel_values": (values / 255) ** 2}


def test_a_processor_that_does_more_than_scale_is_refused():
    with pytest.raises(InputError, match=r"must scale each channel by itself. function does more"):
        HuggingFaceClassifier(model_of("ResNet"), lambda images, **more: {"pixel_values": _fixed(stretches(images, **more))})


def _fixed(answer):
    return np.resize(answer["pixel_values"][..., :8, :8], (1, 3, 8, 8))


@pytest.mark.parametrize(
    ("model", "processor", "says"),
    [
        (nn.Linear(2, 2), None, "`model` must be an image classifier of Hugging Face, .* Got Linear"),
        (model_of("ResNet"), 3, "`processor` must be an image processor, as AutoImageProcessor gives it. Got int"),
        (model_of("ResNet", id2label={0: "age"}), processor_of(), "has 1 label, as a regression has"),
        (model_of("ResNet"), lambda text: text, "must be the image processor of the model"),
    ],
    ids=["no model", "no processor", "a regression", "another processor"],
)
def test_what_does_not_belong_together_is_refused(model, processor, says):
    with pytest.raises(InputError, match=says):
        HuggingFaceClassifier(model, processor)


def test_a_processor_of_another_size_is_told_when_the_model_is_asked():
    adapter = HuggingFaceClassifier(model_of("ViT"), processor_of(size={"height": 24, "width": 24}))
    with pytest.raises(InputError, match=r"One of shape \(3, 24, 24\) does not fit: .* Take the processor of this model"):
        adapter(drawn(1, 3, 24, 24))


def test_scores_that_are_no_numbers_are_handed_on():
    adapter = HuggingFaceClassifier(model_of("ResNet"), processor_of())
    images = IMAGES.clone()
    images[0, 0, 0, 0] = torch.nan
    scores = adapter(images)
    assert scores[0].isnan().all()
    assert not scores[1:].isnan().any()
