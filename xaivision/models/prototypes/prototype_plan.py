"""What a classifier by prototypes is made of, apart from its weights, and how it is built."""

from dataclasses import asdict, dataclass

from torch import nn

from xaivision.core.image_format import ImageFormat
from xaivision.core.map_layers import MapLayer
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.schema import TableSchema
from xaivision.models.construction import construction
from xaivision.models.prototypes.encoders import Encoder, PatchEncoder, TableEncoder
from xaivision.models.prototypes.layer_plan import LayerPlan
from xaivision.models.prototypes.patch_backbones import SMALL, PatchBackbone, patch_architecture
from xaivision.models.prototypes.prototype_network import PrototypeNetwork
from xaivision.models.transfer_network import coloring, resizing


@dataclass(frozen=True)
class PatchPlan:
    """Pictures (`channels`, `height`, `width`) are brought to `side` and given to the `backbone`, whose own side is `own_side`
    and whose map has `features` channels. `mean` and `std`: what its channels are normalized with.
    """

    backbone: str
    channels: int
    height: int
    width: int
    side: int
    own_side: int
    features: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def normalized(self) -> bool:
        """Whether the classifier normalizes color pictures; gray ones are normalized as they become three channels."""
        return self.channels > 1 and self.backbone != SMALL

    @property
    def preprocessing(self) -> str:
        """In words."""
        own = (self.side, self.side) == (self.height, self.width)
        size = "as it is" if own else f"resized whole to {self.side} x {self.side} (bilinear)"
        if self.backbone == SMALL:
            return f"{self.height} x {self.width} pixels in [0, 1], {size}"
        gray = "the gray channel three times, " if self.channels == 1 else ""
        return f"{self.height} x {self.width} pixels in [0, 1], {size}, {gray}(pixel - {self.mean}) / {self.std}"


@dataclass(frozen=True)
class PrototypePlan:
    """`system`: which of the literature's; `layer`: what its prototype layer is; `patches`: None for a table of `columns`."""

    system: str
    layer: LayerPlan
    class_names: tuple[str, ...]
    patches: PatchPlan | None = None
    columns: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """That of one input."""
        one = self.patches
        return (len(self.columns),) if one is None else (one.channels, one.height, one.width)

    def plain(self) -> dict[str, object]:
        """The plan as values that JSON can hold."""
        return asdict(self)


def patch_plan(shape: tuple[int, ...], taken: PatchBackbone, side: int) -> PatchPlan:
    """The plan for pictures of this shape (C, H, W) and a backbone, at this side."""
    one, (channels, height, width) = taken.backbone, shape
    return PatchPlan(one.name, channels, height, width, side, one.side, taken.channels, one.mean, one.std)


def built_classifier(
    plan: PrototypePlan, taken: tuple[nn.Module, MapLayer] | None = None, schema: TableSchema | None = None, seed: int = 0
) -> TorchClassifier:
    """Scores (B, K) by a network with first weights of this seed, around the backbone and its layer that are `taken`; where it
    is None, around an architecture of that name.

    Raises: InputError, where pictures have neither one channel nor three; as `patch_architecture`.
    """
    if plan.patches is not None and taken is None:
        one = plan.patches
        module, at, _ = patch_architecture(one.backbone, one.channels, one.own_side, one.side)
        taken = module, at
    with construction(seed):
        network = PrototypeNetwork(_encoder(plan, taken), plan.layer, plan.shape).eval()
    normalized = plan.patches if plan.patches is not None and plan.patches.normalized else None
    return TorchClassifier(
        network,
        len(plan.class_names),
        score_unit="logit" if plan.layer.logits else "probability",
        domain="tabular" if plan.patches is None else "image",
        class_names=plan.class_names,
        image_format=None
        if plan.patches is None
        else ImageFormat(plan.patches.channels, plan.patches.height, plan.patches.width),
        schema=schema,
        mean=None if normalized is None else normalized.mean,
        std=None if normalized is None else normalized.std,
    )


def network_of(model: TorchClassifier) -> PrototypeNetwork:
    """The network of the model.

    Raises: TypeError, where it is another.
    """
    if not isinstance(model.model, PrototypeNetwork):
        raise TypeError(f"The model must hold a PrototypeNetwork. Got {type(model.model).__name__}.")
    return model.model


def _encoder(plan: PrototypePlan, taken: tuple[nn.Module, MapLayer] | None) -> Encoder:
    if plan.patches is None or taken is None:
        return TableEncoder(len(plan.columns))
    one, (module, at) = plan.patches, taken
    color = nn.Identity() if one.backbone == SMALL else coloring(one.channels, one.mean, one.std)
    return PatchEncoder(resizing(one.height, one.width, one.side), color, module, at, one.features, plan.layer.width)
