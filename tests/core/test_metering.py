import pytest
import torch
from core_subjects import convnet, drawn
from counted_rows import CountsRows

from xaivision.core.layers import Layer
from xaivision.core.metering import count_gradient_calls, count_model_calls, metered
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier

PHOTOS = drawn(5, 3, 8, 8)
TARGETS = torch.zeros(5, dtype=torch.long)


def test_the_count_is_that_of_a_module_that_counts_its_own_rows():
    counts = CountsRows(convnet())
    model = TorchClassifier(counts, 3, batch_size=2)
    with metered() as meter:
        model(PHOTOS)
        model.gradients(PHOTOS[:3], TargetScore(TARGETS[:3]))
        layer = model.layer("module.3", PHOTOS)
        model.layer_gradients(PHOTOS, TargetScore(TARGETS), layer)
        model.activations(PHOTOS[:4], layer)
    assert meter.model_calls + meter.gradient_calls == counts.rows
    assert (meter.model_calls, meter.gradient_calls) == (5 + 1 + 4, 3 + 5)


def test_meters_nest_and_each_sees_what_is_asked_inside_it():
    model = TorchClassifier(convnet(), 3)
    with metered() as outer:
        model(PHOTOS[:1])
        with metered() as inner:
            model(PHOTOS[:2])
            model.gradients(PHOTOS[:3], TargetScore(TARGETS[:3]))
        model(PHOTOS[:4])
    assert (inner.model_calls, inner.gradient_calls) == (2, 3)
    assert (outer.model_calls, outer.gradient_calls) == (7, 3)


def test_a_meter_stops_with_its_block_after_an_error_too():
    def broken():
        with metered() as meter:
            meters.append(meter)
            count_model_calls(2)
            raise RuntimeError("broken")

    meters = []
    with pytest.raises(RuntimeError, match="broken"):
        broken()
    count_model_calls(5)
    count_gradient_calls(5)
    assert (meters[0].model_calls, meters[0].gradient_calls) == (2, 0)


def test_what_is_refused_is_not_counted():
    model = TorchClassifier(convnet(), 3)
    with metered() as meter:
        for ask in (
            model,
            lambda photos: model.gradients(photos, TargetScore(TARGETS)),
            lambda photos: model.activations(photos, Layer("3")),
        ):
            with pytest.raises(ValueError, match="channels"):
                ask(PHOTOS[:, :1])
    assert (meter.model_calls, meter.gradient_calls) == (0, 0)
