"""The probes, each in a few lines; a test says that every one of them finds what it was planted to find."""

from collections.abc import Mapping

from torch import Tensor

from xaivision.data.file_traits import FILE_TRAITS, file_traits
from xaivision.engines.picture_traits import (
    BORDER_TRAITS,
    BRIGHTNESS_TRAITS,
    COLOR_TRAITS,
    GRAIN_TRAITS,
    PLACES,
    border,
    border_traits,
    brightness_traits,
    color_traits,
    grain_traits,
    place_shares,
)
from xaivision.evaluation.shortcuts.probe import Probe, Subject

FRAME_TRAITS = ("height over width", "height", "width")
EMPTY_TRAITS = ("share of the picture that is empty", *(f"empty share, {place}" for place in PLACES))
MARK_TRAITS = ("share of the picture with marks", *(f"marks, {place}" for place in PLACES))


def _frame(subject: Subject) -> tuple[float, ...]:
    height, width = subject.picture.shape[1:]
    return height / width, float(height), float(width)


def _file(subject: Subject) -> tuple[float, ...]:
    if subject.path is None:
        return (float("nan"),) * len(FILE_TRAITS)
    return file_traits(subject.path)


def _empty(subject: Subject) -> tuple[float, ...]:
    return float(subject.empty.double().mean()), *place_shares(subject.empty)


def _gray(subject: Subject, _typical: Tensor) -> Tensor:
    return subject.picture.mean(0, keepdim=True).expand_as(subject.picture)


def _of_typical_brightness(subject: Subject, typical: Tensor) -> Tensor:
    """The picture by another gain; what would be brighter than white is white."""
    own = subject.picture[:, subject.seen].mean().clamp_min(1 / 255)
    return (subject.picture * (typical[0].to(own) / own)).clamp(0, 1)


def _marks(subject: Subject) -> tuple[float, ...]:
    return float(subject.marks.double().mean()), *place_shares(subject.marks)


_LISTED = (
    Probe(
        "frame",
        "the shape and size of the picture",
        "A model that is given all pictures at one size sees the shape as squeezing, cropping or blur.",
        FRAME_TRAITS,
        _frame,
        of_files=True,
    ),
    Probe(
        "file",
        "how the file was saved: format, channels, JPEG quality, notes",
        "No model of pixels sees the file; but what was saved alike comes from one source.",
        FILE_TRAITS,
        _file,
        of_files=True,
    ),
    Probe(
        "color",
        "whether the picture has color, and which",
        "A gray model does not see it.",
        COLOR_TRAITS,
        lambda subject: color_traits(subject.picture, subject.seen),
        without=_gray,
    ),
    Probe(
        "border",
        "the outermost pixels",
        "An object that reaches the edge is in the border as well.",
        BORDER_TRAITS,
        lambda subject: border_traits(subject.picture, subject.seen),
        lambda subject: border(*subject.picture.shape[1:]),
    ),
    Probe(
        "empty_area",
        "where the picture shows nothing: the outside of a fan, bars, the water column",
        "A shadow or a saturated object that reaches the edge may look empty.",
        EMPTY_TRAITS,
        _empty,
        lambda subject: subject.empty,
    ),
    Probe(
        "marks",
        "burnt-in letters and scale marks",
        "Letters of about 8 to 14 pixels in black and white are found; hairlines, frames and colored marks are not.",
        MARK_TRAITS,
        _marks,
        lambda subject: subject.marks,
    ),
    Probe(
        "brightness",
        "the mean gray of the picture",
        "A large bright object raises it, and a long shadow lowers it: masks of the target take both away.",
        BRIGHTNESS_TRAITS,
        lambda subject: brightness_traits(subject.picture, subject.seen),
        without=_of_typical_brightness,
    ),
    Probe(
        "grain",
        "grain and noise floor where the picture is calmest, which tell the sensor",
        "A picture of nothing but ground is calm elsewhere than one of a wreck that fills it.",
        GRAIN_TRAITS,
        lambda subject: grain_traits(subject.picture, subject.seen),
    ),
)
PROBES: Mapping[str, Probe] = {probe.name: probe for probe in _LISTED}
