"""Networks of two classes in double precision, seen from their last linear layer."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True, eq=False)
class NetworkHead:
    """A `module` whose last linear layer, `head`, gives one logit or two. `parameters` and `buffers` are its own in float64: what
    is computed with them leaves the module as it is.
    """

    module: nn.Module
    head: nn.Linear
    parameters: Tensors
    buffers: Tensors

    @property
    def weights(self) -> Tensor:
        """(w + 1,) weights of the log odds of the second class, on the CPU, the constant last."""
        weight, bias = self.head.weight.detach().cpu().double(), self.head.bias
        constant = torch.zeros_like(weight[:, 0]) if bias is None else bias.detach().cpu().double()
        return _odds(torch.cat([weight, constant[:, None]], 1).T)

    @property
    def share(self) -> float:
        """The ridge on the weights of the log odds, as a share of that on the head's: two logits halve it between them."""
        return 1.0 / len(self.head.weight)

    def features(self, table: Tensor) -> Tensor:
        """(m, w) what the head is given for rows (m, d), on the CPU, differentiable."""
        return self._passed(self.parameters, table)[0].cpu().double()

    def odds(self, parameters: Tensors, table: Tensor) -> Tensor:
        """(m,) log odds of the second class with these parameters, differentiable."""
        return _odds(self._passed(parameters, table)[1])

    def _passed(self, parameters: Tensors, table: Tensor) -> tuple[Tensor, Tensor]:
        """What the head is given, and what it gives."""
        seen: list[tuple[Tensor, Tensor]] = []
        hook = self.head.register_forward_hook(lambda _, given, output: seen.append((given[0], output)))
        try:
            device = next(iter(parameters.values())).device  # where the copy is, not the module
            functional_call(self.module, (dict(parameters), dict(self.buffers)), (table.to(device, torch.float64),))
        finally:
            hook.remove()
        return seen[-1]


def network_head(module: nn.Module, row: Tensor) -> NetworkHead | None:
    """The network, seen from the last linear layer that is called for a row (1, d); None where it gives more than two logits."""
    called: list[nn.Linear] = []

    def look(part: nn.Module, _given: object, output: Tensor) -> None:
        if isinstance(part, nn.Linear) and output.ndim == 2:
            called.append(part)

    hooks = [part.register_forward_hook(look) for part in module.modules() if isinstance(part, nn.Linear)]
    parameters, buffers = (
        {name: _double(one) for name, one in found} for found in (module.named_parameters(), module.named_buffers())
    )
    try:
        with torch.no_grad():
            functional_call(module, (parameters, buffers), (row.double(),))
    finally:
        for hook in hooks:
            hook.remove()
    if not called or called[-1].out_features > 2:
        return None
    return NetworkHead(module, called[-1], parameters, buffers)


def _double(tensor: Tensor) -> Tensor:
    detached = tensor.detach()
    return detached.double() if detached.is_floating_point() else detached


def _odds(logits: Tensor) -> Tensor:
    """(m,) of (m, 1) logits of the second class, or of (m, 2)."""
    return logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]
