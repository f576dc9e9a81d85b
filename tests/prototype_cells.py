"""An encoder of pictures that anyone can compute by hand, for the tests of prototypes on every floor."""

from torch import Tensor, nn

from xaivision.models.prototypes.encoders import Encoder


class Cells(Encoder):
    """The mean color of each of `count` x `count` cells of a square picture: (B, C, count, count)."""

    def __init__(self, count: int = 2) -> None:
        super().__init__()
        self.count = count
        self.add_on = nn.Identity()

    def features(self, images: Tensor) -> Tensor:
        return nn.functional.avg_pool2d(images, images.shape[2] // self.count)
