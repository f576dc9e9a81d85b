"""How a classifier by a tree is trained: everything that can be chosen."""

from dataclasses import dataclass
from typing import get_args

from xaivision.core.errors import InputError
from xaivision.core.settings import check_choice, check_number_from_zero, check_positive_integer, check_positive_number
from xaivision.models.recipe_checks import check_side, check_validation
from xaivision.models.transfer_recipe import ClassWeights
from xaivision.models.trees.tree_network import Root

WHOLE = ("depth", "width", "cycles", "epochs", "batch_size")
DEEPEST = 8


@dataclass(frozen=True)
class TreeRecipe:
    """Settings of `train` with model="vitree"; `seed` decides the validation part, first weights, all draws and every order.

    The tree takes `depth` steps, at each of which it looks at one patch, in a space of `width` numbers. `root` "constant": all it
    knows of a picture it has from these patches; "embedding", the paper's: it begins with the backbone's embedding of the
    whole picture, beside which the patches may be decoration. `layer`: of the backbone, whose maps are the tokens; the last one
    where None, whose tokens have seen the whole picture; an early one shows what lies in the patch itself. A training goes in
    `cycles` of `epochs` passes, in which choices get harder, and the cycle with the lowest validation loss is kept.
    `balance`: how much it counts that pictures take both ways at a node. The backbone is frozen, and its tokens are held in
    memory. `side`, `class_weights` and `validation` as in `TransferRecipe`.
    """

    seed: int = 0
    depth: int = 3
    width: int = 64
    root: Root = "constant"
    layer: str | None = None
    side: int | None = None
    cycles: int = 4
    epochs: int = 10
    balance: float = 0.5
    validation: float = 0.15
    class_weights: ClassWeights = "balanced"
    batch_size: int = 64
    learning_rate: float = 3e-3
    device: str = "cpu"

    def __post_init__(self) -> None:
        for name in WHOLE:
            check_positive_integer(name, getattr(self, name))
        if self.depth > DEEPEST:
            raise InputError(f"`depth` must be at most {DEEPEST}, which is {2**DEEPEST} leaves. Got {self.depth}.")
        check_positive_number("learning_rate", self.learning_rate)
        check_number_from_zero("balance", self.balance)
        check_side(self.side)
        check_validation(self.validation)
        for name, allowed in (("class_weights", ("balanced", "none")), ("root", get_args(Root))):
            check_choice(name, getattr(self, name), allowed)
