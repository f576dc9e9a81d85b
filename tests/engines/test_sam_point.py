"""Segment Anything at points: x and y, bytes, the best mask, one encoding a picture, and the real weights where they are."""

import os
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import segment_anything
import torch

from xaivision.core.errors import InputError
from xaivision.engines.pointed_objects import sam_point
from xaivision.engines.points import EvidencePoint

HEIGHT, WIDTH = 24, 60
EVIDENCE = torch.ones(HEIGHT, WIDTH)
POINTS = (EvidencePoint(5, 48, 1.0), EvidencePoint(20, 3, -1.0))


class Recorded:
    """A predictor that marks a square around each positive point, what is right below the first, and nothing; it writes down
    what came.
    """

    seen: ClassVar[list] = []

    def __init__(self, network):
        self.network = network

    def set_image(self, image):
        self.seen.append(image)
        self.features, self.original_size, self.input_size = torch.zeros(1), image.shape[:2], (1, 2)

    def predict(self, point_coords, point_labels, multimask_output):
        assert self.is_image_set
        assert multimask_output
        assert point_labels.tolist() == [int(point.positive) for point in POINTS[: len(point_labels)]]
        masks = np.zeros((3, *self.original_size), bool)
        for x, y in point_coords[point_labels == 1]:
            masks[1, y - 1 : y + 2, x - 1 : x + 2] = True
        masks[0, point_coords[0][1] :, 10:] = True
        return masks, np.array([0.3, 0.8, 0.9], np.float32)[: len(masks)], None


@pytest.fixture
def recorded(tiny_sam, monkeypatch):
    monkeypatch.setattr(segment_anything, "SamPredictor", Recorded)
    monkeypatch.setattr(Recorded, "seen", [])
    sam_point._memory.clear()
    yield Recorded.seen
    sam_point._memory.clear()


def check_points_are_turned_to_x_and_y():
    assert sam_point.across_and_down(POINTS).tolist() == [[48, 5], [3, 20]]


def test_points_are_turned_to_x_and_y():
    check_points_are_turned_to_x_and_y()


@pytest.mark.parametrize("channels", [1, 3])
def test_the_mask_holds_the_point_on_a_picture_that_is_not_square(recorded, sam_checkpoint, channels):
    image = torch.rand(channels, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    found = sam_point.SamPoint(sam_checkpoint).segmented(image, POINTS, EVIDENCE)
    assert found.mask[5, 48]
    assert found.mask.shape == (HEIGHT, WIDTH)
    # The best that marks something: neither the first, nor the last, which is empty.
    assert (found.chosen, found.score) == (1, pytest.approx(0.8))
    assert found.candidates.shape == (3, HEIGHT, WIDTH)
    assert found.scores.tolist() == pytest.approx([0.3, 0.8, 0.9])
    (seen,) = recorded
    assert (seen.dtype, seen.shape) == (np.uint8, (HEIGHT, WIDTH, 3))
    assert np.array_equal(seen[..., -1], (image[-1] * 255).round().to(torch.uint8).numpy())


def test_of_the_three_the_one_with_most_evidence_is_taken_where_that_is_asked(recorded, sam_checkpoint):
    image, evidence = torch.rand(1, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0)), torch.zeros(HEIGHT, WIDTH)
    evidence[10:] = 1.0
    found = sam_point.SamPoint(sam_checkpoint, choose="evidence").segmented(image, POINTS, evidence)
    assert found.chosen == 0  # what is below the first point
    assert found.score == pytest.approx(50 / 60 * (1 - 19 / 24))
    assert sam_point.SamPoint(sam_checkpoint).segmented(image, POINTS, evidence).chosen == 1
    assert len(recorded) == 1  # one encoding for both
    with pytest.raises(InputError, match=r"`choose` must be one of 'score', 'evidence'\. Got 'last'\."):
        sam_point.SamPoint(sam_checkpoint, choose="last")


class Three(Recorded):
    """A predictor with three masks that mark something: all hold the positive point, and the second the negative one too."""

    scores = (0.3, 0.8, 0.5)

    def predict(self, point_coords, point_labels, multimask_output):
        masks = np.zeros((3, *self.original_size), bool)
        masks[:, 3:8, 40:55] = True
        masks[1, :, :] = True
        masks[2, :10, 30:] = True
        return masks, np.array(self.scores, np.float32), None


def three_masks(sam_checkpoint, monkeypatch, points, **settings):
    monkeypatch.setattr(segment_anything, "SamPredictor", Three)
    image = torch.rand(1, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    return sam_point.SamPoint(sam_checkpoint, **settings).segmented(image, points, EVIDENCE)


def test_of_three_masks_that_mark_something_the_best_is_taken_and_neither_the_first_nor_the_last(
    recorded, sam_checkpoint, monkeypatch
):
    assert three_masks(sam_checkpoint, monkeypatch, POINTS[:1]).chosen == 1


@pytest.mark.parametrize("choose", ["score", "evidence"])
def test_a_mask_that_holds_a_negative_point_is_not_taken_though_it_is_recorded(recorded, sam_checkpoint, monkeypatch, choose):
    found = three_masks(sam_checkpoint, monkeypatch, POINTS, choose=choose)
    assert found.chosen != 1
    assert not found.mask[20, 3]
    assert found.candidates[1].all()
    assert len(found.scores) == 3
    if choose == "score":
        assert (found.chosen, found.score) == (2, pytest.approx(0.5))


def test_where_each_mask_holds_a_negative_point_that_is_said(recorded, sam_checkpoint, monkeypatch):
    with pytest.raises(InputError, match="Got a negative point in every region around the positive ones"):
        three_masks(sam_checkpoint, monkeypatch, (POINTS[0], EvidencePoint(5, 50, -1.0)))


def test_a_picture_is_encoded_once_and_only_the_last_are_remembered(recorded, sam_checkpoint, monkeypatch):
    segmenter = sam_point.SamPoint(sam_checkpoint)
    images = torch.rand(3, 1, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    for image in (*images[:2], *images[:2]):
        segmenter.segmented(image, POINTS[:1], EVIDENCE)
    assert len(recorded) == 2
    monkeypatch.setattr(sam_point, "REMEMBERED", 2)
    for number in (0, 2, 0, 1):  # the second is the one asked about least lately
        segmenter.segmented(images[number], POINTS[:1], EVIDENCE)
    assert len(recorded) == 4


def test_points_that_do_not_fit_are_told_before_anything_is_read(sam_checkpoint):
    with pytest.raises(InputError, match=r"24 rows by 60 columns\. Got row 48, column 5: rows come first\."):
        sam_point.SamPoint(sam_checkpoint).segmented(EVIDENCE[None], [EvidencePoint(48, 5, 1.0)], EVIDENCE)


def test_the_real_network_on_tiny_weights_answers_with_three_masks(tiny_sam, sam_checkpoint):
    image = torch.rand(1, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    network = sam_point.SamPoint(sam_checkpoint).network(torch.device("cpu"))
    own = segment_anything.SamPredictor(network)
    own.set_image((image.expand(3, -1, -1).permute(1, 2, 0) * 255).round().to(torch.uint8).numpy())
    masks, scores, _ = own.predict(point_coords=np.array([[48, 5], [3, 20]]), point_labels=np.array([1, 0]))
    found = sam_point.SamPoint(sam_checkpoint).segmented(image, POINTS, EVIDENCE)
    assert np.array_equal(found.candidates.numpy(), masks)
    assert found.scores.tolist() == pytest.approx(scores.tolist())


if "XAIVISION_DATA" in os.environ:
    # Weights that are not shipped, with the masks that they gave for one point of a photo.
    MODELS = Path(os.environ["XAIVISION_DATA"]).parent / "models"

    @pytest.mark.slow
    def test_mobile_sam_gives_the_recorded_masks_of_a_photo_that_is_not_square():
        from skimage.data import chelsea

        known = np.load(MODELS / "mobile_sam_check.npz")
        (across, down) = known["point_xy"].ravel().tolist()
        image = torch.from_numpy(chelsea()).movedim(-1, 0).float() / 255
        point, evidence = EvidencePoint(down, across, 1.0), torch.ones(image.shape[1:])
        segmenter = sam_point.SamPoint(MODELS / "mobile_sam.pt", "vit_t")
        found = segmenter.segmented(image, [point], evidence)
        masks = np.unpackbits(known["masks_packed"], axis=-1)[..., : known["mask_shape"][2]].astype(bool)
        assert found.scores.tolist() == pytest.approx(known["scores"].tolist(), abs=1e-4)
        assert (found.candidates.numpy() == masks).mean() > 0.999
        assert found.chosen == int(known["scores"].argmax()) == 1
        assert found.mask[down, across]
        assert 0.3 < float(found.mask.double().mean()) < 0.8  # the cat
