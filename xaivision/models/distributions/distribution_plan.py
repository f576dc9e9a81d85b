"""What a classifier by distributions is made of, apart from its weights, and how it is built."""

from dataclasses import dataclass

from xaivision.core.image_format import ImageFormat
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.schema import TableSchema
from xaivision.models.construction import construction
from xaivision.models.distributions.autoencoder import autoencoder, variational_autoencoder
from xaivision.models.distributions.distribution_network import DistributionNetwork
from xaivision.models.prototypes.layer_plan import LayerPlan


@dataclass(frozen=True)
class DistributionPlan:
    """`layer`: one prototype of each class; `shape`: that of one input; `side`: what pictures are brought to, None for rows.

    `draws`: of every prototype, over which a prediction is the mean. `variational`: whether inputs are encoded as distributions.
    """

    layer: LayerPlan
    class_names: tuple[str, ...]
    shape: tuple[int, ...]
    side: int | None
    draws: int
    variational: bool = False

    @property
    def preprocessing(self) -> str:
        """In words."""
        if self.side is None:
            return "columns in their own units; standardized inside"
        size = (
            "as it is" if (self.side, self.side) == self.shape[1:] else f"resized whole to {self.side} x {self.side} (bilinear)"
        )
        return f"{self.shape[1]} x {self.shape[2]} pixels in [0, 1], {size}"


def built_distributions(plan: DistributionPlan, schema: TableSchema | None = None, seed: int = 0) -> TorchClassifier:
    """Probabilities (B, K) by a network with first weights of this seed."""
    with construction(seed):
        make = variational_autoencoder if plan.variational else autoencoder
        coder = make(plan.shape, plan.side, plan.layer.width)
        network = DistributionNetwork(plan.layer, coder, plan.draws).eval()
    return TorchClassifier(
        network,
        len(plan.class_names),
        score_unit="probability",
        domain="tabular" if plan.side is None else "image",
        class_names=plan.class_names,
        image_format=None if plan.side is None else ImageFormat(plan.shape[0], plan.shape[1], plan.shape[2]),
        schema=schema,
    )


def distributions_of(model: TorchClassifier) -> DistributionNetwork:
    """The network of the model.

    Raises: TypeError, where it is another.
    """
    if not isinstance(model.model, DistributionNetwork):
        raise TypeError(f"The model must hold a DistributionNetwork. Got {type(model.model).__name__}.")
    return model.model
