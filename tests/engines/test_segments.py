"""Segments: what a name, a segmenter or a label map means, and the guard against degenerate ones."""

from dataclasses import dataclass, field

import pytest
import torch
from test_superpixels import speckled

from xaivision.core.errors import InputError
from xaivision.data.registry import load_dataset
from xaivision.engines import segments
from xaivision.engines.superpixels import FEWEST, MOST, Felzenszwalb, Grid, Quickshift, Slic

LIMES_DEFAULT = "Quickshift(kernel_size=4.0, max_dist=200.0, ratio=0.2)"


def pictures(count=2):
    return torch.stack([speckled(1, seed) for seed in range(count)])


@dataclass(frozen=True)
class Stubborn:
    """Gives so many segments in stripes, whatever is tuned; counts what it is asked."""

    found: int
    asked: int | None = None
    seen: tuple[list, ...] = field(default=(), compare=False, repr=False)

    def labels(self, image):
        for log in self.seen:
            log.append(image)
        places = torch.arange(image[0].numel()).view(image.shape[1:])
        return places * self.found // image[0].numel()

    def retuned(self, image, found):
        return None


@dataclass(frozen=True)
class Doubling(Stubborn):
    def retuned(self, image, found):
        return Doubling(2 * self.found)


def refusal(setting, images):
    """The message, empty where it is not refused: a check must fail by an assertion."""
    try:
        segments.segment_labels(setting, images)
    except InputError as error:
        return str(error)
    return ""


def counts(labels):
    return [int(one.max()) + 1 for one in labels]


def check_limes_default_on_speckled_sonar_is_tuned_anew_and_says_so():
    sonar = load_dataset("sonar48", count=8).inputs
    assert max(counts(Quickshift().labels(one)[None])[0] for one in sonar) < FEWEST
    found = segments.segment_labels("quickshift", sonar)
    assert all(FEWEST <= count <= MOST for count in counts(found.labels))
    assert [note.inputs for note in found.notes] == [(index,) for index in range(8)]
    for note, count in zip(found.notes, counts(found.labels), strict=True):
        assert note.status == "warn"
        assert note.text.startswith(f"{LIMES_DEFAULT} gave ")
        assert "fewer than 8: Quickshift(kernel_size=4.0, max_dist=" in note.text
        assert note.text.endswith(f"was taken instead, {count} segments")


def check_a_usable_number_is_taken_without_a_word():
    for name in ("slic", "grid"):
        found = segments.segment_labels(name, pictures())
        assert found.notes == ()
        assert all(FEWEST <= count <= MOST for count in counts(found.labels))
    for count in (FEWEST, MOST):
        assert refusal(Stubborn(count), pictures()) == ""
        found = segments.segment_labels(Stubborn(count), pictures())
        assert (counts(found.labels), found.notes) == ([count] * 2, ())


def check_tuning_goes_on_until_the_number_is_usable():
    assert refusal(Doubling(3), pictures(1)) == ""
    found = segments.segment_labels(Doubling(3), pictures(1))
    assert counts(found.labels) == [12]
    assert found.notes[0].text == f"{Doubling(3)} gave 3 segments, fewer than 8: {Doubling(12)} was taken instead, 12 segments"


def check_what_no_tuning_helps_is_refused():
    for count in (FEWEST - 1, MOST + 1):
        message = refusal(Stubborn(count), pictures(1))
        assert message.startswith(
            f"`segments` must give 8 to 400 segments. Got {count} from {Stubborn(count)} for input 0, and no "
        )


def check_a_number_that_was_asked_for_is_taken_with_a_warning():
    few = segments.segment_labels(Grid(2, 2), pictures())
    assert counts(few.labels) == [4, 4]
    assert [note.text for note in few.notes] == ["4 segments as asked for, fewer than 8: so coarse a map shows little"] * 2
    many = segments.segment_labels(Grid(30, 20), pictures(1))
    assert many.notes[0].text == "600 segments as asked for, more than 400: few budgets tell that many apart"
    assert segments.segment_labels(Stubborn(60, asked=500), pictures(1)).notes == ()
    # Asked for many, and came as few: that is no wish.
    assert "Got 5 from" in refusal(Stubborn(5, asked=500), pictures(1))


def check_a_label_map_is_numbered_anew_for_each_picture():
    labels = torch.zeros(2, 30, 37, dtype=torch.int32)
    labels[0, 3:], labels[1, :, 9:], labels[1, 2:5] = 40, -6, 7
    found = segments.segment_labels(labels, pictures())
    assert counts(found.labels) == [2, 3]
    assert found.labels.dtype == torch.int64
    assert torch.equal(found.labels[0], (labels[0] == 40).long())
    assert torch.equal(found.labels[1], (labels[1] == 0).long() + 2 * (labels[1] == 7))
    both = segments.segment_labels(labels[0], pictures())
    assert torch.equal(both.labels, found.labels[:1].expand(2, -1, -1))
    assert both.notes == ()


def check_one_segment_is_one_sentence():
    sentence = "`segments` must divide each picture into at least 2 segments. Got 1 segment for input 1."
    labels = torch.zeros(2, 30, 37, dtype=torch.int64)
    labels[0, 3:] = 1
    assert refusal(labels, pictures()).startswith(sentence)
    flat = torch.stack([speckled(1), torch.full((1, 30, 37), 0.5).double()])
    assert refusal(Felzenszwalb(), flat).startswith(sentence)
    assert "Got 1 segment for input 0." in refusal(Grid(1, 1), flat)


def check_equal_pictures_are_segmented_once():
    segments._memory.clear()
    seen = []
    chosen = Stubborn(11, seen=(seen,))
    images = pictures(2)
    first = segments.segment_labels(chosen, torch.cat([images, images[:1]]))
    assert len(seen) == 2
    kept = first.labels.clone()
    first.labels.zero_()
    assert torch.equal(segments.segment_labels(chosen, images).labels, kept[:2])
    assert len(seen) == 2
    segments.segment_labels(chosen, images.float())
    assert len(seen) == 4


def test_limes_default_on_speckled_sonar_is_tuned_anew_and_says_so():
    check_limes_default_on_speckled_sonar_is_tuned_anew_and_says_so()


def test_a_usable_number_is_taken_without_a_word():
    check_a_usable_number_is_taken_without_a_word()


def test_tuning_goes_on_until_the_number_is_usable():
    check_tuning_goes_on_until_the_number_is_usable()


def test_what_no_tuning_helps_is_refused():
    check_what_no_tuning_helps_is_refused()


def test_a_number_that_was_asked_for_is_taken_with_a_warning():
    check_a_number_that_was_asked_for_is_taken_with_a_warning()


def test_a_label_map_is_numbered_anew_for_each_picture():
    check_a_label_map_is_numbered_anew_for_each_picture()


def test_one_segment_is_one_sentence():
    check_one_segment_is_one_sentence()


def test_equal_pictures_are_segmented_once():
    check_equal_pictures_are_segmented_once()


def test_no_more_maps_are_remembered_than_stated():
    segments._memory.clear()
    segments.segment_labels("grid", torch.rand(segments.REMEMBERED + 5, 1, 9, 9))
    assert len(segments._memory) == segments.REMEMBERED


@pytest.mark.parametrize("name", ["slic", "quickshift", "felzenszwalb", "grid"])
@pytest.mark.parametrize("channels", [1, 3])
def test_each_name_gives_a_usable_number_on_speckle(name, channels):
    found = segments.segment_labels(name, speckled(channels)[None])
    assert FEWEST <= counts(found.labels)[0] <= MOST
    assert found.labels.shape == (1, 30, 37)


def test_too_many_are_tuned_too():
    found = segments.segment_labels(Felzenszwalb(scale=1.0, sigma=0.0, min_size=1), pictures(1))
    assert FEWEST <= counts(found.labels)[0] <= MOST
    assert ", more than 400: Felzenszwalb(scale=" in found.notes[0].text
    narrow = segments.segment_labels(Quickshift(kernel_size=1.0), speckled(1, shape=(180, 180))[None])
    assert FEWEST <= counts(narrow.labels)[0] <= MOST
    assert ", more than 400: Quickshift(kernel_size=" in narrow.notes[0].text


def test_slic_that_merges_nearly_all_is_tuned_towards_a_grid():
    found = segments.segment_labels(Slic(compactness=0.01, sigma=0.0), pictures(1))
    assert FEWEST <= counts(found.labels)[0] <= MOST
    assert ", fewer than 8: Slic(count=50, compactness=" in found.notes[0].text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("slick", r"must be one of 'slic', 'quickshift', 'felzenszwalb', 'grid', a segmenter .* Got 'slick'\."),
        (50, r"Got int\."),
        (None, r"Got NoneType\."),
        (torch.zeros(30, 36, dtype=torch.int64), r"of shape \(30, 37\) or \(2, 30, 37\)\. Got int64 of shape \(30, 36\)\."),
        (torch.zeros(30, 37), r"must hold whole numbers .* Got float32 of shape \(30, 37\)\."),
        (torch.zeros(2, 1, 30, 37, dtype=torch.int64), r"Got int64 of shape \(2, 1, 30, 37\)\."),
    ],
)
def test_what_is_no_segmentation_of_the_pictures_is_one_sentence(wrong, sentence):
    with pytest.raises(InputError, match=sentence):
        segments.segment_labels(wrong, pictures())
