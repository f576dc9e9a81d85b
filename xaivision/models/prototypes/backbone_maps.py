"""What a backbone makes of pictures at one of its layers."""

from typing import Any

from torch import Tensor, nn

from xaivision.core.layers import Layer, watching
from xaivision.core.map_layers import MapLayer


def map_and_end(backbone: nn.Module, at: MapLayer, images: Tensor) -> tuple[Tensor, Tensor]:
    """(B, C, h, w) what the backbone gives at this layer, and what it gives at its end."""
    caught: list[Tensor] = []

    def catch(layer: Layer, output: Any) -> None:
        if layer == at.layer:
            caught.append(output)

    with watching(backbone, {at.layer.name}, catch):
        end: Tensor = backbone(images)
    assert at.layout is not None  # noqa: S101 - the layer was found by a pass in which it was called
    return at.layout.to_maps(caught[-1]), end


def map_at(backbone: nn.Module, at: MapLayer, images: Tensor) -> Tensor:
    """(B, C, h, w) what the backbone gives at this layer; what comes after it is of no use and little cost."""
    return map_and_end(backbone, at, images)[0]
