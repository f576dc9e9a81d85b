"""What every method over the maps of a layer answers with, and what it must confess."""

from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.diagnostics import Note
from xaivision.core.question import Question
from xaivision.engines.activation_maps import spread_over_input

# A tenth of the map on weights that hardly exist is a map to doubt.
MOST_UNSTABLE = 0.1


def map_answer(q: Question, maps: Tensor, *, positive_only: bool) -> Attribution:
    """Contributions (B, 1, H, W) from one value a cell (B, 1, h, w), the sum kept."""
    if positive_only:
        maps = maps.clamp_min(0)
    height, width = q.query.inputs.shape[2:]
    return q.attribution(spread_over_input(maps, height, width).to(q.query.inputs), "contribution")


def doubt_unstable_weights(q: Question, unstable: Tensor, why: str) -> None:
    """Warn about inputs (B,) more than a tenth of whose map hangs on weights that are hardly defined."""
    for index in (unstable > MOST_UNSTABLE).nonzero().flatten().tolist():
        q.note(Note("warn", f"{float(unstable[index]):.0%} of the map hangs on weights that are hardly defined: {why}", (index,)))


def doubt_left_out_channels(q: Question, activations: Tensor, channels: Tensor) -> None:
    """Warn where only some channels were tried, and say how much of the layer's activity the others have."""
    if channels.shape[1] == activations.shape[1]:
        return
    sizes = activations.double().square().sum((2, 3)).cpu()
    held = sizes.gather(1, channels).sum(1) / sizes.sum(1)
    for index, share in enumerate(held.tolist()):
        text = (
            f"only {channels.shape[1]} of {activations.shape[1]} channels were tried, those with the largest activations; "
            f"they hold {share:.0%} of the squared activations"
        )
        q.note(Note("warn", text, (index,)))


def refuse_contrasts(q: Question) -> None:
    """Refuse to say why one class and not another with a map that no class has a part in."""
    if q.query.target.against is not None or q.query.target.output == "margin":
        q.note(Note("refuse", "the map is the same for every class: it cannot say why one class and not another"))
