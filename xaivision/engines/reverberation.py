"""Seabed where there was an object: reverberation drawn from the statistics of the sonar picture itself.

A picture is a slow level (gain, range, water column) times a grain. Both are read off its seabed: levels as medians of blocks,
in which a small target has no say, and the grain off those blocks that are like most others.
"""

import torch
from torch import Tensor
from torch.nn.functional import interpolate, pad

# Blocks of the slow level: about so many on the shorter side, of so many pixels at least.
BLOCKS, SMALLEST_BLOCK = 14, 4
# So many blocks a side vote on the level of one: a target of 2 x 2 blocks is outvoted.
AROUND = 5
# Of the blocks with echoes, those whose level and spread lie in the middle count as seabed: this share of each.
TYPICAL = 0.8
# Darker than this there is no echo: water column, the outside of a fan, or black paint.
NOTHING = 2 / 255


def reverberation(picture: Tensor, noise: Tensor, *, everywhere: bool = False, covered: Tensor | None = None) -> Tensor:
    """(C, H, W) in [0, 1]: a picture of the seabed alone, with the levels, the grain and the gray values that `picture` has.

    `noise` (H, W): standard normal. Its spectrum is shaped as that of the grain, so that ripples stay ripples, and its ranks
    take the grain's values, so that speckle keeps its distribution; of several channels, all move together. Where there are no
    echoes there are none afterwards, or with `everywhere` those of the rest. What lies under `covered` (H, W) has no say in any
    of it, unless it is everything.

    Source: Theiler et al., Testing for nonlinearity in time series, 1992, doi:10.1016/0167-2789(92)90102-S (amplitude adjusted
    surrogates), here for the grain of a picture.
    """
    exact = picture.detach().double().cpu()
    gray = exact.mean(0)
    side = _block_side(gray)
    silent = _silent(gray, side)
    if bool(silent.all()):
        return picture.clone()
    heard = ~silent if covered is None else ~silent & ~_blocks(covered.double().cpu(), side).any(-1)
    heard = heard if bool(heard.any()) else ~silent
    seabed = _seabed(gray, heard, side)
    typical = _blown_up(seabed, gray.shape, side)
    field = _shaped(noise.double().cpu(), _normal_scores(gray / _level(gray, heard, seabed, side), typical))
    drawn = torch.stack([_painted(channel, field, _level(channel, heard, seabed, side), typical) for channel in exact])
    if not everywhere:
        drawn = torch.where(_blown_up(silent, gray.shape, side), exact, drawn)
    return drawn.clamp(0, 1).to(picture)


def _block_side(gray: Tensor) -> int:
    return max(SMALLEST_BLOCK, min(gray.shape) // BLOCKS)


def _blocks(gray: Tensor, side: int) -> Tensor:
    """(rows, columns, side * side) pixels of each block; what is left over at the far edges mirrors what is before it."""
    height, width = (-(-extent // side) * side for extent in gray.shape)
    rows, columns = _mirrored(gray.shape[0], height), _mirrored(gray.shape[1], width)
    whole = gray[rows][:, columns]
    parts = whole.view(height // side, side, width // side, side)
    return parts.transpose(1, 2).flatten(2)


def _mirrored(extent: int, wanted: int) -> Tensor:
    places = torch.arange(wanted, device="cpu")
    return torch.where(places < extent, places, 2 * extent - 2 - places).clamp(0, extent - 1)


def _silent(gray: Tensor, side: int) -> Tensor:
    """(rows, columns) whether a block has no echoes: dark throughout or of one value, and so are those from it to an edge.

    What is so in the middle of the picture is a shadow, or an object that is brighter than the picture can tell.
    """
    from scipy.ndimage import label

    blocks = _blocks(gray, side)
    dark = (blocks <= NOTHING).double().mean(-1) > 0.9
    areas = torch.from_numpy(label((dark | (blocks.amax(-1) - blocks.amin(-1) <= NOTHING)).numpy())[0])
    edges = torch.cat([areas[0], areas[-1], areas[:, 0], areas[:, -1]])
    return torch.isin(areas, edges[edges > 0])


def _seabed(gray: Tensor, heard: Tensor, side: int) -> Tensor:
    """(rows, columns) whether a block is like most others: in relative spread, and in level against its surroundings."""
    blocks = _blocks(gray, side)
    own = blocks.median(-1).values
    around = _voted(own, heard)
    kept = heard.clone()
    for trait in (blocks.std(-1) / around, own / around):
        known = trait[heard]
        tail = (1 - TYPICAL) / 2
        kept &= (trait >= known.quantile(tail)) & (trait <= known.quantile(1 - tail))
    return kept if bool(kept.any()) else heard


def _level(gray: Tensor, heard: Tensor, seabed: Tensor, side: int) -> Tensor:
    """(H, W) the slow level, above 0 everywhere: medians of blocks of seabed, of which neighbors vote, drawn out smoothly."""
    own = _blocks(gray, side).median(-1).values
    level = _voted(own, seabed, otherwise=_voted(own, heard))
    height, width = level.shape[0] * side, level.shape[1] * side
    smooth = interpolate(level[None, None], (height, width), mode="bilinear", align_corners=False)[0, 0]
    return smooth[: gray.shape[0], : gray.shape[1]]


def _voted(level: Tensor, voters: Tensor, otherwise: Tensor | None = None) -> Tensor:
    """(rows, columns) the middle of the voters around each block; where there are none, that of all voters, or as said."""
    heard = level.masked_fill(~voters, torch.nan)
    padded = pad(heard, (AROUND // 2,) * 4, value=torch.nan)  # what is beyond the edge does not vote
    windows = padded.unfold(0, AROUND, 1).unfold(1, AROUND, 1).flatten(2)
    found = _middle_mean(windows)
    return torch.where(found.isnan(), heard.nanmedian() if otherwise is None else otherwise, found).clamp_min(1 / 255)


def _middle_mean(values: Tensor) -> Tensor:
    """The mean of what lies between the quartiles of the last axis, NaN left out: the median would jump between ripples."""
    low, high = (values.nanquantile(share, dim=-1, keepdim=True) for share in (0.25, 0.75))
    return torch.where((values >= low) & (values <= high), values, torch.nan).nanmean(-1)


def _normal_scores(values: Tensor, kept: Tensor) -> Tensor:
    """(H, W) the kept values by their ranks as quantiles of the normal distribution, 0 elsewhere."""
    flat = values[kept]
    ranks = torch.empty_like(flat)
    ranks[flat.argsort(stable=True)] = torch.arange(len(flat), dtype=torch.float64, device="cpu") + 0.5
    scores = torch.zeros_like(values)
    scores[kept] = torch.special.ndtri(ranks / len(flat))
    return scores


def _shaped(noise: Tensor, scores: Tensor) -> Tensor:
    """(H, W) ranks in (0, 1) of a normal field with the noise's phases and the spectrum of the scores."""
    spectrum = torch.fft.rfft2(noise)
    phases = spectrum / spectrum.abs().clamp_min(1e-12)
    field = torch.fft.irfft2(phases * torch.fft.rfft2(scores).abs(), s=noise.shape)
    ranks: Tensor = torch.special.ndtr(field / field.std().clamp_min(1e-12))
    return ranks


def _painted(channel: Tensor, ranks: Tensor, level: Tensor, typical: Tensor) -> Tensor:
    """(H, W) the channel's own level times its grain, whose values are those of the seabed at these ranks."""
    grain = (channel / level)[typical].sort().values
    places = ranks.flatten() * (len(grain) - 1)
    below = places.floor().long().clamp(0, len(grain) - 1)
    above = (below + 1).clamp_max(len(grain) - 1)
    values: Tensor = torch.lerp(grain[below], grain[above], places - below)
    return values.view(channel.shape) * level


def _blown_up(blocks: Tensor, shape: torch.Size, side: int) -> Tensor:
    """(H, W) of what is said of blocks."""
    return blocks.repeat_interleave(side, 0).repeat_interleave(side, 1)[: shape[0], : shape[1]]
