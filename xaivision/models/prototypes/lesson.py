"""What a training of prototypes is given: the parts of a dataset, and what the frozen part of the network makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from xaivision.core.map_layers import MapLayer
from xaivision.core.progress import track
from xaivision.engines.prototypes.alignment import folded, likeness_of_places
from xaivision.models.cycle_lesson import CycleLesson
from xaivision.models.flipping import VERSIONS, drawn_versions, flipped
from xaivision.models.prototypes.backbone_maps import map_at
from xaivision.models.prototypes.encoders import PatchEncoder
from xaivision.models.prototypes.prototype_losses import loss_weights
from xaivision.models.prototypes.prototype_network import PrototypeNetwork
from xaivision.models.prototypes.prototype_plan import network_of
from xaivision.models.prototypes.prototype_recipe import PrototypeRecipe
from xaivision.models.prototypes.shallow_layers import shallow_layer

CHUNK = 64


@dataclass(frozen=True, eq=False)
class Nearest:
    """`distances` (N, P): the smallest of each input to each prototype, and `places` (N, P) at which."""

    distances: Tensor
    places: Tensor


@dataclass(frozen=True, eq=False)
class Lesson(CycleLesson):
    """One training: the model that learns in place, and what from."""

    recipe: PrototypeRecipe
    system: str

    @property
    def network(self) -> PrototypeNetwork:
        return network_of(self.model)

    @property
    def flips(self) -> Sequence[tuple[int, ...]]:
        """The axes along which each version of an input is flipped; rows of tables come in one version."""
        return VERSIONS[self.recipe.flips] if self.dataset.domain == "image" else VERSIONS["none"]

    @cached_property
    def frozen(self) -> Tensor:
        """(V, n, C, ...) what the frozen backbone makes of each version of the training inputs, on the CPU."""
        inputs = self.dataset.inputs[self.parts.train]
        return torch.stack([self.features(inputs.flip(axes)) for axes in self.flips])

    @cached_property
    def shallow(self) -> Tensor | None:
        """(V, n, N, N) how alike the places of each version are to a shallow layer, as it is when this is first asked, on the
        CPU; None of tables, and where no loss asks for it.
        """
        encoder, weights = self.network.encoder, loss_weights(self.system, self.recipe.losses)
        if not weights.get("alignment", 0) or not isinstance(encoder, PatchEncoder):
            return None
        inputs = self.dataset.inputs[self.parts.train]
        one = self._seen(encoder, inputs[:1])
        with self.model.held(), torch.no_grad():
            height = encoder.features(self.model.prepared(inputs[:1])).shape[2]
        at = shallow_layer(encoder.backbone, self.recipe.shallow_layer, one, height)
        return torch.stack([self._likeness(encoder, at, inputs.flip(axes)) for axes in self.flips])

    def _likeness(self, encoder: PatchEncoder, at: MapLayer, inputs: Tensor) -> Tensor:
        height, width = self.frozen.shape[3:]
        parts = track(torch.split(inputs, CHUNK), "what a shallow layer makes of the pictures")
        with self.model.held(), torch.no_grad():
            maps = (map_at(encoder.backbone, at, self._seen(encoder, part)) for part in parts)
            return torch.cat([likeness_of_places(folded(one, height, width)).cpu() for one in maps])

    def _seen(self, encoder: PatchEncoder, inputs: Tensor) -> Tensor:
        """Pictures as the backbone gets them."""
        with torch.no_grad():
            found: Tensor = encoder.color(encoder.resize(self.model.prepared(inputs)))
        return found

    def features(self, inputs: Tensor) -> Tensor:
        """(N, C, ...) of inputs, on the CPU."""
        parts = track(torch.split(inputs, CHUNK), "what the backbone makes of the inputs")
        with self.model.held(), torch.no_grad():
            return torch.cat([self.network.encoder.features(self.model.prepared(part)).cpu() for part in parts])

    def drawn(self, rows: Tensor, epoch: int, *, tuning: bool) -> Tensor:
        """(b, C, ...) features of training inputs, each in the version drawn for this epoch; with their graph where tuning."""
        versions = self.versions(rows, epoch)
        if not tuning:
            return self.frozen[versions, rows].to(self.model.device)
        images = self.dataset.inputs[self.parts.train[rows]]
        seen = flipped(images, versions, self.recipe.flips) if len(self.flips) > 1 else images
        return self.network.encoder.features(self.model.prepared(seen))

    def versions(self, rows: Tensor, epoch: int) -> Tensor:
        """(b,) which version of each training input was drawn for this epoch."""
        if len(self.flips) == 1:
            return torch.zeros_like(rows)
        return drawn_versions(len(self.labels), self.recipe.flips, self.recipe.seed, epoch)[rows]

    def nearest(self, features: Tensor) -> Nearest:
        """Of features (N, C, ...), without a graph, on the CPU."""
        parts = [self._nearest(part.to(self.model.device)) for part in torch.split(features, CHUNK)]
        return Nearest(torch.cat([part.distances for part in parts]), torch.cat([part.places for part in parts]))

    def _nearest(self, features: Tensor) -> Nearest:
        with torch.no_grad():
            found = self.network.prototypes.distances(self.network.encoder.add_on(features))
        least = found.flatten(2).min(2) if found.ndim > 2 else found[:, :, None].min(2)
        return Nearest(least.values.cpu(), least.indices.cpu())
