"""Puts prototypes on places of training inputs: at first at random, and after each cycle where they are nearest."""

import torch
from torch import Tensor

from xaivision.core.random import generator
from xaivision.engines.prototypes.activation_boxes import activation_boxes
from xaivision.engines.prototypes.projection import NEIGHBORS, nearest_of_class, worth_keeping
from xaivision.models.prototypes.lesson import Lesson
from xaivision.models.prototypes.prototype_sources import PrototypeSources


def put_at_first(lesson: Lesson, features: Tensor) -> None:
    """Put each prototype on a place drawn from a training input of its class, no two of a class from one input."""
    network, rows = lesson.network, list[int]()
    draws = generator(lesson.recipe.seed, "first prototypes")
    owners = network.reasoning.owners.tolist()
    for label in sorted(set(owners)):
        known = (lesson.labels == label).nonzero().flatten()
        rows += known[torch.randperm(len(known), generator=draws, device="cpu")][: owners.count(label)].tolist()
    count = features[0, 0].numel() if features.ndim > 2 else 1
    places = torch.randint(count, (len(rows),), generator=draws, device="cpu").tolist()
    _put(lesson, features, torch.tensor(rows, device="cpu"), torch.tensor(places, device="cpu"))
    if network.plan.scaled:
        network.prototypes.start_scale(_points(lesson, features))


def put_on_nearest(lesson: Lesson, features: Tensor) -> None:
    """Put each prototype on the nearest place of a training input of its class, and remember which.

    Source: Chen et al., 2018, arXiv:1806.10574, section 2.2.
    """
    network = lesson.network
    found = lesson.nearest(features)
    rows = nearest_of_class(found.distances, lesson.labels, network.reasoning.owners.cpu())
    places = found.places[rows, torch.arange(len(rows), device="cpu")]
    _put(lesson, features, rows, places)
    chosen = lesson.parts.train[rows]
    sources = PrototypeSources(lesson.dataset.inputs[chosen], chosen, lesson.labels[rows], places, _boxes(lesson, features[rows]))
    network.set_sources(sources)


def without_mixed(lesson: Lesson, features: Tensor) -> int:
    """Do without the prototypes whose nearest training inputs are mostly of other classes; how many went.

    A class keeps one at least, that with the nearest input of its own.

    Source: Chen et al., 2018, arXiv:1806.10574, section 2.4.
    """
    owners = lesson.network.reasoning.owners.cpu()
    found = lesson.nearest(features).distances
    kept = worth_keeping(found, lesson.labels, owners)
    for label in sorted(set(owners.tolist())):
        mine = (owners == label).nonzero().flatten()
        if not bool(kept[mine].any()):
            shares = (lesson.labels[found[:, mine].argsort(dim=0, stable=True)[:NEIGHBORS]] == label).sum(0)
            kept[mine[int(shares.argmax())]] = True
    if not bool(kept.all()):
        lesson.network.keep(kept)
    return int((~kept).sum())


def _put(lesson: Lesson, features: Tensor, rows: Tensor, places: Tensor) -> None:
    network = lesson.network
    with torch.no_grad():
        found = network.encoder.add_on(features[rows].to(lesson.model.device))
        cells = (
            found.flatten(2)[torch.arange(len(rows), device=found.device), :, places.to(found.device)]
            if found.ndim > 2
            else found
        )
        network.prototypes.centers.copy_(cells)


def _points(lesson: Lesson, features: Tensor) -> Tensor:
    """(N, D) one place of each of up to 500 training inputs, in the space of the prototypes."""
    draws = generator(lesson.recipe.seed, "points of the first scale")
    rows = torch.randperm(len(features), generator=draws, device="cpu")[:500]
    with torch.no_grad():
        found: Tensor = lesson.network.encoder.add_on(features[rows].to(lesson.model.device)).cpu()
    if found.ndim == 2:
        return found
    cells = found.flatten(2)
    return cells[
        torch.arange(len(rows), device="cpu"), :, torch.randint(cells.shape[2], (len(rows),), generator=draws, device="cpu")
    ]


def _boxes(lesson: Lesson, features: Tensor) -> Tensor:
    """(P, 4) where each prototype is most active in its own picture; zeros in tables."""
    network = lesson.network
    if lesson.dataset.domain != "image":
        return torch.zeros(len(features), 4, dtype=torch.long, device="cpu")
    with torch.no_grad():
        maps = network.prototypes(network.encoder.add_on(features.to(lesson.model.device))).cpu()
    own = maps.diagonal().movedim(-1, 0)
    return activation_boxes(own, *lesson.dataset.inputs.shape[2:])
