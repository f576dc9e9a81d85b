"""Superpixels: scikit-image's labels, the same for one channel as for its RGB copy, numbered without gaps."""

import numpy as np
import pytest
import skimage.segmentation
import torch
from skimage.color import gray2rgb

from xaivision.core.errors import InputError
from xaivision.engines import superpixels
from xaivision.engines.superpixels import FEWEST, MOST, TYPICAL, Felzenszwalb, Grid, Quickshift, Slic

SEGMENTERS = (Slic(), Slic(count=20, compactness=30.0, sigma=2.0), Quickshift(2.0, 6.0, 0.5), Felzenszwalb(30.0, 0.4, 5))


def speckled(channels, seed=0, shape=(30, 37)):
    """Speckle that is brighter in the middle, from 0.2 to 0.8, as (C, H, W) float64."""
    draws = np.random.default_rng(seed)
    base = np.full((channels, *shape), 0.3)
    base[:, 8:20, 10:25] = 0.7
    return torch.from_numpy(np.clip(base + 0.1 * draws.standard_normal(base.shape), 0.2, 0.8))


def peers_labels(segmenter, colors):
    """scikit-image's own answer for (H, W, 3) colors, with the settings under its own names."""
    if isinstance(segmenter, Slic):
        return skimage.segmentation.slic(
            colors, n_segments=segmenter.count, compactness=segmenter.compactness, sigma=segmenter.sigma, start_label=0
        )
    if isinstance(segmenter, Quickshift):
        return skimage.segmentation.quickshift(
            colors, kernel_size=segmenter.kernel_size, max_dist=segmenter.max_dist, ratio=segmenter.ratio
        )
    settings = {"scale": segmenter.scale, "sigma": segmenter.sigma, "min_size": segmenter.min_size}
    return skimage.segmentation.felzenszwalb(colors, **settings)


def check_colors_get_scikit_images_labels():
    image = speckled(3)
    for segmenter in SEGMENTERS:
        expected = peers_labels(segmenter, image.permute(1, 2, 0).numpy())
        assert np.array_equal(segmenter.labels(image).numpy(), expected)
        assert expected.max() >= 4


def check_one_channel_gets_the_labels_of_its_rgb_copy():
    for seed in range(3):
        image = speckled(1, seed)
        for segmenter in SEGMENTERS:
            expected = peers_labels(segmenter, gray2rgb(image[0].numpy()))
            assert (segmenter.labels(image).numpy() == expected).mean() > 0.999, segmenter


def check_an_even_picture_is_cut_where_its_links_allow():
    """All links are as long as the way to a neighbor: all of them are cut, or none."""
    even = torch.zeros(2, 8, 8)
    assert int(Quickshift().labels(even).max()) + 1 == 1
    tuned = Quickshift().retuned(even, 1)
    assert FEWEST <= int(tuned.labels(even).max()) + 1 <= 64


def check_labels_have_no_gaps():
    assert superpixels.numbered(torch.tensor([[7, 7, -2], [30, 7, 30]])).tolist() == [[1, 1, 0], [2, 1, 2]]
    assert superpixels.numbered(torch.tensor([[True, False]])).dtype == torch.int64


def check_a_degenerate_quickshift_is_tuned_to_the_typical_number():
    image = speckled(1)
    assert int(Quickshift().labels(image).max()) + 1 < FEWEST
    tuned = Quickshift().retuned(image, 3)
    assert abs(int(tuned.labels(image).max()) + 1 - TYPICAL) <= 5
    assert (tuned.kernel_size, tuned.ratio) == (4.0, 0.2)


def test_colors_get_scikit_images_labels():
    check_colors_get_scikit_images_labels()


def test_one_channel_gets_the_labels_of_its_rgb_copy():
    check_one_channel_gets_the_labels_of_its_rgb_copy()


def test_an_even_picture_is_cut_where_its_links_allow():
    check_an_even_picture_is_cut_where_its_links_allow()


def test_labels_have_no_gaps():
    check_labels_have_no_gaps()


def test_a_degenerate_quickshift_is_tuned_to_the_typical_number():
    check_a_degenerate_quickshift_is_tuned_to_the_typical_number()


@pytest.mark.parametrize("name", ["slic", "quickshift", "felzenszwalb"])
def test_no_rgb_copy_of_one_channel_is_made(name, monkeypatch):
    original, seen = getattr(skimage.segmentation, name), []

    def watched(image, **settings):
        seen.append(image.size)
        return original(image, **settings)

    monkeypatch.setattr(skimage.segmentation, name, watched)
    {"slic": Slic(), "quickshift": Quickshift(), "felzenszwalb": Felzenszwalb()}[name].labels(speckled(1))
    assert seen == [30 * 37]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("segmenter", [*SEGMENTERS, Grid(3, 5)], ids=str)
def test_labels_are_whole_numbers_from_zero_for_any_channels_and_the_picture_stays_as_it_was(segmenter, channels):
    image = speckled(channels)
    kept = image.clone()
    labels = segmenter.labels(image)
    assert labels.shape == (30, 37)
    assert labels.dtype == torch.int64
    assert labels.unique().tolist() == list(range(int(labels.max()) + 1))
    assert torch.equal(labels, segmenter.labels(image))
    assert torch.equal(image, kept)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_any_floating_dtype_is_segmented(dtype):
    image = speckled(3).to(dtype)
    for segmenter in SEGMENTERS:
        assert torch.equal(segmenter.labels(image), segmenter.labels(image.double()))


def test_a_grid_has_rectangles_whose_sides_differ_by_a_pixel_at_most():
    labels = Grid(3, 4).labels(torch.zeros(1, 7, 10))
    assert labels[:, 0].tolist() == [0, 0, 0, 4, 4, 8, 8]
    assert labels[0].tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 3, 3]
    assert torch.equal(labels, labels[:, :1] + labels[:1])
    with pytest.raises(InputError, match=r"no more rows and columns than the picture has pixels, 7 x 10\. Got 8 x 2\."):
        Grid(8, 2).labels(torch.zeros(1, 7, 10))


def test_tuning_moves_towards_the_usable_numbers():
    image = speckled(1)
    assert Slic().retuned(image, 3).compactness > Slic().compactness
    assert Slic(count=400).retuned(image, 450).count < 400
    assert Slic(count=8).retuned(image, MOST * 9) is None
    assert Felzenszwalb().retuned(image, 3) == Felzenszwalb(50.0, 0.5, 25)
    assert Felzenszwalb().retuned(image, 500) == Felzenszwalb(200.0, 0.5, 100)
    assert Grid().retuned(image, 3) is None
    large = speckled(1, shape=(180, 180))
    narrow = Quickshift(kernel_size=1.0)
    many = int(narrow.labels(large).max()) + 1
    assert many > MOST
    assert narrow.retuned(large, many) == Quickshift(kernel_size=2.0)
    assert Quickshift(kernel_size=12).retuned(torch.zeros(1, 1, 1), 1) is None


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Slic(count=0), r"`count` must be a positive integer\. Got 0\."),
        (lambda: Slic(count=50.0), r"`count` must be a positive integer\. Got 50\.0\."),
        (lambda: Slic(compactness=0), r"`compactness` must be a positive number\. Got 0\."),
        (lambda: Slic(sigma=-1), r"`sigma` must be a number from 0\. Got -1\."),
        (lambda: Quickshift(kernel_size=-2), r"`kernel_size` must be a positive number\. Got -2\."),
        (lambda: Quickshift(kernel_size=0.5), r"`kernel_size` must be at least 1 pixel\. Got 0\.5\."),
        (lambda: Quickshift(max_dist=float("nan")), r"`max_dist` must be a positive number\. Got nan\."),
        (lambda: Quickshift(ratio="a"), r"`ratio` must be a positive number\. Got 'a'\."),
        (lambda: Felzenszwalb(scale=0), r"`scale` must be a positive number\. Got 0\."),
        (lambda: Felzenszwalb(min_size=True), r"`min_size` must be a positive integer\. Got True\."),
        (lambda: Grid(rows=0), r"`rows` must be a positive integer\. Got 0\."),
    ],
)
def test_settings_out_of_range_are_one_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()
