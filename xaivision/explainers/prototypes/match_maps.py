"""Where in an input a prototype's contribution comes from, in three ways."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.classifier import batch_size_of
from xaivision.core.progress import track
from xaivision.core.question import Question
from xaivision.engines.activation_maps import spread_over_input
from xaivision.engines.prototypes.similarity import best_places, squashed
from xaivision.engines.streaming import pairs
from xaivision.engines.windows import Window, sliding_windows, spread_over_windows
from xaivision.explainers.prototypes.prototype_question import PLACES, Likeness
from xaivision.explainers.reference import baseline_of
from xaivision.models.prototypes.encoders import TableEncoder
from xaivision.models.prototypes.prototype_network import pooled

# Windows of a picture by default: a seventh of its shorter side, and half of that on.
WINDOWS = 7


@dataclass(frozen=True, eq=False)
class Shown:
    """For B inputs the k prototypes that are shown, `chosen` (B, k), with what they said."""

    likeness: Likeness
    chosen: Tensor

    def of(self, values: Tensor) -> Tensor:
        """(B, k, ...) of values (B, P, ...)."""
        return values[torch.arange(len(values), device=values.device)[:, None], self.chosen]


def similarity_maps(q: Question, shown: Shown) -> Tensor:
    """(B, k, 1, H, W): each contribution shared out as the prototype's similarities are, above the least of them."""
    cells = shown.of(shown.likeness.similarities).flatten(2)
    above = cells - cells.amin(2, keepdim=True)
    sums = above.sum(2, keepdim=True)
    flat = torch.full_like(above, 1 / above.shape[2])
    return _enlarged(q, shown, torch.where(sums > 0, above / torch.where(sums > 0, sums, 1), flat))


def place_maps(q: Question, shown: Shown) -> Tensor:
    """(B, k, 1, H, W): each contribution on the one cell that the model has taken, and on no other."""
    cells = shown.of(shown.likeness.similarities)
    at = best_places(cells)[1]
    return _enlarged(q, shown, torch.zeros_like(cells).flatten(2).scatter(2, at[:, :, None], 1))


def column_maps(q: Question, shown: Shown) -> Tensor:
    """(B, k, F): by how much each column lowers the contribution from what it would be at the prototype itself.

    Shared out as the columns' parts of the squared distance are, in which a column that makes up for another is negative; of
    a projection, whose similarity is a sum over columns, its parts.
    """
    network, weights = shown.likeness.network, shown.of(shown.likeness.slopes)[:, :, None]
    encoder, plan = network.encoder, network.plan
    assert isinstance(encoder, TableEncoder)  # noqa: S101 - rows of tables have no other
    with torch.no_grad():
        rows = encoder.features(q.torch_model.prepared(q.query.inputs)).to(q.query.inputs)
        sources = encoder.features(q.torch_model.prepared(network.source_inputs)).to(q.query.inputs)[shown.chosen]
        matrix = encoder.metric.matrix.detach().to(rows)
        most = squashed(rows.new_zeros(()), plan.squash, network.prototypes.scale)
    if plan.distance == "projection":
        centers = network.prototypes.centers.detach().to(rows)[shown.chosen]
        directions: Tensor = (centers / centers.norm(dim=2, keepdim=True)) @ matrix
        return weights * rows[:, None] * directions
    apart = rows[:, None] - sources
    parts = apart * (apart @ matrix.T @ matrix)
    sums = parts.sum(2, keepdim=True)
    lost = (shown.of(shown.likeness.best) - most)[:, :, None]
    return weights * lost * torch.where(sums > 0, parts / torch.where(sums > 0, sums, 1), 0)


def perturbation_maps(q: Question, shown: Shown, window: int | None, stride: int | None) -> Tensor:
    """(B, k, 1, H, W): by how much the contribution falls when a window is black, shared out over the window's pixels."""
    height, width = q.query.inputs.shape[2:]
    side = window or max(1, min(height, width) // WINDOWS)
    step = stride or max(1, side // 2)
    windows = sliding_windows(height, width, (side, side), (step, step))
    hidden = _hidden(q, windows)
    kept = shown.likeness.best[:, None].double().cpu()
    drops = (shown.likeness.slopes[:, None].double().cpu() * (kept - hidden)).transpose(1, 2)
    chosen = Shown(shown.likeness, shown.chosen.cpu()).of(drops)
    spread = spread_over_windows(chosen.flatten(0, 1), windows, height, width)
    return spread.view(*chosen.shape[:2], 1, height, width).to(q.query.inputs)


def _hidden(q: Question, windows: list[Window]) -> Tensor:
    """(B, windows, P) the best similarities of the inputs with one window black, in float64."""
    inputs, baseline = q.query.inputs, baseline_of(q, "auto")
    found: list[Tensor] = []
    for part in track(pairs(len(inputs), len(windows), batch_size_of(q.model, inputs)), "similarities without a window"):
        batch = inputs[part.inputs]
        for row, (index, version) in enumerate(zip(part.inputs.tolist(), part.versions.tolist(), strict=True)):
            one = windows[version]
            place = (slice(None), slice(one.top, one.bottom), slice(one.left, one.right))
            batch[row][place] = baseline[index][place]
        found.append(pooled(q.torch_model.layer_outputs(batch, PLACES).activations).double().cpu())
    return torch.cat(found).view(len(inputs), len(windows), -1)


def _enlarged(q: Question, shown: Shown, shares: Tensor) -> Tensor:
    """(B, k, 1, H, W) contributions from shares (B, k, h * w) of each, the sums kept."""
    cells = shares * shown.of(shown.likeness.contributions)[:, :, None]
    height, width = q.query.inputs.shape[2:]
    maps = cells.view(-1, 1, *shown.likeness.similarities.shape[2:])
    return spread_over_input(maps, height, width).view(*cells.shape[:2], 1, height, width).to(q.query.inputs)


PICTURE_MAPS: dict[str, Callable[[Question, Shown], Tensor]] = {"similarity": similarity_maps, "place": place_maps}
