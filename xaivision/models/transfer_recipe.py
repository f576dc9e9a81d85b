"""How a classifier is trained on features: everything that can be chosen."""

from dataclasses import dataclass
from typing import Literal

from xaivision.core.errors import InputError
from xaivision.core.settings import check_choice
from xaivision.models.recipe_checks import check_validation

Flips = Literal["none", "horizontal", "both"]
ClassWeights = Literal["balanced", "none"]


@dataclass(frozen=True)
class TransferRecipe:
    """Settings of `train`; `seed` decides the validation part, the order of the batches and the flips.

    `side`: height and width that pictures are resized to, the backbone's own where None. `validation`: share of every class of
    the training part that is held out to stop by. `class_weights` "balanced": every class counts the same in the loss.
    `flips`: "horizontal" mirrors the track, which swaps left and right; "both" also turns pictures upside down, and with
    them the shadows of a side-scan sonar, whose range runs down: only where that makes sense. Every pass over the pictures
    draws for each one whether it is flipped. `epochs`: passes at most for the linear layer, `patience` of them without a better
    validation loss end it. `tuned_blocks`: how many of the backbone's last blocks are tuned after that, in `tuning_epochs`
    passes at most. `mixed_precision`: bfloat16 where it is enough, on a GPU only. `device`: where to compute.
    """

    seed: int = 0
    side: int | None = None
    validation: float = 0.15
    class_weights: ClassWeights = "balanced"
    flips: Flips = "horizontal"
    epochs: int = 100
    patience: int = 15
    batch_size: int = 64
    learning_rate: float = 1e-4
    weight_decay: float = 1e-2
    tuned_blocks: int = 0
    tuning_epochs: int = 10
    tuning_rate: float = 1e-4
    mixed_precision: bool = False
    device: str = "cpu"

    def __post_init__(self) -> None:
        _check_numbers(self)
        for name, allowed in (("class_weights", ("balanced", "none")), ("flips", ("none", "horizontal", "both"))):
            check_choice(name, getattr(self, name), allowed)
        if self.mixed_precision and not self.device.startswith("cuda"):
            raise InputError(
                f'`mixed_precision` is for a GPU. Got it with `device={self.device!r}`. Leave it out, or give `device="cuda"`.'
            )


def _check_numbers(recipe: TransferRecipe) -> None:
    """Raises: InputError, where a number is out of range."""
    for name in ("epochs", "patience", "batch_size", "tuning_epochs"):
        if getattr(recipe, name) < 1:
            raise InputError(f"`{name}` must be a positive integer. Got {getattr(recipe, name)}.")
    for name in ("learning_rate", "tuning_rate"):
        if not 0 < getattr(recipe, name) < float("inf"):
            raise InputError(f"`{name}` must be a positive number. Got {getattr(recipe, name)}.")
    if recipe.side is not None and recipe.side < 1:
        raise InputError(f"`side` must be a positive integer, or None for the backbone's own. Got {recipe.side}.")
    check_validation(recipe.validation)
    for name in ("weight_decay", "tuned_blocks"):
        if not 0 <= getattr(recipe, name) < float("inf"):
            raise InputError(f"`{name}` must not be negative. Got {getattr(recipe, name)}.")
