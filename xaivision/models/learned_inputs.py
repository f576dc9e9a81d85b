"""Which inputs a model holds itself, and so has learned from: what it says of those says little of others."""

from collections.abc import Collection

from torch import Tensor, nn

from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.picture_index import SAME_GRAY
from xaivision.models.prototypes.prototype_network import PrototypeNetwork


class LearnedInputs:
    """The training inputs that a model holds: those that its prototypes are places of, a few of all that it learned from.

    `model`: any; one without prototypes, or whose weights may not be read, holds none.
    """

    def __init__(self, model: Classifier) -> None:
        network = _network(model)
        self._known: Tensor | None = None if network is None else network.source_inputs.detach().cpu()

    def __bool__(self) -> bool:
        """Whether it holds any."""
        return self._known is not None

    def among(self, inputs: Tensor) -> tuple[int, ...]:
        """The numbers of those inputs of a batch (B, *S) that are among them."""
        return tuple(number for number, one in enumerate(inputs) if one in self) if self else ()

    def __contains__(self, one: Tensor) -> bool:
        """Whether an input (*S) is one of them: a row exactly, a picture but for what gray saved in color may differ by."""
        known = self._known
        if known is None or one.shape != known.shape[1:]:
            return False
        apart = (known - one.detach().to(known)).abs().flatten(1).amax(1)
        return bool((apart <= (SAME_GRAY if one.ndim == 3 else 0)).any())


def has_learned(which: str) -> str:
    """What is said of a model that holds such inputs, after its name."""
    return f"has learned from {which}, held in the model itself: what it does with what it has learned says little of the rest"


def learned_doubts(learned: Collection[int], count: int) -> tuple[str, ...]:
    """The sentence to join to a verdict on so many inputs, of which these are known to be learned from; none where none is."""
    which = "this input" if count == 1 else f"at least {len(learned)} of {count} inputs"
    return (f"the model {has_learned(which)}",) if learned else ()


def _network(model: Classifier) -> PrototypeNetwork | None:
    readable = getattr(model, "granted", Access.WEIGHTS) == Access.WEIGHTS
    network: nn.Module | None = model.model if isinstance(model, TorchClassifier) and readable else None
    return network if isinstance(network, PrototypeNetwork) else None
