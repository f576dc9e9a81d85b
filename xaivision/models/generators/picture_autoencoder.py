"""Autoencoders of the user's own pictures as generators: few numbers a picture, turned so that the model's scores hang on few."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import kl_div, log_softmax, mse_loss

from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.generator import Code, Direction
from xaivision.core.origin import told_settings
from xaivision.core.progress import track
from xaivision.core.random import seed_for
from xaivision.core.settings import check_number_from_zero, check_positive_integer, check_positive_number
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier
from xaivision.models.construction import construction
from xaivision.models.distributions.autoencoder import Decoder, Standardized, autoencoder, usual_side
from xaivision.models.passes import batches, checked_loss
from xaivision.models.training import one_thread

# Directions of the code that vary by less than this share of the most varied one say nothing.
FLAT = 1e-4
# Probabilities below are as good as none.
LEAST = 1e-6
# Squared errors of a picture are summed over its pixels, as their likelihood would be, in this unit.
DEVIATION = 0.1


@dataclass(frozen=True)
class AutoencoderRecipe:
    """`width` numbers a picture, learned in `epochs` passes in batches of `batch_size`, by Adam with this learning rate.

    `consistency`: what a difference between the model's scores of a picture and of what comes back counts beside the error in
    the pixels, so that what the model looks at comes back too. Only models that give gradients can teach it.
    """

    width: int = 16
    epochs: int = 40
    batch_size: int = 32
    learning_rate: float = 2e-3
    consistency: float = 10.0

    def __post_init__(self) -> None:
        for name in ("width", "epochs", "batch_size"):
            check_positive_integer(name, getattr(self, name))
        check_positive_number("learning_rate", self.learning_rate)
        check_number_from_zero("consistency", self.consistency)


class Turned(NamedTuple):
    """Codes from what the encoder gives: (points - center) @ into, and back with `out_of`. Each has variance 1."""

    center: Tensor
    into: Tensor
    out_of: Tensor
    low: Tensor
    high: Tensor


@dataclass(frozen=True, eq=False)
class PictureAutoencoder:
    """Codes of pictures like those it has learned: the first numbers carry what is linear in the model's scores.

    `leftover`: what the autoencoder cannot bring back, such as speckle, is added to what it makes, so that a code with the
    values it came with is the picture itself.
    """

    encoder: Standardized
    decoder: Decoder
    turned: Turned
    leftover: bool = True

    __repr__ = told_settings

    def encode(self, picture: Tensor) -> Code:
        """The code of a picture (C, H, W): as many numbers as the autoencoder has."""
        values = self.codes(picture[None])[0]
        pairs = zip(self.turned.low.tolist(), self.turned.high.tolist(), strict=True)
        directions = tuple(
            Direction("value", "attribute", f"attribute {number}", low, high) for number, (low, high) in enumerate(pairs)
        )
        source = picture.detach().cpu().float()
        left = source - self._made(values[None])[0] if self.leftover else torch.zeros_like(source)
        return Code(values, directions, left)

    def decode(self, code: Code, values: Tensor) -> Tensor:
        """(n, C, H, W) in [0, 1]"""
        whole: Tensor = (self._made(values) + code.memory).clamp(0, 1)
        return whole

    def codes(self, pictures: Tensor) -> Tensor:
        """(N, D) float64"""
        with torch.no_grad():
            points: Tensor = self.encoder(pictures.detach().cpu().float())
        return (points.double() - self.turned.center) @ self.turned.into

    def reconstructed(self, pictures: Tensor) -> Tensor:
        """(N, C, H, W) what the autoencoder makes of the pictures by itself, without what it leaves over."""
        return self._made(self.codes(pictures)).to(pictures)

    def _made(self, values: Tensor) -> Tensor:
        points = values.detach().cpu().double() @ self.turned.out_of + self.turned.center
        with torch.no_grad():
            made: Tensor = self.decoder(points.float())
        return made


def picture_autoencoder(
    model: Classifier, pictures: Tensor, recipe: AutoencoderRecipe | None = None, *, seed: int = 0
) -> PictureAutoencoder:
    """An autoencoder of pictures (N, C, H, W) in [0, 1], trained on the CPU, for explaining this model.

    Raises: InputError, where there are fewer pictures than numbers of a code, or the training fails; Cancelled, before a pass.
    """
    recipe = AutoencoderRecipe() if recipe is None else recipe
    if pictures.ndim != 4 or len(pictures) <= recipe.width:
        raise InputError(
            f"`pictures` must be more than {recipe.width} pictures (N, C, H, W). Got shape {tuple(pictures.shape)}. "
            "Give more pictures or a smaller `width`."
        )
    adapter, known = classifier(model), pictures.detach().cpu().float()
    with construction(seed_for(seed, "picture autoencoder")):
        encoder, decoder = autoencoder(tuple(known.shape[1:]), usual_side(*known.shape[2:]), recipe.width)
    scores = _log_scores(adapter, adapter(pictures))
    with one_thread(), torch.inference_mode(False), adapter.held():
        _learn(nn.ModuleList([encoder, decoder]), _Lesson(adapter, known.clone(), scores.clone(), recipe), seed)
    plain = PictureAutoencoder(encoder.eval(), decoder.eval(), _unturned(recipe.width))
    return replace(plain, turned=turned(plain.codes(known), scores))


class _Lesson(NamedTuple):
    """What is learned from: the pictures, and the logarithms (N, K) of what the model says of them."""

    model: ClassifierAdapter
    pictures: Tensor
    scores: Tensor
    recipe: AutoencoderRecipe


def _learn(parts: nn.ModuleList, lesson: _Lesson, seed: int) -> None:
    recipe, weights = lesson.recipe, list(parts.parameters())
    optimizer = torch.optim.Adam(weights, lr=recipe.learning_rate)
    steps = -(-len(lesson.pictures) // recipe.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.learning_rate, epochs=recipe.epochs, steps_per_epoch=steps)
    with torch.enable_grad():
        for epoch in track(range(recipe.epochs), "learning pictures"):
            for rows in batches(len(lesson.pictures), recipe.batch_size, seed, "picture autoencoder", epoch):
                optimizer.zero_grad()
                loss = _loss(parts, lesson, rows)
                # Of these weights only: the model's own gradients are left as they are.
                torch.autograd.backward(loss, inputs=weights)
                optimizer.step()
                schedule.step()
            checked_loss(float(loss.detach()), "Give a smaller `learning_rate`.")


def _loss(parts: nn.ModuleList, lesson: _Lesson, rows: Tensor) -> Tensor:
    encoder, decoder = parts
    pictures = lesson.pictures[rows]
    made = decoder(encoder(pictures))
    loss = mse_loss(made, pictures, reduction="sum") / len(rows) / (2 * DEVIATION**2)
    if lesson.recipe.consistency and isinstance(lesson.model, TorchClassifier):
        said = _log_scores(lesson.model, lesson.model.forward(made))
        loss = loss + lesson.recipe.consistency * kl_div(said, lesson.scores[rows], log_target=True, reduction="batchmean")
    return loss


def _log_scores(model: ClassifierAdapter, scores: Tensor) -> Tensor:
    """(N, K) float32 logarithms of probabilities."""
    if model.score_unit == "probability":
        return scores.cpu().float().clamp_min(LEAST).log()
    return log_softmax(scores.cpu().float(), 1)


def _unturned(width: int) -> Turned:
    same = torch.eye(width, dtype=torch.float64, device="cpu")
    none = torch.zeros(width, dtype=torch.float64, device="cpu")
    return Turned(none, same, same, none, none)


def turned(points: Tensor, scores: Tensor) -> Turned:
    """How codes (N, D) are turned: uncorrelated and of variance 1, first those that best tell the scores (N, K) by a line.

    The best lines are those of a regression on all codes, in the order of what they tell; the others follow by their variance.
    """
    center = points.mean(0)
    _, spread, axes = torch.linalg.svd(points - center, full_matrices=False)
    kept = spread > FLAT * spread[0]
    deviation = spread[kept] / len(points) ** 0.5
    whitened = (points - center) @ axes[kept].T / deviation
    lines = whitened.T @ (scores.double() - scores.double().mean(0)) / len(points)
    told = torch.linalg.svd(lines, full_matrices=False)
    useful = told.U[:, told.S.gt(FLAT * told.S[0].clamp_min(LEAST))]
    basis, upper = torch.linalg.qr(torch.cat([useful, torch.eye(len(lines), dtype=torch.float64, device="cpu")], 1))
    basis[:, : useful.shape[1]] *= upper.diagonal()[: useful.shape[1]].sign()
    into = axes[kept].T / deviation @ basis
    codes = (points - center) @ into
    return Turned(center, into, basis.T @ (axes[kept] * deviation[:, None]), codes.amin(0), codes.amax(0))
