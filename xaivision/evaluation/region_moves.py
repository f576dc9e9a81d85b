"""Noise in one region at a time: what it does to the score, asked once for all maps and metrics of a job."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.random import generator
from xaivision.core.sharing import shared_work
from xaivision.engines.moved_regions import squared_moves
from xaivision.engines.smoothing import NoisyCopies, input_range
from xaivision.evaluation.measurement import Measurement
from xaivision.evaluation.set_changes import asked_of


@dataclass(frozen=True, eq=False)
class _Asked:
    moves: Tensor


def region_moves(m: Measurement, regions: Tensor, samples: int, noise: float, seed: int) -> Tensor:
    """(B, M) mean squared change of the explained score when Gaussian noise moves one region of `regions` (P,).

    `noise`: its standard deviation as a share of each input's range, or of each column's where a schema knows them.
    """
    inputs, target = m.explanation.query.inputs, m.explanation.query.target
    scale = noise * input_range(inputs, m.model.ranges)
    copies = NoisyCopies(inputs, scale, noise_of(inputs, seed, "region moves"), samples)

    def ask() -> _Asked:
        return _Asked(squared_moves(m.model, copies, target, regions))

    question = (tuple(regions.tolist()), samples, noise, seed, asked_of(target))
    return shared_work(m.model, inputs, "region moves", question, ask).moves


def noise_of(inputs: Tensor, seed: int, purpose: str) -> Callable[[range], Tensor]:
    """(k, *S) standard normal noise for k draws. A generator for each draw: which batch it falls into does not matter."""

    def noise(draws: range) -> Tensor:
        made = [
            torch.randn(inputs.shape[1:], generator=generator(seed, purpose, draw), dtype=torch.float64, device="cpu")
            for draw in draws
        ]
        return torch.stack(made).to(inputs)

    return noise
