"""Whether prototypes still are the places of training inputs that they are shown as."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.errors import CapabilityError
from xaivision.core.layers import Layer
from xaivision.core.presenting import in_short
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier
from xaivision.explainers.prototypes.prototype_question import has_prototypes
from xaivision.models.prototypes.prototype_network import ENCODER
from xaivision.models.prototypes.prototype_plan import network_of

# What rounding leaves between a prototype and its place, as a part of how far the place is from the origin.
ROUNDING = 1e-4


@dataclass(frozen=True, eq=False, repr=False)
class PushGaps:
    """For P prototypes `distances` (P,), float64: how far each is from the place of its training input, in the space they are in.

    `lengths` (P,): how far that place is from the origin, to hold this against. `same_class` (P,): whether the input is of the
    prototype's class. `owners` (P,); `class_names`.
    """

    distances: Tensor
    lengths: Tensor
    same_class: Tensor
    owners: Tensor
    class_names: tuple[str, ...]

    def __repr__(self) -> str:
        """One line: how many prototypes are what is shown, and the largest distance."""
        count = f"{int(self.exact.sum())} of {len(self.distances)} prototypes are places of training inputs of their class"
        return in_short(self, count, f"largest gap {float(self.distances.max()):.3g}")

    @property
    def exact(self) -> Tensor:
        """(P,) whether a prototype is the place that is shown for it, up to rounding, and that of an input of its class."""
        return self.same_class & (self.distances <= ROUNDING * self.lengths.clamp_min(1))


def push_gaps(model: Classifier) -> PushGaps:
    """How far each of the model's prototypes is from the place of the training input that is shown for it.

    A network whose prototypes moved after they were put on their inputs, or whose backbone learned on, shows pictures of what
    its prototypes once were. Costs a forward pass a prototype.

    Raises: CapabilityError, where the model does not decide by prototypes.

    Source: Chen et al., 2018, arXiv:1806.10574, section 2.2, which makes prototypes places of training pictures.
    """
    adapter = classifier(model)
    if not isinstance(adapter, TorchClassifier) or not has_prototypes(adapter):
        raise CapabilityError(
            f'`push_gaps` needs a model that decides by prototypes. Got {adapter!r}. Train one with xv.train(..., model="rbf").'
        )
    network = network_of(adapter)
    rows = torch.arange(len(network.source_rows), device=network.source_rows.device)
    places = adapter.layer_outputs(network.source_inputs, Layer(ENCODER)).activations.double()
    own = places.flatten(2)[rows, :, network.source_places] if places.ndim > 2 else places
    with torch.no_grad():
        gaps = (own - network.prototypes.centers.double()).norm(dim=1)
    owners = network.reasoning.owners
    gaps, lengths, same, classes = (
        part.cpu() for part in (gaps, own.norm(dim=1), network.source_labels == owners, owners.clone())
    )
    return PushGaps(gaps, lengths, same, classes, adapter.class_names)
