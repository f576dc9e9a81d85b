"""Attributes: the directions of a generator that move a model's decision most, found over a set of pictures."""

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.generator import Code, Direction, Generator
from xaivision.core.origin import told_settings
from xaivision.core.progress import track
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import TargetScore
from xaivision.core.wrapping import classifier
from xaivision.engines.counterfactuals.space import on_steps
from xaivision.explainers.counterfactuals.picture_hunting import eight_bits

# Pictures that are made and asked about at once.
PART = 64
STEPS = 7


@dataclass(frozen=True, eq=False)
class Attributes:
    """The `k` directions of a `generator`, by their `numbers` and names, that turn most decisions, each beside those before it.

    `effects` (k,): by how much the lead of the predicted class falls, on average, when the direction goes to the end of its
    range that harms it more; `all_effects` (D,) those of every direction. `flips` (k,): share of the pictures whose decision one
    of the first 1, 2, ... turns. `preserved`: share of the pictures that are decided the same as the generator makes them (one
    that has `reconstructed` by that), and `divergence`, the mean Kullback-Leibler divergence of what the model says of the two
    in nats.
    """

    generator: Generator
    numbers: tuple[int, ...]
    directions: tuple[Direction, ...] = field(repr=False)
    effects: Tensor
    all_effects: Tensor
    flips: Tensor
    preserved: float
    divergence: float

    __repr__ = told_settings

    def strip(self, model: Classifier, picture: Tensor, place: int, steps: int = STEPS) -> tuple[Tensor, Tensor, Tensor]:
        """(n, C, H, W) the picture with its attribute at this `place` of the list from low to high, of 256 levels as it is shown,
        the values (n,) it has, and the model's scores (n, K).
        """
        code, number = self.generator.encode(picture), self.numbers[place]
        one = code.directions[number]
        count = len(one.choices) or steps
        values = torch.linspace(one.low, one.high, count, dtype=torch.float64, device="cpu")
        kept = on_steps(values, torch.tensor(one.step, dtype=torch.float64, device="cpu"), torch.round)
        values = torch.tensor(sorted(set(kept.tolist())), dtype=torch.float64, device="cpu")
        rows = code.values.repeat(len(values), 1)
        rows[:, number] = values
        pictures = eight_bits(self.generator.decode(code, rows).to(picture))
        return pictures, values, classifier(model)(pictures)


class _Trials(NamedTuple):
    """Which direction each trial moves (t,), and the codes (t, D)."""

    numbers: Tensor
    rows: Tensor


def find_attributes(model: Classifier, generator: Generator, pictures: Tensor, k: int = 4, *, shift: float = 1.0) -> Attributes:
    """The `k` attributes of pictures (N, C, H, W), each direction moved by the share `shift` of the way to either end.

    Taken first is the direction that moves the decisions most; the next one is judged by the pictures that none before it has
    turned. Source: Lang et al., StylEx, ICCV 2021, arXiv:2104.13369 (AttFind).

    Raises: InputError, where the pictures' codes are not alike, or there are fewer directions than `k`.
    """
    check_positive_integer("k", k)
    adapter = classifier(model)
    codes = [generator.encode(picture) for picture in pictures]
    if len({len(code.values) for code in codes}) != 1:
        raise InputError("`generator` must give every picture the same directions. Got codes of different lengths.")
    ones = codes[0].directions
    if k > len(ones):
        raise InputError(f"`k` must be from 1 to the {len(ones)} directions of the generator. Got {k}.")
    with adapter.held():
        scores = adapter(pictures)
        pairs = list(zip(pictures, codes, strict=True))
        drops = torch.stack([_drops(adapter, generator, *pair, shift) for pair in track(pairs, "finding attributes", len(pairs))])
        share, divergence = preserved(adapter, generator, pictures)
    leads = _lead(adapter, scores, scores.argmax(1))
    chosen, flips = _greedy(drops, leads, k)
    means = drops.mean(0)
    names = tuple(ones[number] for number in chosen)
    return Attributes(generator, tuple(chosen), names, means[chosen], means, flips, share, divergence)


def _drops(model: ClassifierAdapter, generator: Generator, picture: Tensor, code: Code, shift: float) -> Tensor:
    """(D,) by how much the lead of the predicted class falls at most with each direction."""
    trials = _trials(code, shift)
    rows = torch.cat([code.values[None], trials.rows])
    made = torch.cat([model(generator.decode(code, part).to(picture)) for part in torch.split(rows, PART)])
    # Beside the generator's own version of the picture: what it cannot make is no effect of a direction.
    predicted = made[0].argmax().expand(len(made))
    leads = _lead(model, made, predicted)
    falls = leads[0] - leads[1:]
    out = torch.full((len(code.values),), -torch.inf, dtype=torch.float64, device="cpu")
    return out.scatter_reduce(0, trials.numbers, falls, "amax").clamp_min(0)


def _trials(code: Code, shift: float) -> _Trials:
    numbers, rows = [], []
    for number, one in enumerate(code.directions):
        own = float(code.values[number])
        ends = range(len(one.choices)) if one.choices else (one.low, one.high)
        for end in ends:
            rows.append(code.values.clone())
            rows[-1][number] = end if one.choices else own + shift * (end - own)
            numbers.append(number)
    return _Trials(torch.tensor(numbers, device="cpu"), torch.stack(rows))


def _lead(model: ClassifierAdapter, scores: Tensor, classes: Tensor) -> Tensor:
    """(n,) float64 how far each class is ahead of the best other one, in logits, or in logarithms of probabilities."""
    logarithms = scores.clamp_min(torch.finfo(scores.dtype).tiny).log() if model.score_unit == "probability" else scores
    return TargetScore(classes.to(scores.device), None, "margin", "logit").of(logarithms).double().cpu()


def _greedy(drops: Tensor, leads: Tensor, k: int) -> tuple[list[int], Tensor]:
    """The directions, one after the other, and the share (k,) of pictures that one of them has turned by then."""
    turned = torch.zeros(len(drops), dtype=torch.bool, device="cpu")
    chosen: list[int] = []
    flips = []
    for _ in range(k):
        left = drops[~turned] if not bool(turned.all()) else drops
        means = left.mean(0)
        means[chosen] = -torch.inf
        chosen.append(int(means.argmax()))
        turned |= drops[:, chosen[-1]] > leads
        flips.append(turned.double().mean())
    return chosen, torch.stack(flips)


def preserved(model: ClassifierAdapter, generator: Generator, pictures: Tensor) -> tuple[float, float]:
    """Share of pictures (N, C, H, W) that are decided the same as the generator makes them, and the mean Kullback-Leibler
    divergence, in nats, of what the model says of the two.
    """
    if hasattr(generator, "reconstructed"):
        made = generator.reconstructed(pictures)
    else:
        codes = [generator.encode(picture) for picture in pictures]
        made = torch.cat([generator.decode(code, code.values[None]) for code in codes])
    scores, said = model(pictures), model(made.to(pictures))
    both = [_logarithms(model, one) for one in (scores, said)]
    divergence = (both[0].exp() * (both[0] - both[1])).sum(1).mean()
    return float((said.argmax(1) == scores.argmax(1)).double().mean()), float(divergence)


def _logarithms(model: ClassifierAdapter, scores: Tensor) -> Tensor:
    found = scores.double()
    return found.clamp_min(1e-12).log() if model.score_unit == "probability" else found.log_softmax(1)
