"""Autoencoders of the user's own pictures as generators: few numbers a picture, turned so that the model's scores hang on few."""

from dataclasses import dataclass, replace
from pathlib import Path
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
from xaivision.models.generators.autoencoder_progress import AutoencoderProgress, Course, training_key
from xaivision.models.passes import batches, checked_loss
from xaivision.models.training import one_thread

# Directions of the code that vary by less than this share of the most varied one say nothing.
FLAT = 1e-4
# Probabilities below are as good as none.
LEAST = 1e-6


@dataclass(frozen=True)
class AutoencoderRecipe:
    """`width` numbers a picture, learned in `epochs` passes in batches of `batch_size`, by Adam with this learning rate.

    What comes back is to be like the picture, its squared error taken as a share of the pictures' variance. Beside that count:
    `consistency`: how far the model's scores of what comes back are from those of the picture (in nats). `turning`: how far they
    are from the scores of another picture, where those are put in the place of its own. Only models that give gradients can
    teach the two. `conditional`: the model's scores are numbers of the code themselves, beside the `width` others.
    """

    width: int = 16
    epochs: int = 40
    batch_size: int = 32
    learning_rate: float = 2e-3
    consistency: float = 5.0
    turning: float = 1.0
    conditional: bool = True

    def __post_init__(self) -> None:
        for name in ("width", "epochs", "batch_size"):
            check_positive_integer(name, getattr(self, name))
        check_positive_number("learning_rate", self.learning_rate)
        for name in ("consistency", "turning"):
            check_number_from_zero(name, getattr(self, name))


class Turned(NamedTuple):
    """Codes from what the encoder gives: (points - center) @ into, and back with `out_of`. Each has variance 1."""

    center: Tensor
    into: Tensor
    out_of: Tensor
    low: Tensor
    high: Tensor


@dataclass(frozen=True, eq=False)
class Condition:
    """What a `model` says of a picture as numbers of its code: logarithms of probabilities, less `center`, over `scale` (K,)."""

    model: ClassifierAdapter
    center: Tensor
    scale: Tensor

    def numbers(self, pictures: Tensor) -> Tensor:
        """(N, K) float32"""
        return self.of(log_scores(self.model, self.model(pictures)))

    def of(self, scores: Tensor) -> Tensor:
        """(N, K) float32, of such logarithms."""
        return (scores - self.center) / self.scale


@dataclass(frozen=True, eq=False)
class PictureAutoencoder:
    """Codes of pictures like those it has learned: the first numbers carry what is linear in the model's scores.

    `shape`: that of a picture (C, H, W). `condition`: the model whose scores are part of the codes, where they are. `leftover`:
    what the autoencoder cannot bring back, such as speckle, is added to what it makes, so that a code with the values it came
    with is the picture itself.
    """

    encoder: Standardized
    decoder: Decoder
    turned: Turned
    shape: tuple[int, ...]
    condition: Condition | None = None
    leftover: bool = True

    __repr__ = told_settings

    @property
    def width(self) -> int:
        """How many numbers of a code are encoded, without those that the model says."""
        return len(self.turned.center) - (0 if self.condition is None else len(self.condition.center))

    def save(self, path: str | Path) -> Path:
        """Write it to one safetensors file (no pickle), from which `xv.load_picture_autoencoder` gives it back; the file's path.

        Raises: FileNotFoundError, where its folder does not exist; OSError, where it cannot be written.
        """
        from xaivision.models.generators.autoencoder_file import save_autoencoder

        return save_autoencoder(self, path)

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
        if self.condition is not None:
            points = torch.cat([points, self.condition.numbers(pictures)], 1)
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
    model: Classifier,
    pictures: Tensor,
    recipe: AutoencoderRecipe | None = None,
    *,
    seed: int = 0,
    checkpoint: str | Path | None = None,
) -> PictureAutoencoder:
    """An autoencoder of pictures (N, C, H, W) in [0, 1], trained on the CPU, for explaining this model.

    `checkpoint`: a folder in which is kept, after every pass, where the training stands, under what it comes from (pictures,
    model, recipe, seed): what was stopped goes on there, and what was finished there is taken as it is.

    After Singla et al., 2020, arXiv:1911.00483, where a generator that is told what the classifier should say makes pictures of
    which it does say so, and the picture itself where that is what it says (`turning`, `consistency`); by an autoencoder instead
    of their adversarial network. That decisions have to come back, and that sliders are found by their effect, is StylEx: Lang
    et al., 2021, arXiv:2104.13369.

    Raises: InputError, where there are fewer pictures than numbers of a code, or the training fails; Cancelled, before a pass;
    OSError, where the folder cannot be written.
    """
    recipe = AutoencoderRecipe() if recipe is None else recipe
    if pictures.ndim != 4 or len(pictures) <= recipe.width:
        raise InputError(
            f"`pictures` must be more than {recipe.width} pictures (N, C, H, W). Got shape {tuple(pictures.shape)}. "
            "Give more pictures or a smaller `width`."
        )
    adapter, known = classifier(model), pictures.detach().cpu().float()
    scores = log_scores(adapter, adapter(pictures))
    condition = Condition(adapter, scores.mean(0), scores.std(0).clamp_min(LEAST)) if recipe.conditional else None
    numbers = recipe.width + (scores.shape[1] if condition is not None else 0)
    with construction(seed_for(seed, "picture autoencoder")):
        encoder, decoder = autoencoder(tuple(known.shape[1:]), usual_side(*known.shape[2:]), (recipe.width, numbers))
    lesson = _Lesson(adapter, known.clone(), scores.clone(), recipe, condition, known.var(0).mean().clamp_min(LEAST))
    key = "" if checkpoint is None else training_key(adapter, known, scores, recipe, seed)
    progress = None if checkpoint is None else AutoencoderProgress(Path(checkpoint), key)
    with one_thread(), torch.inference_mode(False), adapter.held():
        _learn(nn.ModuleList([encoder, decoder]), lesson, seed, progress)
    plain = PictureAutoencoder(encoder.eval(), decoder.eval(), _unturned(numbers), tuple(known.shape[1:]), condition)
    return replace(plain, turned=turned(plain.codes(pictures), scores))


class _Lesson(NamedTuple):
    """What is learned from: the pictures with their `variance`, and the logarithms (N, K) of what the model says of them."""

    model: ClassifierAdapter
    pictures: Tensor
    scores: Tensor
    recipe: AutoencoderRecipe
    condition: Condition | None
    variance: Tensor


def _learn(parts: nn.ModuleList, lesson: _Lesson, seed: int, progress: AutoencoderProgress | None) -> None:
    recipe, weights = lesson.recipe, list(parts.parameters())
    optimizer = torch.optim.Adam(weights, lr=recipe.learning_rate)
    steps = -(-len(lesson.pictures) // recipe.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.learning_rate, epochs=recipe.epochs, steps_per_epoch=steps)
    course = Course(parts, optimizer, schedule)
    done = 0 if progress is None else progress.read(course)
    with torch.enable_grad():
        for epoch in track(range(done, recipe.epochs), "learning pictures"):
            for rows in batches(len(lesson.pictures), recipe.batch_size, seed, "picture autoencoder", epoch):
                optimizer.zero_grad()
                loss = _loss(parts, lesson, rows)
                # Of these weights only: the model's own gradients are left as they are.
                torch.autograd.backward(loss, inputs=weights)
                optimizer.step()
                schedule.step()
            checked_loss(float(loss.detach()), "Give a smaller `learning_rate`.")
            if progress is not None:
                progress.write(course, epoch + 1)


def _loss(parts: nn.ModuleList, lesson: _Lesson, rows: Tensor) -> Tensor:
    encoder, decoder = parts
    recipe, pictures, scores = lesson.recipe, lesson.pictures[rows], lesson.scores[rows]
    points = encoder(pictures)
    made = decoder(_conditioned(points, lesson.condition, scores))
    loss: Tensor = mse_loss(made, pictures) / lesson.variance
    if not isinstance(lesson.model, TorchClassifier):
        return loss
    if recipe.consistency:
        loss = loss + recipe.consistency * _divergence(lesson.model, made, scores)
    if recipe.turning and lesson.condition is not None and len(rows) > 1:
        others = scores.roll(1, 0)
        change = decoder(_conditioned(points, lesson.condition, others)) - made
        loss = loss + recipe.turning * _divergence(lesson.model, (pictures + change).clamp(0, 1), others)
    return loss


def _conditioned(points: Tensor, condition: Condition | None, scores: Tensor) -> Tensor:
    return points if condition is None else torch.cat([points, condition.of(scores)], 1)


def _divergence(model: TorchClassifier, pictures: Tensor, scores: Tensor) -> Tensor:
    """In nats, from what the model should say of the pictures (N, K) to what it says: the mean."""
    said = log_scores(model, model.forward(pictures))
    return kl_div(said, scores, log_target=True, reduction="batchmean")


def log_scores(model: ClassifierAdapter, scores: Tensor) -> Tensor:
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
