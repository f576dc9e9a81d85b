"""Teaches distributions: first encoder and decoder, then where each class lies between them, then all together."""

from dataclasses import dataclass
from functools import cached_property, partial

import torch
from torch import Tensor, nn

from xaivision.core.progress import track
from xaivision.core.random import generator
from xaivision.engines.prototypes.gaussians import Gaussians
from xaivision.engines.prototypes.mixtures import fitted
from xaivision.models.cycle_file import CycleFile
from xaivision.models.cycle_lesson import CycleLesson, run_cycles
from xaivision.models.distributions.autoencoder import Variational
from xaivision.models.distributions.distribution_losses import Batch, described, total
from xaivision.models.distributions.distribution_network import QUANTILES, DistributionNetwork
from xaivision.models.distributions.distribution_plan import distributions_of
from xaivision.models.distributions.distribution_recipe import DistributionRecipe
from xaivision.models.passes import checked_loss, take_step


@dataclass(frozen=True)
class Taught:
    """What came of a training: the validation loss before the first cycle and after each, and which was kept."""

    losses: tuple[float, ...]
    kept_cycle: int


@dataclass(frozen=True, eq=False)
class Teaching(CycleLesson):
    """One training: the model that learns in place, and what from."""

    recipe: DistributionRecipe

    @property
    def network(self) -> DistributionNetwork:
        return distributions_of(self.model)

    @cached_property
    def learned(self) -> tuple[Tensor, Tensor]:
        """(n, ...) what is encoded of the training inputs, and their classes (n,), on the device."""
        return self.part(self.parts.train)

    @cached_property
    def held_out(self) -> tuple[Tensor, Tensor]:
        """The same of the validation part."""
        return self.part(self.parts.validation)

    def part(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """What is encoded of these inputs, and their classes."""
        device = self.recipe.device
        with torch.no_grad():
            features = self.network.encoder.features(self.dataset.inputs[rows].to(device))
        return features, self.dataset.targets[rows].to(device)


def teach(teaching: Teaching, file: CycleFile | None = None) -> Taught:
    """Train the model in place. After each cycle the state is kept in the file, and taken up again from there.

    Raises: Cancelled, before a pass; InputError, where the loss is no number.
    """
    losses, _ = run_cycles(teaching.network, teaching.recipe.cycles + 1, partial(_one_cycle, teaching), file)
    remember_distances(teaching)
    return Taught(tuple(losses), losses.index(min(losses)))


def _one_cycle(teaching: Teaching, cycle: int) -> tuple[float, tuple[float, ...]]:
    if cycle == 0:
        _encoder_learned(teaching)
        put_on_classes(teaching)
    else:
        _all_learned(teaching, cycle)
    return _validation_loss(teaching), ()


def put_on_classes(teaching: Teaching) -> None:
    """Give each prototype the mean and the variances, or the covariance, of the encoded training inputs of its class, or each
    of its parts those of the inputs around one center.
    """
    layer, (features, targets) = teaching.network.prototypes, teaching.learned
    plan = layer.plan
    with torch.no_grad():
        points = teaching.network.encoder.add_on(features)
        for label in range(plan.count):
            found = fitted(points[targets == label], plan.parts, full=plan.dispersion == "full")
            rows = slice(label * plan.parts, (label + 1) * plan.parts)
            layer.centers[rows], layer.log_spread[rows] = found.parts.centers, found.parts.log_spread
            if found.parts.below is not None:
                layer.below[rows] = found.parts.below
            if plan.parts > 1:
                layer.shares[label] = found.log_shares[0]


def remember_distances(teaching: Teaching) -> None:
    """Keep, for each class, how far from its prototype the training inputs are that are called so, or where none is, are so."""
    network, (features, targets) = teaching.network, teaching.learned
    with torch.no_grad():
        found = network.distances(network.encoder.add_on(features), network.noise)
        called, mean = network.logits(found).softmax(2).mean(1).argmax(1), found.mean(1).double()
        steps = torch.linspace(0, 1, QUANTILES, dtype=torch.float64, device=mean.device)
        for label in range(mean.shape[1]):
            mine = called == label if bool((called == label).any()) else targets == label
            network.known[label] = mean[mine, label].quantile(steps)


def _encoder_learned(teaching: Teaching) -> None:
    network, recipe = teaching.network, teaching.recipe
    parts = [*network.encoder.add_on.parameters(), *network.decoder.parameters()]
    optimizer = torch.optim.Adam(parts, lr=recipe.learning_rate)
    for epoch in track(range(recipe.pretraining), "encoder and decoder"):
        draws = generator(recipe.seed, "draws of the codes", -1 - epoch)
        for rows in teaching.batches(-1 - epoch):
            take_step(optimizer, partial(_described, teaching, rows, draws))


def _described(teaching: Teaching, rows: Tensor, draws: torch.Generator) -> Tensor:
    features = teaching.learned[0][rows]
    points, codes = _encoded(teaching.network, features, draws)
    empty = points.new_zeros(len(rows), 1, len(teaching.dataset.class_names))
    batch = Batch(teaching.network, features, points, empty, teaching.learned[1][rows], codes=codes)
    return described(batch, teaching.recipe.losses)


def _encoded(network: DistributionNetwork, features: Tensor, draws: torch.Generator) -> tuple[Tensor, Gaussians | None]:
    """(B, D) points of features (B, ...): those that the encoder gives, or one of each distribution that it gives, and these."""
    encode = network.encoder.add_on
    if not isinstance(encode, Variational):
        return encode(features), None
    codes = encode.codes(features)
    noise = torch.randn(1, *codes.centers.shape, generator=draws, device="cpu").to(features.device)
    return codes.drawn(noise)[0], codes


def _all_learned(teaching: Teaching, cycle: int) -> None:
    recipe = teaching.recipe
    optimizer = torch.optim.Adam(teaching.network.parameters(), lr=recipe.learning_rate)
    for epoch in track(range(recipe.epochs), f"distributions, cycle {cycle} of {recipe.cycles}"):
        number = (cycle - 1) * recipe.epochs + epoch
        draws = generator(recipe.seed, "draws of the prototypes", number)
        for rows in teaching.batches(number):
            noise = torch.randn(teaching.network.noise.shape, generator=draws, device="cpu").to(recipe.device)
            take_step(optimizer, partial(_judged, teaching, rows, noise, draws))


def _judged(teaching: Teaching, rows: Tensor, noise: Tensor, draws: torch.Generator) -> Tensor:
    network, (features, targets) = teaching.network, teaching.learned
    points, codes = _encoded(network, features[rows], draws)
    logits = network.logits(network.distances(points, noise))
    batch = Batch(network, features[rows], points, logits, targets[rows], teaching.weights, codes)
    return total(batch, teaching.recipe.losses)


def _validation_loss(teaching: Teaching) -> float:
    """Minus the mean logarithm of the right class's probability."""
    network, (features, targets) = teaching.network, teaching.held_out
    with torch.no_grad():
        found = network.distances(network.encoder.add_on(features), network.noise)
        probabilities = network.logits(found).softmax(2).mean(1).double().clamp_min(torch.finfo(torch.float32).tiny)
        loss = float(nn.functional.nll_loss(probabilities.log(), targets))
    return checked_loss(loss, "Give a smaller learning rate.")
