"""All prototypes of a classifier by distributions in one value: what each class looks like, and how sure it is of inputs."""

from dataclasses import dataclass

from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.presenting import Presentable
from xaivision.core.wrapping import classifier
from xaivision.explainers.prototypes.prototype_uncertainty import (
    PrototypeDraws,
    PrototypeUncertainty,
    explain_uncertainty,
    network_of_distributions,
    prototype_draws,
)


@dataclass(frozen=True, eq=False, repr=False)
class DistributionGallery(Presentable):
    """`draws`: what each class looks like to the `model`, decoded. `doubts`: how sure it is of inputs; None without inputs.

    Of rows of a table, `columns` (F) their names, `means` and `spread` (F,), mean and standard deviation of the training rows.
    """

    model: str
    draws: PrototypeDraws
    doubts: PrototypeUncertainty | None = None
    columns: tuple[str, ...] = ()
    means: Tensor | None = None
    spread: Tensor | None = None

    def __len__(self) -> int:
        return len(self.class_names)

    @property
    def class_names(self) -> tuple[str, ...]:
        """A distribution stands for each."""
        return self.draws.class_names

    @property
    def pictures(self) -> bool:
        """Whether what is decoded are pictures; else rows of a table."""
        return self.draws.means.ndim == 4

    def checked(self, label: int) -> int:
        """Raises: InputError, where there is no such class."""
        if not 0 <= label < len(self):
            raise InputError(f"`label` must be a class from 0 to {len(self) - 1}. Got {label}.")
        return label

    def _in_short(self) -> tuple[str, ...]:
        asked = "" if self.doubts is None else f"asked about {len(self.doubts.classes)} inputs"
        return (self.model, f"{len(self)} distributions", asked)


def distribution_gallery(
    model: Classifier, inputs: Tensor | None = None, *, k: int = 4, seed: int = 0, name: str = ""
) -> DistributionGallery:
    """What each class looks like to a classifier by distributions, to be shown (`show(label)`) or written (`save(folder)`).

    `inputs` (B, *S): inputs of which it is told how sure the model is, and of what it is not. `k`: draws of each class. `name`:
    what the model is called.

    Raises: CapabilityError, where the prototypes are no distributions; InputError, where inputs or a number do not fit.

    Source: Vadillo et al., 2024, arXiv:2403.13740.
    """
    adapter, network = network_of_distributions("distribution_gallery", classifier(model))
    draws = prototype_draws(adapter, k, axes=min(2, network.plan.width), seed=seed)
    doubts = None if inputs is None else explain_uncertainty(adapter, inputs)
    names = () if adapter.schema is None else adapter.schema.names
    center = scale = None
    if adapter.domain == "tabular":
        center, scale = network.encoder.center.detach().cpu(), network.encoder.scale.detach().cpu()
    return DistributionGallery(name or repr(adapter), draws, doubts, names, center, scale)
