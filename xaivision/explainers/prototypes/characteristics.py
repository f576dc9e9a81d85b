"""Why prototypes are alike: by how much each similarity falls when one property of the picture is changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.presenting import few
from xaivision.core.progress import track
from xaivision.core.query import asked
from xaivision.core.wrapping import classifier
from xaivision.engines.prototypes.characteristics import change_sizes, global_importance, similarity_at
from xaivision.engines.prototypes.picture_changes import CHANGES, Change
from xaivision.engines.prototypes.similarity import best_places
from xaivision.explainers.prototypes.prototype_question import PLACES, network_of_pictures

Changes = Sequence[str] | Mapping[str, Change] | None


@dataclass(frozen=True, eq=False, repr=False)
class Characteristics:
    """For B pictures, P prototypes and the M `changes` by name.

    `local` (B, P, M): by how much the similarity of each prototype falls at the place where it was best. Negative values say
    that the picture became more alike. `overall` (P, M): the mean over pictures, weighted by the similarity. `sizes` (B, M):
    by how much a pixel was changed on average; a larger change takes more with it, so compare prototypes under one change
    rather than changes. `similarity` (B, P): before any change, `places` (B, P) at which cell. `owners` (P,): the class of each
    prototype; `class_names`.
    """

    changes: tuple[str, ...]
    local: Tensor
    overall: Tensor
    sizes: Tensor
    similarity: Tensor
    places: Tensor
    owners: Tensor
    class_names: tuple[str, ...]

    def __repr__(self) -> str:
        """One line: how many prototypes and pictures, and the changes with their mean scores."""
        means = [f"{name} {float(mean):.3g}" for name, mean in zip(self.changes, self.overall.nanmean(0), strict=True)]
        return f"Characteristics({len(self.overall)} prototypes, {len(self.local)} pictures, {few(means)})"

    def ranked(self, prototype: int) -> list[tuple[str, float, float]]:
        """For one prototype the name, the overall score and the mean size of each change, the largest score first.

        Raises: InputError, where there is no such prototype.
        """
        if not 0 <= prototype < len(self.overall):
            raise InputError(f"`prototype` must be from 0 to {len(self.overall) - 1}. Got {prototype}.")
        sizes = self.sizes.mean(0).tolist()
        rows = zip(self.changes, self.overall[prototype].tolist(), sizes, strict=True)
        return sorted(rows, key=lambda row: -row[1])


def explain_prototypes(model: Classifier, inputs: Tensor, changes: Changes = None) -> Characteristics:
    """What the similarities of a model's prototypes to these pictures rest on: hue, shape, texture, contrast, ...

    `changes`: names of `CHANGES`, or functions of pictures (B, C, H, W) in [0, 1] by name; None takes all six: those four,
    saturation and brightness. A picture is changed as a whole, once in each way, at fixed strength, before it is normalized.
    Costs one forward a picture and change, and one more; changing the texture takes about a quarter of a pass of a small network.

    Raises: CapabilityError, where the model has no prototypes with places; UnknownNameError; InputError, where inputs or what
    a function gives do not fit.

    Source: Nauta et al., 2020, arXiv:2011.02863.
    """
    adapter, network = network_of_pictures("explain_prototypes", classifier(model))
    known = _known(changes)
    with adapter.held():
        asked(adapter, inputs, scorer=lambda one, batch: batch.new_zeros(len(batch), one.num_classes))
        before = adapter.layer_outputs(inputs, PLACES).activations
        similarity, places = best_places(before)
        local, sizes = [], []
        for name, change in track(list(known.items()), "similarities of changed pictures"):
            changed = _changed(name, change, inputs)
            after = adapter.layer_outputs(changed, PLACES).activations
            local.append(similarity_at(before - after, places))
            sizes.append(change_sizes(inputs, changed))
    each = torch.stack(local, 2)
    return Characteristics(
        tuple(known),
        each,
        global_importance(each, similarity),
        torch.stack(sizes, 1),
        similarity,
        places,
        network.reasoning.owners.clone(),
        adapter.class_names,
    )


def _known(changes: Changes) -> Mapping[str, Change]:
    if changes is None:
        return CHANGES
    if isinstance(changes, Mapping):
        if not changes:
            raise InputError("`changes` must name at least one change. Got none.")
        return changes
    if isinstance(changes, str) or not changes:
        raise InputError(f'`changes` must be a list of names, such as ["hue"], or functions by name. Got {changes!r}.')
    for name in changes:
        if name not in CHANGES:
            raise UnknownNameError("change of pictures", name, CHANGES)
    return MappingProxyType({name: CHANGES[name] for name in changes})


def _changed(name: str, change: Change, inputs: Tensor) -> Tensor:
    found = change(inputs)
    if not isinstance(found, Tensor) or found.shape != inputs.shape or not bool(found.isfinite().all()):
        got = f"shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(found).__name__
        raise InputError(f"`changes[{name!r}]` must give finite pictures of shape {tuple(inputs.shape)}. Got {got}.")
    return found.to(inputs)
