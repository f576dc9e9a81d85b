"""Segment Anything: its masks as a label map, by the real package on tiny weights."""

import numpy as np
import pytest
import segment_anything
import torch

from xaivision.core.errors import InputError
from xaivision.engines import sam_segments
from xaivision.engines.sam_segments import SegmentAnything
from xaivision.engines.segments import segment_labels


def check_small_masks_lie_on_top_and_the_rest_is_a_segment():
    small, large = np.zeros((4, 6), bool), np.zeros((4, 6), bool)
    small[1:3, 1:3], large[:3, :4] = True, True
    expected = [[1, 1, 1, 1, 0, 0], [1, 2, 2, 1, 0, 0], [1, 2, 2, 1, 0, 0], [0, 0, 0, 0, 0, 0]]
    assert sam_segments.labels_of([small, large], (4, 6)).tolist() == expected
    assert sam_segments.labels_of([large, small], (4, 6)).tolist() == expected
    hidden, whole = large & False, np.ones((4, 6), bool)
    assert sam_segments.labels_of([hidden, whole, large], (4, 6)).tolist() == [[1, 1, 1, 1, 0, 0]] * 3 + [[0] * 6]
    assert not sam_segments.labels_of([], (4, 6)).any()


def test_small_masks_lie_on_top_and_the_rest_is_a_segment():
    check_small_masks_lie_on_top_and_the_rest_is_a_segment()


def test_the_package_is_asked_with_the_network_of_the_file(tiny_sam, sam_checkpoint, monkeypatch):
    made, handed = [], []

    class Watched(segment_anything.SamAutomaticMaskGenerator):
        def __init__(self, model, **settings):
            made.append((model, settings))
            # Untrained masks are unsure: all of them are wanted here.
            super().__init__(model, pred_iou_thresh=-1e9, stability_score_thresh=-1.0, **settings)

        def generate(self, image):
            handed.append(image)
            return super().generate(image)

    monkeypatch.setattr(segment_anything, "SamAutomaticMaskGenerator", Watched)
    image = torch.rand(1, 24, 32, generator=torch.Generator().manual_seed(0))
    first = SegmentAnything(sam_checkpoint, points_per_side=2).labels(image)
    (network, settings) = made[0]
    assert settings == {"points_per_side": 2}
    assert network is SegmentAnything(sam_checkpoint).network(torch.device("cpu"))
    assert first.shape == (24, 32)
    assert first.unique().tolist() == list(range(int(first.max()) + 1))
    assert int(first.max()) >= 1
    assert torch.equal(SegmentAnything(str(sam_checkpoint), points_per_side=2).labels(image), first)
    assert made[1][0] is network  # read once
    # Bytes of three channels, as the package takes them: of floats in [0, 1] it would see black.
    assert (handed[0].dtype, handed[0].shape) == (np.uint8, (24, 32, 3))
    assert np.array_equal(handed[0][..., 1], (image[0] * 255).round().to(torch.uint8).numpy())


def test_a_number_that_is_unusable_is_refused(sam_checkpoint, monkeypatch):
    monkeypatch.setattr(SegmentAnything, "labels", lambda _self, image: (torch.arange(24).view(1, 24) // 8).expand(24, 24))
    with pytest.raises(InputError, match=r"Got 3 from SegmentAnything\(.*\) for input 0, and no tuning helps\."):
        segment_labels(SegmentAnything(sam_checkpoint), torch.rand(1, 1, 24, 24))


def test_settings_out_of_range_are_one_sentence(sam_checkpoint):
    with pytest.raises(InputError, match=r"`points_per_side` must be a positive integer\. Got 0\."):
        SegmentAnything(sam_checkpoint, points_per_side=0)
