"""What the first of the tuned blocks is given: computed once, so that a pass over the pictures asks the tuned blocks alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Dataset
from xaivision.models.flipping import VERSIONS
from xaivision.models.frozen_features import CHUNK, Keeping, computed_once, network_of, told_of
from xaivision.models.transfer_network import TransferNetwork, blocks, parts_before
from xaivision.models.transfer_recipe import TransferRecipe

# Where more than this would have to be held, pictures pass through the whole network instead.
MOST_BYTES = 1 << 30
# How far logits may be from those of the whole network: rounding, in other batches.
SAME = 1e-4
# What a network raises whose parts cannot be left out.
NOT_IN_A_ROW = (RuntimeError, TypeError, ValueError, AttributeError, IndexError, KeyError, AssertionError)


@dataclass(frozen=True, eq=False)
class BlockInputs:
    """`values` (V, N, *S): what the first tuned block is given for all N pictures of a dataset in each of V versions.

    `entry` is the first part of that block, `skipped` are the parts before it.
    """

    values: Tensor
    entry: nn.Module
    skipped: tuple[nn.Module, ...]

    def logits(self, network: TransferNetwork, rows: Tensor, versions: Tensor) -> Tensor:
        """(B, K) of the pictures in these rows and versions, by the tuned blocks and what follows them."""
        return _from_entry(network, self.skipped, self.entry, self.values[versions, rows])

    def features(self, model: TorchClassifier, version: int, start: int, stop: int) -> Tensor:
        """(B, width) what the linear layer is given for these pictures in one version, by the tuned blocks as they are now."""
        with model.held(), torch.no_grad():
            given = self.values[version, start:stop]
            return _from_entry(network_of(model), self.skipped, self.entry, given, features=True).contiguous()

    def all_logits(self, model: TorchClassifier, rows: Tensor) -> Tensor:
        """(B, K) of the pictures in these rows, upright, without a graph and at most 64 at once."""
        with model.held(), torch.no_grad():
            parts = [self.logits(network_of(model), part, torch.zeros_like(part)) for part in torch.split(rows, CHUNK)]
        return torch.cat(parts)


def block_inputs(model: TorchClassifier, dataset: Dataset, recipe: TransferRecipe) -> BlockInputs | None:
    """What the first tuned block is given; None where the parts before it cannot be left out, or it is too much to hold.

    Networks can be entered whose blocks follow each other in a row. Whether one is, is not taken on trust: two pictures must
    have the logits that the whole network gives them. What was computed before is read from the user's cache directory.

    Raises: Cancelled.
    """
    network = network_of(model)
    known = blocks(network.backbone)
    if model.device.type != "cpu" or recipe.tuned_blocks >= len(known):
        return None  # on a GPU passes are cheap, and before the first block nothing is to be saved
    entry = known[-recipe.tuned_blocks][0]
    skipped = (network.resize, network.color, *parts_before(network.backbone, entry))
    shape = _shape_at(model, dataset.inputs[:2], entry, skipped)
    versions = VERSIONS[recipe.flips]
    if shape is None or 4 * len(versions) * len(dataset) * shape.numel() > MOST_BYTES:
        return None
    known_of = f"{told_of(model, mixed=False)}, {recipe.tuned_blocks} of {len(known)} blocks from the end"
    kept = Keeping("block_inputs", known_of, shape, "pictures on their way to the tuned blocks")
    found = [computed_once(lambda part, _: _at(model, part, entry), dataset.inputs, axes, kept) for axes in versions]
    return BlockInputs(torch.stack(found), entry, skipped)


def _at(model: TorchClassifier, images: Tensor, entry: nn.Module) -> Tensor:
    """(B, *S) what the part is given for these pictures."""
    given: list[Tensor] = []
    hook = entry.register_forward_pre_hook(lambda _, args: given.append(args[0]))
    try:
        with model.held(), torch.no_grad():
            model.model(model.prepared(images))
    finally:
        hook.remove()
    if len(given) != 1 or not isinstance(given[0], Tensor):
        raise RuntimeError("the part is not asked once, for one tensor")
    return given[0].contiguous()


def _shape_at(model: TorchClassifier, images: Tensor, entry: nn.Module, skipped: Sequence[nn.Module]) -> torch.Size | None:
    """The shape of what the part is given for a picture; None where logits cannot be told from that."""
    network = network_of(model)
    if any("forward" in vars(part) for part in (*skipped, entry)):
        return None  # somebody else has put another pass in the place of their own
    try:
        given = _at(model, images, entry)
        with model.held(), torch.no_grad():
            features = _from_entry(network, skipped, entry, given, features=True)
            whole = network.features(model.prepared(images))
    except NOT_IN_A_ROW:
        return None
    near = features.shape == whole.shape and torch.allclose(features, whole, rtol=SAME, atol=SAME * float(whole.abs().max()))
    return given.shape[1:] if near else None


def _from_entry(
    network: TransferNetwork, skipped: Sequence[nn.Module], entry: nn.Module, given: Tensor, *, features: bool = False
) -> Tensor:
    with _passed_over(skipped, entry, given):
        found: Tensor = network.features(given) if features else network(given)
    return found


@contextmanager
def _passed_over(skipped: Sequence[nn.Module], entry: nn.Module, given: Tensor) -> Iterator[None]:
    """Inside, skipped parts hand on what they get, and the entry takes what is given, whatever it gets."""
    usual = type(entry).forward
    for part in skipped:
        part.forward = lambda first, *_, **__: first
    entry.forward = lambda _, *others, **named: usual(entry, given, *others, **named)
    try:
        yield
    finally:
        for part in (*skipped, entry):
            del part.forward  # what its class says is there again
