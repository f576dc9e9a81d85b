"""The picture of a model card: what the test pictures of each class were called, and how far confidence can be believed."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from xaivision.models.learned_card import LearnedCard
from xaivision.models.trained_scores import ReliabilityPart
from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, Layout
from xaivision.report.lettering import shortened, width_of, write
from xaivision.report.palette import FAINT_INK, HAIRLINE, INK, LINE_COLORS
from xaivision.report.wording import counted, plain

# Side of a square of the matrix, of the whole cell, and of the room for names, in inches.
SQUARE, LEAST, MOST_NAMES, FOOT = 0.42, 3.2, 1.5, 0.5
# Beyond this many classes numbers would be too small to read, and squares speak alone.
MOST_WITH_NUMBERS = 20
# A square with a darker fill than this has white numbers.
DARK = 0.55
SHADES = ("#ffffff", "#0b4f7d")


def trained_figure(card: LearnedCard) -> Figure:
    """The confusion matrix, each row shaded by its shares, beside the reliability diagram."""
    scores = card.scores
    side = min(max(LEAST, SQUARE * len(card.counts) + MOST_NAMES), 9.0)
    canvas = Canvas(
        Layout(2, side, side),
        [
            plain(card.name),
            f"accuracy {scores.accuracy:.3f} [{scores.accuracy_low:.3f}, {scores.accuracy_high:.3f}], balanced accuracy "
            f"{scores.balanced_accuracy:.3f}, on {counted(scores.count, 'test picture')}",
        ],
        [
            Caption("What is a row was called a column", None, ()),
            Caption(f"Reliability: calibration error {scores.calibration_error:.3f}", None, ()),
        ],
        [] if card.pretrained else ["The backbone began with random weights: it had learned nothing."],
    )
    _draw_confusion(canvas.axes(0), card, side)
    _draw_reliability(canvas.axes(1), scores.reliability, side)
    return canvas.figure


def _draw_confusion(axes: Axes, card: LearnedCard, side: float) -> None:
    names = [plain(one.name) for one in card.counts]
    room = min(MOST_NAMES, max(width_of(name, CAPTION_SIZE) for name in names) + 0.15)
    plot = axes.inset_axes((room / side, room / side, 1 - room / side, 1 - room / side))
    count = len(names)
    plot.set_axis_off()
    plot.set_xlim(0, count)
    plot.set_ylim(count, 0)
    for row, counts in enumerate(card.scores.confusion):
        for column, value in enumerate(counts):
            _square(plot, (column, row), value, sum(counts), count)
    upright = max(width_of(name, CAPTION_SIZE) for name in names) < (side - room) / count
    for number, name in enumerate(names):
        text = shortened(name, room - 0.1, CAPTION_SIZE)
        middle = (number + 0.5) / count * (1 - room / side)
        write(axes, (room / side - 0.02, 1 - middle), text, CAPTION_SIZE, ha="right", va="center")
        write(
            axes,
            (room / side + middle, room / side - 0.02),
            text,
            CAPTION_SIZE,
            ha="center",
            va="top",
            rotation=0 if upright else 90,
        )


def _square(plot: Axes, place: tuple[int, int], value: int, of: int, count: int) -> None:
    share = value / of if of else 0.0
    plot.add_patch(Rectangle(place, 1, 1, facecolor=_shade(share), edgecolor=HAIRLINE, linewidth=0.5))
    if value and count <= MOST_WITH_NUMBERS:
        color = "#ffffff" if share > DARK else INK
        middle = (place[0] + 0.5, place[1] + 0.5)
        plot.text(*middle, str(value), ha="center", va="center", fontsize=CAPTION_SIZE, color=color)


def _shade(share: float) -> str:
    """Between white and the darkest, by the square root: a few mistakes of many are still seen."""
    ends = [[int(color[start : start + 2], 16) for start in (1, 3, 5)] for color in SHADES]
    mixed = [round(low + (high - low) * share**0.5) for low, high in zip(*ends, strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _draw_reliability(axes: Axes, parts: tuple[ReliabilityPart, ...], side: float) -> None:
    """Dots as large as the share of pictures that they stand for, against the line on which confidence is what it says."""
    plot = axes.inset_axes((FOOT / side, FOOT / side, 1 - FOOT / side - 0.02, 1 - FOOT / side - 0.02))
    plot.set_xlim(-0.02, 1.02)
    plot.set_ylim(-0.02, 1.02)
    plot.plot([0, 1], [0, 1], color=FAINT_INK, linewidth=0.8, linestyle=(0, (4, 3)))
    total = sum(part.count for part in parts)
    for part in parts:
        size = 14 + 260 * part.count / total
        plot.scatter([part.confidence], [part.right], s=size, color=LINE_COLORS[0], alpha=0.75, linewidths=0, clip_on=False)
    plot.plot([part.confidence for part in parts], [part.right for part in parts], color=LINE_COLORS[0], linewidth=1)
    plot.set_xlabel("how sure the classifier is", fontsize=CAPTION_SIZE, color=INK)
    plot.set_ylabel("how often it is right", fontsize=CAPTION_SIZE, color=INK)
    plot.set_xticks([0, 0.5, 1])
    plot.set_yticks([0, 0.5, 1])
    plot.tick_params(labelsize=CAPTION_SIZE, colors=FAINT_INK, length=2)
    for edge in ("top", "right"):
        plot.spines[edge].set_visible(False)
    for edge in ("left", "bottom"):
        plot.spines[edge].set_color(HAIRLINE)
