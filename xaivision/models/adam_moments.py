"""Parameters in training with the moments that Adam keeps of their gradients, as tensors of a file."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

NOW = "now."
Parameters = Mapping[str, nn.Parameter]


def moments(trained: Parameters, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Copies on the CPU of the parameters, `now.NAME`, and of what the optimizer keeps of each, such as `exp_avg.NAME`."""
    tensors: dict[str, Tensor] = {}
    for name, part in trained.items():
        tensors[f"{NOW}{name}"] = part.detach().cpu().clone()
        for moment, value in optimizer.state[part].items():
            tensors[f"{moment}.{name}"] = value.detach().cpu().clone()
    return tensors


def put_moments(tensors: Mapping[str, Tensor], trained: Parameters, optimizer: torch.optim.Optimizer) -> None:
    """Put them back in place.

    Raises: KeyError or RuntimeError, where they are those of another network.
    """
    for name, part in trained.items():
        with torch.no_grad():
            part.copy_(tensors[f"{NOW}{name}"])
        kept: dict[str, Any] = {moment: tensors[f"{moment}.{name}"].to(part.device) for moment in ("exp_avg", "exp_avg_sq")}
        optimizer.state[part] = {"step": tensors[f"step.{name}"], **kept}
