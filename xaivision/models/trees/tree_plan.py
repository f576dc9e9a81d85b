"""What a classifier by a tree is made of, apart from its weights, and how it is built."""

from dataclasses import dataclass

from torch import nn

from xaivision.core.image_format import ImageFormat
from xaivision.core.map_layers import MapLayer
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.construction import construction
from xaivision.models.prototypes.prototype_plan import PatchPlan
from xaivision.models.transfer_network import coloring, resizing
from xaivision.models.trees.patch_tree import PatchTree
from xaivision.models.trees.token_backbones import OWN, token_architecture
from xaivision.models.trees.tree_network import Root, TokenEncoder, TreeNetwork


@dataclass(frozen=True)
class TreePlan:
    """`patches`: pictures and backbone; `layer`: whose maps are the tokens; `embedding`: how many numbers it gives at its end.

    The tree has `depth` steps and 2^depth leaves, in a space of `width` numbers, and begins at `root`.
    """

    patches: PatchPlan
    layer: str
    embedding: int
    depth: int
    width: int
    root: Root
    class_names: tuple[str, ...]

    @property
    def normalized(self) -> bool:
        """Whether the classifier normalizes color pictures; gray ones are normalized as they become three channels."""
        return self.patches.channels > 1 and self.patches.backbone not in OWN

    @property
    def preprocessing(self) -> str:
        """In words."""
        one = self.patches
        if one.backbone not in OWN:
            return one.preprocessing
        own = (one.side, one.side) == (one.height, one.width)
        size = "as it is" if own else f"resized whole to {one.side} x {one.side} (bilinear)"
        return f"{one.height} x {one.width} pixels in [0, 1], {size}"


def built_tree(plan: TreePlan, taken: tuple[nn.Module, MapLayer] | None = None, seed: int = 0) -> TorchClassifier:
    """Logits (B, K) by a tree with first weights of this seed, around the backbone and its layer that are `taken`; where it is
    None, around an architecture of that name.

    Raises: InputError, where pictures have neither one channel nor three; as `token_architecture`.
    """
    one = plan.patches
    module, at = token_architecture(one.backbone, plan.layer, one.channels, one.side) if taken is None else taken
    with construction(seed):
        color = nn.Identity() if one.backbone in OWN else coloring(one.channels, one.mean, one.std)
        encoder = TokenEncoder(resizing(one.height, one.width, one.side), color, module, at)
        tree = PatchTree(plan.depth, plan.width, len(plan.class_names))
        network = TreeNetwork(encoder, tree, one.features, plan.embedding, plan.root).eval()
    return TorchClassifier(
        network,
        len(plan.class_names),
        class_names=plan.class_names,
        image_format=ImageFormat(one.channels, one.height, one.width),
        mean=one.mean if plan.normalized else None,
        std=one.std if plan.normalized else None,
    )


def tree_of(model: TorchClassifier) -> TreeNetwork:
    """The network of the model.

    Raises: TypeError, where it is another.
    """
    if not isinstance(model.model, TreeNetwork):
        raise TypeError(f"The model must hold a TreeNetwork. Got {type(model.model).__name__}.")
    return model.model
