"""Scores of one method with controls beside it, of given values."""

import torch

from xaivision.core.random import generator
from xaivision.core.scores import Scores
from xaivision.evaluation.standing import DRAWS


def made(
    values: list[float], controls: dict[str, list[float]], draws: dict[str, torch.Tensor] | None = None, higher: bool = False
) -> Scores:
    """Scores with controls of these values; those named in `draws` keep their draws, (B, n)."""
    rivals = {
        name: Scores(
            "m",
            name,
            torch.tensor(numbers, dtype=torch.float64),
            higher,
            details={DRAWS: draws[name]} if draws and name in draws else {},
        )
        for name, numbers in controls.items()
    }
    return Scores("m", "method", torch.tensor(values, dtype=torch.float64), higher, controls=rivals)


def chance(means: list[float], draws: int = 10, spread: float = 0.1) -> torch.Tensor:
    """(B, n) draws around these means, the standard deviation of whose mean over inputs is `spread`."""
    noise = torch.randn(draws, generator=generator(0), dtype=torch.float64)
    noise = spread * (noise - noise.mean()) / noise.std()
    return torch.tensor(means, dtype=torch.float64)[:, None] + noise
