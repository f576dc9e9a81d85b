"""Tiny models of prototypes, for the methods that read these, in place of the other torch models."""

from collections.abc import Callable

import torch
from contract_subjects import BATCH, CLASSES, COLUMNS, FEATURES, SIDE, Subject, Witness, state_of
from torch import Tensor, nn

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.construction import construction
from xaivision.models.prototypes.encoders import Encoder, TableEncoder
from xaivision.models.prototypes.layer_plan import layer_plan
from xaivision.models.prototypes.prototype_network import PrototypeNetwork
from xaivision.models.prototypes.prototype_sources import PrototypeSources

COUNT, WIDTH = 6, 4


class WatchedMaps(Encoder):
    """An encoder of pictures with a witness."""

    def __init__(self, channels: int, witness: Witness) -> None:
        super().__init__()
        self.maps = nn.Conv2d(channels, WIDTH, 3, padding=1)
        self.add_on = nn.Sigmoid()
        self.witness = witness

    def features(self, images: Tensor) -> Tensor:
        self.witness.saw(images)
        found: Tensor = self.maps(images)
        return found


class WatchedColumns(TableEncoder):
    """An encoder of tables with a witness."""

    def __init__(self, columns: int, witness: Witness) -> None:
        super().__init__(columns)
        self.witness = witness

    def forward(self, rows: Tensor) -> Tensor:
        self.witness.saw(rows)
        return super().forward(rows)


def _subject(
    encoder: Callable[[Witness], nn.Module], one: tuple[int, ...], dtype: torch.dtype, seed: int, system: str
) -> Subject:
    witness = Witness()
    tables = len(one) == 1
    plan = layer_plan(system, COUNT, FEATURES if tables else WIDTH, CLASSES)
    with construction(seed):
        network = PrototypeNetwork(encoder(witness), plan, one)
        draws = torch.Generator().manual_seed(9)  # the same training inputs whatever the seed of the weights
        sources = PrototypeSources(
            torch.rand(COUNT, *one, generator=draws),
            torch.arange(COUNT) + 3,
            network.reasoning.owners,
            torch.zeros(COUNT, dtype=torch.long),
            torch.tensor([[0, 0, 3, 3]]).expand(COUNT, 4),
        )
        network.set_sources(sources)
        with torch.no_grad():
            network.reasoning.weights.add_(0.3 * torch.randn(network.reasoning.weights.shape))
            if tables:
                network.prototypes.centers.copy_(sources.inputs)
                network.prototypes.start_scale(sources.inputs)
    more = {"domain": "tabular", "schema": COLUMNS} if tables else {"domain": "image"}
    unit = "logit" if plan.logits else "probability"
    model = TorchClassifier(network.to(dtype).eval(), CLASSES, batch_size=BATCH, score_unit=unit, **more)
    return Subject(model, witness, one, dtype, lambda: state_of(network))


def patches_of_three_channels(dtype: torch.dtype, seed: int = 0) -> Subject:
    return _subject(lambda witness: WatchedMaps(3, witness), (3, SIDE, SIDE), dtype, seed, "proto_part")


def patches_of_one_channel(dtype: torch.dtype, seed: int = 0) -> Subject:
    return _subject(lambda witness: WatchedMaps(1, witness), (1, SIDE, SIDE), dtype, seed, "score_aggregation")


def components_of_columns(dtype: torch.dtype, seed: int = 0) -> Subject:
    return _subject(lambda witness: WatchedColumns(FEATURES, witness), (FEATURES,), dtype, seed, "components")


PROTOTYPES: dict[str, Callable[..., Subject]] = {
    "cnn3": patches_of_three_channels,
    "cnn1": patches_of_one_channel,
    "mlp": components_of_columns,
}
