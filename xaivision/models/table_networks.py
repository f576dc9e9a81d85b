"""Black boxes of the paper for tables, trained in place: an autoencoder with a classifier on it, or self-attention."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.progress import track
from xaivision.core.random import generator, seed_for
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Dataset
from xaivision.models.attention_network import AttentionNetwork
from xaivision.models.construction import construction
from xaivision.models.row_standardizing import RowStandardizing
from xaivision.models.table_autoencoder import (
    EncodedClassifier,
    convolutional_autoencoder,
    dense_autoencoder,
    reconstruction_error,
)
from xaivision.models.training import Recipe, train

NETWORKS: Mapping[str, Callable[..., nn.Module]] = {
    "dense_autoencoder": dense_autoencoder,
    "convolutional_autoencoder": convolutional_autoencoder,
    "self_attention": AttentionNetwork,
}
EPOCHS, BATCH, RATE, DECAY = 30, 64, 3e-3, 1e-2


def train_table(
    data: Dataset, network: str = "dense_autoencoder", *, epochs: int = EPOCHS, seed: int = 0, rate: float = RATE, **settings: Any
) -> TorchClassifier:
    """A classifier of the table, trained on its training part.

    `network`: "dense_autoencoder", "convolutional_autoencoder" or "self_attention". An autoencoder first learns to give its rows
    back, then the classes on its latents, and at last, by its decoder alone, rows from those latents: `epochs` each. `settings`
    are the network's own: `latents` and `hidden`, or `heads`, `hidden` and `dropout`. The same seed gives the same weights.

    Raises: UnknownNameError; InputError, where the data set holds no table, or its training part one class; Cancelled.
    """
    if network not in NETWORKS:
        raise UnknownNameError("network for tables", network, NETWORKS)
    rows, targets = _checked(data, epochs)
    recipe = Recipe(epochs, min(BATCH, max(2, len(rows) // 2)), rate, DECAY, seed)
    with construction(seed_for(seed, "table network", network)):
        module = NETWORKS[network](rows.shape[1], len(data.class_names), **settings)
        for part in module.modules():
            if isinstance(part, RowStandardizing):
                part.learn(rows)
        # Dropout draws from the global generator, which is the construction's own here and is given back.
        if isinstance(module, EncodedClassifier):
            _learn_rows(module, rows, recipe, [*module.encoder.parameters(), *module.decoder.parameters()])
        train(module, rows, targets, recipe, f"training {network}")
        if isinstance(module, EncodedClassifier):
            module.eval()
            _learn_rows(module, rows, recipe, [*module.decoder.parameters()])
    return TorchClassifier(
        module.eval(), len(data.class_names), domain="tabular", class_names=data.class_names, schema=data.schema
    )


def _learn_rows(model: EncodedClassifier, rows: Tensor, recipe: Recipe, learned: list[nn.Parameter]) -> None:
    """Rows in, rows out, by these parameters. Running means of the encoder move only where it learns too."""
    model.decoder.train()
    if len(learned) > len(list(model.decoder.parameters())):
        model.encoder.train()
    optimizer = torch.optim.Adam(learned, lr=recipe.learning_rate)
    draws = generator(recipe.seed, "order of the rows")
    batches = -(-len(rows) // recipe.batch_size)
    for _ in track(range(recipe.epochs), "training the autoencoder"):
        for batch in torch.randperm(len(rows), generator=draws).chunk(batches):
            optimizer.zero_grad()
            torch.autograd.backward(reconstruction_error(model, rows[batch]))
            optimizer.step()


def _checked(data: Dataset, epochs: int) -> tuple[Tensor, Tensor]:
    if data.domain != "tabular":
        raise InputError(f"`train_table` takes a table. Got the pictures {data.name}. Use `xv.train`.")
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise InputError(f"`epochs` must be a positive integer. Got {epochs!r}.")
    rows, targets = data.train
    if len(set(targets.tolist())) < 2:
        raise InputError(f"The training part must have rows of at least two classes. Got {len(set(targets.tolist()))}.")
    return rows.float(), targets
