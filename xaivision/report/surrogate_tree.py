"""The picture of a surrogate's tree: questions from the left, leaves at the right with what they give and how often."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from xaivision.core.errors import CapabilityError
from xaivision.core.rules import Condition
from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, Layout
from xaivision.report.lettering import shortened, width_of, write
from xaivision.report.palette import FAINT_INK, HAIRLINE, INK, LINE_COLORS
from xaivision.report.wording import counted, plain
from xaivision.surrogates.decision_tree import DecisionTree
from xaivision.surrogates.stand_in import TreeStandIn
from xaivision.surrogates.study import SurrogateStudy
from xaivision.surrogates.surrogate_rules import meant

# Inches of a level, of a leaf's row, of its bar, and of its words; of the gap before a question's words.
LEVEL, ROW, BAR, WORDS, GAP = 2.0, 0.3, 0.9, 2.3, 0.1
# Rows below this are drawn thin.
THICKEST = 5.0


def tree_figure(study: SurrogateStudy) -> Figure:
    """The tree: a question's upper branch is where it holds; lines are as thick as many held-out rows take them.

    Raises: CapabilityError, where the surrogate has no tree.
    """
    stand_in = study.surrogate.model
    if not isinstance(stand_in, TreeStandIn):
        raise CapabilityError(f"Only a surrogate of kind 'tree' has a tree to draw. Got {study.plan.kind!r}.")
    tree = stand_in.tree
    width = max(1, tree.depth) * LEVEL + BAR + WORDS
    canvas = Canvas(
        Layout(1, width, len(tree.leaves) * ROW),
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
            "which the black box gives that class. Lines are as thick as many held-out rows take them.",
        ],
    )
    axes = canvas.axes(0)
    axes.set_xlim(0, width)
    axes.set_ylim(len(tree.leaves), 0)
    _draw(axes, study, tree, width)
    return canvas.figure


def _draw(axes: Axes, study: SurrogateStudy, tree: DecisionTree, width: float) -> None:
    heights = _heights(tree)
    taken = _taken(study, tree)
    for node, height in heights.items():
        left = (len(tree.way_to(node)) - 1) * LEVEL
        if tree.left[node] < 0:
            end = width - BAR - WORDS
            axes.plot((left, end), (height, height), color=HAIRLINE, lw=0.8, zorder=1)
            _leaf(axes, study, node, height, width)
            continue
        for child in (int(tree.left[node]), int(tree.right[node])):
            thick = 0.6 + THICKEST * taken.get(child, 0) / max(1, len(study.held_out))
            corner = left + LEVEL - 0.12
            places = ((left + GAP, corner, corner, left + LEVEL), (height, height, heights[child], heights[child]))
            axes.plot(*places, color=FAINT_INK, lw=thick, zorder=2, solid_joinstyle="round", alpha=0.55)
        _question(axes, study, tree, node, (left, height), (width, len(tree.leaves)))


def _question(
    axes: Axes, study: SurrogateStudy, tree: DecisionTree, node: int, at: tuple[float, float], size: tuple[float, float]
) -> None:
    name = plain(study.held_out.names[int(tree.feature[node])])
    column, threshold = int(tree.feature[node]), float(tree.threshold[node])
    bound = f" \N{LESS-THAN OR EQUAL TO} {threshold!r}"
    if study.surrogate.category_names and (known := study.surrogate.category_names[column]):
        bound = f" is {plain(' or '.join(meant(Condition(column, high=threshold), known)))}"
    room = LEVEL - 0.3
    text = shortened(
        shortened(name, max(room / 2, room - width_of(bound, CAPTION_SIZE)), CAPTION_SIZE) + bound, room, CAPTION_SIZE
    )
    place = ((at[0] + GAP) / size[0], 1 - (at[1] - 0.14) / size[1])
    write(axes, place, text, CAPTION_SIZE, color=INK, zorder=4)


def _leaf(axes: Axes, study: SurrogateStudy, leaf: int, height: float, width: float) -> None:
    tree = study.surrogate.tree
    start = width - BAR - WORDS
    for label, share in enumerate(tree.values[leaf].tolist()):
        color = LINE_COLORS[label % len(LINE_COLORS)]
        axes.add_patch(Rectangle((start, height - 0.3), BAR * share, 0.6, fc=color, lw=0, zorder=3))
        start += BAR * share
    rule = next(rule for rule in study.rules if rule.place == leaf)
    how = f"{100 * rule.confidence:.0f} % of {counted(rule.support, 'row')}" if rule.support else "no held-out row"
    words = f"{plain(study.surrogate.class_names[rule.label])}: {how}"
    place = ((width - WORDS + 0.08) / width, 1 - (height + 0.16) / len(tree.leaves))
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
