"""How a classifier by prototypes is trained: everything that can be chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from xaivision.core.errors import InputError
from xaivision.core.settings import check_choice, check_number_from_zero, check_positive_integer, check_positive_number
from xaivision.models.prototypes.prototype_losses import LOSSES
from xaivision.models.recipe_checks import check_losses, check_side, check_validation
from xaivision.models.transfer_recipe import ClassWeights, Flips

# What is usual for tables: in a pass over some hundred rows too little would be learned.
IN_TABLES = {"batch_size": 16, "learning_rate": 3e-3, "last_rate": 1e-2, "cycles": 3, "epochs": 20, "decay": 1.0}

WHOLE = ("per_class", "width", "cycles", "epochs", "batch_size")


@dataclass(frozen=True)
class PrototypeRecipe:
    """Settings of `train` with a model of prototypes; `seed` decides the validation part, the first prototypes and every order.

    `per_class`: prototypes of each class, of `width` numbers (in tables as many as there are columns). A training goes in
    `cycles`: `epochs` passes over the training inputs, then every prototype is put on the nearest place of a training input of
    its class, then `last_epochs` passes for the last layer alone; with every cycle the other learning rates fall to `decay` of
    what they were, so that prototypes stay near to what they were put on. Kept is the cycle with the lowest validation loss.
    `prune`: at the end do without prototypes whose nearest training inputs are of other classes. `competing`, of pictures with
    "rbf" or "components": whether what is detected at a place sums to one over all prototypes, as by a softmax over channels.
    `losses`: weights that replace the usual ones, such as {"cluster": 0.5}. `tuned_blocks`: how many of the backbone's last
    blocks are learned as well, from the second cycle on, at `tuning_rate`. `shallow_layer`: that of the backbone to which the
    loss "alignment" holds the space of the prototypes after the first 5 passes; where None, one whose map is eight times as fine
    as the last. `side`: height and width that pictures are resized to, the backbone's own where None. `flips`, `class_weights`
    and `validation` as in `TransferRecipe`; maps of frozen backbones are held in memory, once for each flip. `device`: where to
    compute. Of tables, which have few rows, batches are of 16, and rates are higher and do not fall, where nothing is said: see
    `IN_TABLES`.
    """

    seed: int = 0
    per_class: int = 5
    width: int = 64
    side: int | None = None
    cycles: int = 5
    epochs: int = 12
    last_epochs: int = 20
    decay: float = 0.3
    prune: bool = False
    competing: bool = False
    losses: Mapping[str, float] = field(default_factory=dict)
    validation: float = 0.15
    class_weights: ClassWeights = "balanced"
    flips: Flips = "none"
    batch_size: int = 64
    learning_rate: float = 1e-3
    last_rate: float = 1e-3
    weight_decay: float = 1e-3
    shallow_layer: str | None = None
    tuned_blocks: int = 0
    tuning_rate: float = 1e-4
    device: str = "cpu"

    def __post_init__(self) -> None:
        for name in WHOLE:
            check_positive_integer(name, getattr(self, name))
        for name in ("learning_rate", "last_rate", "tuning_rate", "decay"):
            check_positive_number(name, getattr(self, name))
        if self.decay > 1:
            raise InputError(f"`decay` must be at most 1, where learning rates stay as they are. Got {self.decay!r}.")
        for name in ("last_epochs", "weight_decay", "tuned_blocks"):
            check_number_from_zero(name, getattr(self, name))
        check_side(self.side)
        check_validation(self.validation)
        for name, allowed in (("class_weights", ("balanced", "none")), ("flips", ("none", "horizontal", "both"))):
            check_choice(name, getattr(self, name), allowed)
        check_losses(self.losses, LOSSES, "prototypes", '{"cluster": 0.5}')
