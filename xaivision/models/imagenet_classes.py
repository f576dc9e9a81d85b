"""Names of the 1,000 ImageNet classes, in the order of the scores."""

from functools import cache
from pathlib import Path


@cache
def imagenet_classes() -> tuple[str, ...]:
    """The 1,000 names of ILSVRC-2012, as torchvision spells them."""
    return tuple(Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines())
