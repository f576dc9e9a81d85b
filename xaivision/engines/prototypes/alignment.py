"""How far a deep map has left what a shallow one shows: which places of a picture are alike."""

import torch
from torch import Tensor
from torch.nn import functional as F

# By so much two cosines may differ for nothing.
SLACK = 0.1


def folded(maps: Tensor, height: int, width: int) -> Tensor:
    """(B, C k l, height, width) of maps (B, C, k height, l width): all that lies in a cell of the coarser grid is its channels.

    Maps whose sides are no multiples are brought to the nearest ones that are, bilinearly.
    """
    across, along = (max(1, round(fine / coarse)) for fine, coarse in zip(maps.shape[2:], (height, width), strict=True))
    if maps.shape[2:] != (height * across, width * along):
        maps = F.interpolate(maps, (height * across, width * along), mode="bilinear", align_corners=False)
    cells = maps.reshape(*maps.shape[:2], height, across, width, along)
    return cells.permute(0, 1, 3, 5, 2, 4).flatten(1, 3)


def likeness_of_places(maps: Tensor) -> Tensor:
    """(B, N, N) the cosine between any two of the N places of maps (B, C, h, w)."""
    directions = F.normalize(maps.flatten(2), dim=1)
    return directions.transpose(1, 2) @ directions


def misalignment(deep: Tensor, shallow: Tensor, places: Tensor, counted: Tensor) -> Tensor:
    """(B,) by how much more than 0.1 the deep cosines between a prototype's place and all others are off the shallow ones.

    `deep` (B, D, h, w): a map; `shallow` (B, N, N): the cosines between its N places that are held to be right, which get no
    gradient. `places` (B, P): the best one of each prototype, row by row; `counted` (B, P): which prototypes the mean is over.

    Source: Huang et al., 2022, arXiv:2212.05946, section 4.1.
    """
    directions = F.normalize(deep.flatten(2), dim=1)
    chosen = directions.gather(2, places[:, None].expand(-1, directions.shape[1], -1))
    found = chosen.transpose(1, 2) @ directions
    known = shallow.detach().gather(1, places[:, :, None].expand(-1, -1, shallow.shape[2])).to(found)
    excess = ((found - known).abs() - SLACK).clamp_min(0).mean(2)
    return torch.where(counted, excess, 0).sum(1) / counted.sum(1)
