"""How a classifier by distributions is trained: everything that can be chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from xaivision.core.errors import InputError
from xaivision.core.settings import check_choice, check_positive_integer, check_positive_number
from xaivision.models.distributions.distribution_losses import LOSSES
from xaivision.models.recipe_checks import check_losses, check_side, check_validation
from xaivision.models.transfer_recipe import ClassWeights

Covariance = Literal["diagonal", "full"]
Encoding = Literal["plain", "variational"]
# What is usual for tables: in a pass over some hundred rows too little would be learned.
IN_TABLES = {"batch_size": 16, "learning_rate": 2e-3}

WHOLE = ("width", "components", "draws", "pretraining", "cycles", "epochs", "batch_size")


@dataclass(frozen=True)
class DistributionRecipe:
    """Settings of `train` with model="prob_psenn"; `seed` decides the validation part, all draws and every order.

    Inputs are encoded as `width` numbers, where each class has a normal distribution with a variance for each, or with a
    `covariance="full"`, which needs more inputs of each class than there are numbers; or it has a mixture of as many as there
    are `components`. With `encoder="variational"` inputs are encoded as normal distributions: draws of them are decoded while it
    learns, later the mean counts. `draws`: of each prototype, over which a prediction is the mean. First `pretraining` passes
    teach encoder and decoder alone; then `cycles` of `epochs` passes teach all together, and kept is the cycle with the lowest
    validation loss. `losses`: weights that replace the usual ones, which are {"likelihood": 1, "reconstruction": 10,
    "density": 0.05}, and "coding": 0.05 where the encoder is variational; "coverage" and "divergence" (from the standard normal
    distribution) count nothing unless they are named. `side`: height and width that pictures are resized to; 64 at most where
    None. `class_weights` and `validation` as in `TransferRecipe`. Of tables, which have few rows, batches are of 16.
    """

    seed: int = 0
    width: int = 16
    covariance: Covariance = "diagonal"
    components: int = 1
    encoder: Encoding = "plain"
    draws: int = 50
    side: int | None = None
    pretraining: int = 60
    cycles: int = 3
    epochs: int = 20
    losses: Mapping[str, float] = field(default_factory=dict)
    validation: float = 0.15
    class_weights: ClassWeights = "balanced"
    batch_size: int = 64
    learning_rate: float = 1e-3
    device: str = "cpu"

    def __post_init__(self) -> None:
        for name in WHOLE:
            check_positive_integer(name, getattr(self, name))
        check_positive_number("learning_rate", self.learning_rate)
        check_side(self.side)
        check_validation(self.validation)
        for name, allowed in (
            ("class_weights", ("balanced", "none")),
            ("covariance", get_args(Covariance)),
            ("encoder", get_args(Encoding)),
        ):
            check_choice(name, getattr(self, name), allowed)
        check_losses(self.losses, LOSSES, "distributions", '{"density": 0.1}')
        if "coding" in self.losses and self.encoder == "plain":
            raise InputError('`losses` must not name "coding" where the encoder is plain. Give encoder="variational" as well.')
