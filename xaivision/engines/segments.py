"""Segments of pictures: label maps from a name, a segmenter or a tensor, guarded against degenerate ones.

`segment_labels(segments, images)` -> `Segmented(labels, notes)`
"""

from collections import OrderedDict
from threading import Lock
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.sharing import fingerprint
from xaivision.engines.superpixels import FEWEST, MOST, Felzenszwalb, Grid, Quickshift, Segmenter, Slic, numbered

SegmentsName = Literal["slic", "quickshift", "felzenszwalb", "grid"]
SegmentsSetting = SegmentsName | Segmenter | Tensor
SEGMENTERS: dict[str, Segmenter] = {
    "slic": Slic(),
    "quickshift": Quickshift(),
    "felzenszwalb": Felzenszwalb(),
    "grid": Grid(),
}

# Settings are changed that often at most, each time by a factor.
TRIES = 12
# Label maps that are remembered: quickshift takes longer than a hundred passes of a small network.
REMEMBERED = 32


class Segmented(NamedTuple):
    """`labels` (B, H, W) int64 on the CPU: each picture's own 0 to K - 1 without gaps, K at least 2. `notes`: for the verdict."""

    labels: Tensor
    notes: tuple[Note, ...]


class _Found(NamedTuple):
    labels: Tensor
    doubt: str


def segment_labels(segments: SegmentsSetting, images: Tensor) -> Segmented:
    """The segments of images (B, C, H, W) in [0, 1].

    A segmenter whose number of segments comes out below 8 or above 400 is tuned anew, with a warning that says what was
    asked, what came and what was taken; a number that was asked for is taken with a warning; a label map (H, W) or
    (B, H, W) of whole numbers is the caller's own.

    Raises: InputError, where the setting is no segmentation, does not fit the pictures, or leaves a picture in one segment or
    degenerate whatever is tuned.
    """
    if isinstance(segments, Tensor):
        return Segmented(_given(segments, images), ())
    chosen = segmenter(segments)
    found = [_remembered(chosen, image, index) for index, image in enumerate(images)]
    notes = tuple(Note("warn", one.doubt, (index,)) for index, one in enumerate(found) if one.doubt)
    return Segmented(torch.stack([one.labels.long() for one in found]), notes)


def segmenter(segments: object) -> Segmenter:
    """What a name or an object means.

    Raises: InputError, where it means none.
    """
    if isinstance(segments, str) and segments in SEGMENTERS:
        return SEGMENTERS[segments]
    fits = all(hasattr(segments, part) for part in ("asked", "labels", "retuned")) and getattr(segments, "__hash__", None)
    if isinstance(segments, str) or not fits:
        names = ", ".join(map(repr, get_args(SegmentsName)))
        got = repr(segments) if isinstance(segments, str) else type(segments).__name__
        raise InputError(f"`segments` must be one of {names}, a segmenter such as Slic(count=80), or a label map. Got {got}.")
    found: Segmenter = segments  # type: ignore[assignment]
    return found


def _given(labels: Tensor, images: Tensor) -> Tensor:
    shapes = (tuple(images.shape[2:]), (len(images), *images.shape[2:]))
    if tuple(labels.shape) not in shapes or labels.is_floating_point() or labels.is_complex():
        raise InputError(
            f"`segments` as a label map must hold whole numbers of shape {shapes[0]} or {shapes[1]}. "
            f"Got {str(labels.dtype).removeprefix('torch.')} of shape {tuple(labels.shape)}."
        )
    maps = labels.detach().cpu().expand(len(images), *images.shape[2:])
    found = torch.stack([numbered(one) for one in maps])
    for index, one in enumerate(found):
        _check_divided(one, index)
    return found


def _check_divided(labels: Tensor, index: int) -> None:
    if not bool(labels.any()):
        raise InputError(
            f"`segments` must divide each picture into at least 2 segments. Got 1 segment for input {index}. "
            "Pass another segmentation, such as 'grid' or a label map."
        )


_memory: OrderedDict[tuple[Segmenter, bytes], _Found] = OrderedDict()
_memory_lock = Lock()


def _remembered(chosen: Segmenter, image: Tensor, index: int) -> _Found:
    key = (chosen, fingerprint(image))
    with _memory_lock:
        if key in _memory:
            _memory.move_to_end(key)
            return _memory[key]
    found = _guarded(chosen, image, index)
    found = found._replace(labels=found.labels.int())
    with _memory_lock:
        _memory[key] = found
        while len(_memory) > REMEMBERED:
            _memory.popitem(last=False)
    return found


def _guarded(chosen: Segmenter, image: Tensor, index: int) -> _Found:
    """The labels, and a sentence where their number or the settings are not what they should be."""
    taken: Segmenter | None = chosen
    labels = chosen.labels(image)
    came = _count(labels)
    for _ in range(TRIES):
        if taken is None or _usable(_count(labels), chosen.asked):
            break
        taken = taken.retuned(image, _count(labels))
        labels = labels if taken is None else taken.labels(image)
    _check_divided(labels, index)
    if taken is None or not _usable(_count(labels), chosen.asked):
        raise InputError(
            f"`segments` must give {FEWEST} to {MOST} segments. Got {came} from {chosen} for input {index}, and no tuning helps. "
            "Pass another segmentation, such as 'slic', 'grid' or a label map."
        )
    return _Found(labels, _doubt(chosen, came, taken, _count(labels)))


def _usable(came: int, asked: int | None) -> bool:
    """A number outside is as good as it is asked for."""
    few = asked is not None and asked < FEWEST
    many = asked is not None and asked > MOST
    return (came >= FEWEST or few) and (came <= MOST or many)


def _doubt(chosen: Segmenter, came: int, taken: Segmenter, got: int) -> str:
    if taken != chosen:
        return f"{chosen} gave {_so_many(came)}, {_outside(came)}: {taken} was taken instead, {_so_many(got)}"
    if FEWEST <= got <= MOST:
        return ""
    why = "so coarse a map shows little" if got < FEWEST else "few budgets tell that many apart"
    return f"{_so_many(got)} as asked for, {_outside(got)}: {why}"


def _count(labels: Tensor) -> int:
    return int(labels.max()) + 1


def _so_many(count: int) -> str:
    return f"{count} segment{'s' if count != 1 else ''}"


def _outside(count: int) -> str:
    return f"fewer than {FEWEST}" if count < FEWEST else f"more than {MOST}"
