"""Segment Anything: its masks as a label map, its file read without pickle's code, and the real package on tiny weights."""

import os
import sys

import numpy as np
import pytest
import segment_anything
import torch
from segment_anything.build_sam import _build_sam

from xaivision.core.errors import FileFormatError, InputError, MissingExtraError
from xaivision.engines import sam_segments
from xaivision.engines.sam_segments import SegmentAnything
from xaivision.engines.segments import segment_labels


class Harmful:
    def __reduce__(self):
        return (pytest.fail, ("the pickle was run",))


def tiny(checkpoint=None):
    """The real network with one narrow block in its encoder."""
    return _build_sam(16, 1, 2, [0], checkpoint)


@pytest.fixture(autouse=True)
def _tiny_networks(monkeypatch):
    monkeypatch.setitem(segment_anything.sam_model_registry, "vit_b", tiny)
    sam_segments._network.cache_clear()
    yield
    sam_segments._network.cache_clear()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = tiny()
    file = tmp_path_factory.mktemp("sam") / "tiny.pth"
    torch.save(network.state_dict(), file)
    return file


def check_small_masks_lie_on_top_and_the_rest_is_a_segment():
    small, large = np.zeros((4, 6), bool), np.zeros((4, 6), bool)
    small[1:3, 1:3], large[:3, :4] = True, True
    expected = [[1, 1, 1, 1, 0, 0], [1, 2, 2, 1, 0, 0], [1, 2, 2, 1, 0, 0], [0, 0, 0, 0, 0, 0]]
    assert sam_segments.labels_of([small, large], (4, 6)).tolist() == expected
    assert sam_segments.labels_of([large, small], (4, 6)).tolist() == expected
    hidden, whole = large & False, np.ones((4, 6), bool)
    assert sam_segments.labels_of([hidden, whole, large], (4, 6)).tolist() == [[1, 1, 1, 1, 0, 0]] * 3 + [[0] * 6]
    assert not sam_segments.labels_of([], (4, 6)).any()


def check_the_network_sees_bytes_of_three_channels():
    colors = torch.tensor([0.0, 0.5, 1.0]).view(3, 1, 1).expand(3, 2, 4)
    found = sam_segments._colors(colors)
    assert (found.shape, found.dtype) == ((2, 4, 3), np.uint8)
    assert found[1, 3].tolist() == [0, 128, 255]
    gray = sam_segments._colors(torch.tensor([[[0.2, 1.0]]]))
    assert gray.tolist() == [[[51] * 3, [255] * 3]]
    with pytest.raises(InputError, match=r"1 or 3 channels\. Got 2\."):
        sam_segments._colors(colors[:2])


def check_what_holds_no_weights_is_refused_and_not_run(folder):
    file = folder / "weights.pth"
    for content in ({"a": torch.ones(1)}, [1, 2], Harmful()):
        torch.save(content, file)
        with pytest.raises(FileFormatError, match=r"must hold the weights of Segment Anything's 'vit_b'.* which does not\."):
            SegmentAnything(file).labels(torch.rand(1, 8, 8))
    for content in (b"", b"no weights"):
        file.write_bytes(content)
        with pytest.raises(FileFormatError, match="which does not"):
            SegmentAnything(file).labels(torch.rand(1, 8, 8))


def test_small_masks_lie_on_top_and_the_rest_is_a_segment():
    check_small_masks_lie_on_top_and_the_rest_is_a_segment()


def test_the_network_sees_bytes_of_three_channels():
    check_the_network_sees_bytes_of_three_channels()


def test_what_holds_no_weights_is_refused_and_not_run(tmp_path):
    check_what_holds_no_weights_is_refused_and_not_run(tmp_path)


def test_the_package_is_asked_with_the_weights_of_the_file_and_global_draws_are_not_moved(checkpoint, monkeypatch):
    made = []

    class Watched(segment_anything.SamAutomaticMaskGenerator):
        def __init__(self, model, **settings):
            made.append((model, settings))
            # Untrained masks are unsure: all of them are wanted here.
            super().__init__(model, pred_iou_thresh=-1e9, stability_score_thresh=-1.0, **settings)

    monkeypatch.setattr(segment_anything, "SamAutomaticMaskGenerator", Watched)
    image = torch.rand(1, 24, 32, generator=torch.Generator().manual_seed(0))
    state = torch.get_rng_state()
    first = SegmentAnything(checkpoint, points_per_side=2).labels(image)
    assert torch.equal(torch.get_rng_state(), state)
    (network, settings) = made[0]
    assert settings == {"points_per_side": 2}
    assert not network.training
    weights = torch.load(checkpoint, weights_only=True)
    assert all(torch.equal(tensor, weights[name]) for name, tensor in network.state_dict().items())
    assert first.shape == (24, 32)
    assert first.unique().tolist() == list(range(int(first.max()) + 1))
    assert int(first.max()) >= 1
    assert torch.equal(SegmentAnything(str(checkpoint), points_per_side=2).labels(image), first)
    assert made[1][0] is network  # read once


def test_a_number_that_is_unusable_is_refused(checkpoint, monkeypatch):
    monkeypatch.setattr(SegmentAnything, "labels", lambda _self, image: (torch.arange(24).view(1, 24) // 8).expand(24, 24))
    with pytest.raises(InputError, match=r"Got 3 from SegmentAnything\(.*\) for input 0, and no tuning helps\."):
        segment_labels(SegmentAnything(checkpoint), torch.rand(1, 1, 24, 24))


def test_another_file_under_the_same_name_is_another_segmenter(tmp_path):
    file = tmp_path / "weights.pth"
    file.write_bytes(b"1")
    before = SegmentAnything(file)
    assert before == SegmentAnything(file)
    os.utime(file, ns=(1, before.modified + 1))
    assert before != SegmentAnything(file)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"checkpoint": "/nowhere/sam.pth"}, r"`checkpoint` must be a file .* Got '/nowhere/sam\.pth', which is no file\."),
        ({"model_type": "vit_t"}, r"`model_type` must be one of 'vit_b', 'vit_l', 'vit_h'\. Got 'vit_t'\."),
        ({"points_per_side": 0}, r"`points_per_side` must be a positive integer\. Got 0\."),
    ],
)
def test_settings_out_of_range_are_one_sentence(checkpoint, settings, sentence):
    with pytest.raises(InputError, match=sentence):
        SegmentAnything(**{"checkpoint": checkpoint, **settings})


def test_without_the_package_the_extra_is_named(checkpoint, monkeypatch):
    monkeypatch.setitem(sys.modules, "segment_anything", None)
    with pytest.raises(MissingExtraError, match=r"`segment-anything` is needed\. .*xaivision\[sam\]"):
        SegmentAnything(checkpoint).labels(torch.rand(1, 8, 8))
