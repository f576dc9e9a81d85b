"""The picture of a surrogate's tree: questions from the left, leaves at the right with what they give and how often."""

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from xaivision.core.errors import CapabilityError
from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, Layout
from xaivision.report.class_colors import CLASSES, class_color, draw_legend, legend_height
from xaivision.report.lettering import line_height, shortened, write
from xaivision.report.palette import FAINT_INK, HAIRLINE, INK
from xaivision.report.surrogate_questions import question_lines, question_width
from xaivision.report.wording import counted, plain
from xaivision.surrogates.decision_tree import DecisionTree
from xaivision.surrogates.stand_in import TreeStandIn
from xaivision.surrogates.study import SurrogateStudy

# Inches of a leaf's row, of its bar, and of its words; of the gap before a question's words and of what is behind them.
ROW, BAR, WORDS, GAP, BEHIND = 0.3, 0.9, 2.3, 0.1, 0.24
LINE = line_height(CAPTION_SIZE)
# Rows below this are drawn thin.
THICKEST = 5.0


def tree_figure(study: SurrogateStudy) -> Figure:
    """The tree: a question's upper branch is where it holds; lines are as thick as many held-out rows take them.

    Raises: CapabilityError, where the surrogate has no tree.
    """
    stand_in = study.surrogate.model
    if not isinstance(stand_in, TreeStandIn):
        raise CapabilityError(f"Only a surrogate of kind 'tree' has a tree to draw. Got {study.plan.kind!r}.")
    tree, classes = stand_in.tree, tuple(map(plain, study.surrogate.class_names[:CLASSES]))
    sizes = _Sizes(question_width(study) + GAP + BEHIND, max(1, tree.depth), len(tree.leaves))
    canvas = Canvas(
        Layout(1, sizes.width, len(tree.leaves) * ROW),
        [
            f"A tree that stands in for {plain(type(study.black_box.model).__name__)}"
            + (" near one row" if study.near is not None else ""),
            f"agreement {study.fidelity.agreement} and R\N{SUPERSCRIPT TWO} {study.fidelity.r2} on "
            f"{study.fidelity.rows} held-out rows; as many random features: {study.random.agreement.value:.3f} and "
            f"{study.random.r2.value:.3f}",
        ],
        [Caption("Upper branch: the condition holds", None, ())],
        [
            "Leaves: mean probabilities of the classes, the class that is decided, and of the held-out rows there the share to "
            "which the black box gives that class. Lines are as thick as many held-out rows take them."
            + (
                f" Colors name the first {CLASSES} classes and then repeat." if len(classes) < study.surrogate.num_classes else ""
            ),
        ],
        bar_height=legend_height(classes, sizes.width) + GAP,
    )
    axes = canvas.axes(0)
    axes.set_xlim(0, sizes.width)
    axes.set_ylim(len(tree.leaves), 0)
    _draw(axes, study, tree, sizes)
    draw_legend(canvas.bar_axes(sizes.width, legend_height(classes, sizes.width), drop=0.0), classes, sizes.width)
    return canvas.figure


@dataclass(frozen=True)
class _Sizes:
    """Inches of a `level` of the tree, and how many `levels` and `leaves` there are."""

    level: float
    levels: int
    leaves: int

    @property
    def width(self) -> float:
        return self.levels * self.level + BAR + WORDS


def _draw(axes: Axes, study: SurrogateStudy, tree: DecisionTree, sizes: _Sizes) -> None:
    heights = _heights(tree)
    taken = _taken(study, tree)
    for node, height in heights.items():
        left = (len(tree.way_to(node)) - 1) * sizes.level
        if tree.left[node] < 0:
            axes.plot((left, sizes.width - BAR - WORDS), (height, height), color=HAIRLINE, lw=0.8, zorder=1)
            _leaf(axes, study, node, height, sizes)
            continue
        for child in (int(tree.left[node]), int(tree.right[node])):
            thick = 0.6 + THICKEST * taken.get(child, 0) / max(1, len(study.held_out))
            corner = left + sizes.level - 0.12
            places = ((left + GAP, corner, corner, left + sizes.level), (height, height, heights[child], heights[child]))
            axes.plot(*places, color=FAINT_INK, lw=thick, zorder=2, solid_joinstyle="round", alpha=0.55)
        for above, line in enumerate(reversed(question_lines(study, node))):
            place = ((left + GAP) / sizes.width, 1 - (height - 0.14 - above * LINE / ROW) / sizes.leaves)
            write(axes, place, line, CAPTION_SIZE, color=INK, zorder=4)


def _leaf(axes: Axes, study: SurrogateStudy, leaf: int, height: float, sizes: _Sizes) -> None:
    start = sizes.width - BAR - WORDS
    for label, share in enumerate(study.surrogate.tree.values[leaf].tolist()):
        axes.add_patch(Rectangle((start, height - 0.3), BAR * share, 0.6, fc=class_color(label), lw=0, zorder=3))
        start += BAR * share
    rule = next(rule for rule in study.rules if rule.place == leaf)
    how = f"{100 * rule.confidence:.0f} % of {counted(rule.support, 'row')}" if rule.support else "no held-out row"
    words = f"{plain(study.surrogate.class_names[rule.label])}: {how}"
    place = ((sizes.width - WORDS + 0.08) / sizes.width, 1 - (height + 0.16) / sizes.leaves)
    write(axes, place, shortened(words, WORDS - 0.1, CAPTION_SIZE), CAPTION_SIZE, color=INK)


def _heights(tree: DecisionTree) -> dict[int, float]:
    """The place of each node from the top, in rows of leaves: that of a question is between its branches'."""
    found = {leaf: place + 0.5 for place, leaf in enumerate(tree.leaves)}

    def placed(node: int) -> float:
        if node not in found:
            found[node] = (placed(int(tree.left[node])) + placed(int(tree.right[node]))) / 2
        return found[node]

    placed(0)
    return found


def _taken(study: SurrogateStudy, tree: DecisionTree) -> dict[int, int]:
    """How many held-out rows come to each node."""
    found: dict[int, int] = {}
    for rule in study.rules:
        for node in tree.way_to(rule.place):
            found[node] = found.get(node, 0) + rule.support
    return found
