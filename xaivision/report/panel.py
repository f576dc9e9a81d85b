"""What one method has to say about one input: the words and numbers that every door shares, and its place in a figure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.examples import Examples
from xaivision.core.explanation import Explanation
from xaivision.core.rules import Rules
from xaivision.core.scores import Scores
from xaivision.core.verdict import Verdict, worst
from xaivision.evaluation.comparison import Comparison
from xaivision.evaluation.standing import REVERSED
from xaivision.report.answer import answer_text, outcome_words
from xaivision.report.badge import Badge, badge_of
from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, empty
from xaivision.report.example_words import rank_words
from xaivision.report.lettering import at_most, wrapped
from xaivision.report.marks import marked_by_edits
from xaivision.report.remarks import remarks
from xaivision.report.scale import Scales, limits_of_each
from xaivision.report.shared_values import Labels
from xaivision.report.signed_map import SignedMap, control_map, signed_map
from xaivision.report.wording import cost, counted, listed, method_name, number, plain

OWN_REVERSED = "a method's own map with its ranking reversed"
# A caption has room for no more lines of one text.
MOST_LINES = 3


@dataclass(frozen=True)
class ScoreLine:
    """A metric's value for one input beside the range of the controls; `beaten` of `controls` were worse."""

    metric: str
    value: float
    control_values: tuple[float, ...]
    higher_is_better: bool
    controls: tuple[str, ...] = ()

    @property
    def beaten(self) -> int:
        """How many controls are strictly worse."""
        worse = [value < self.value if self.higher_is_better else value > self.value for value in self.control_values]
        return sum(worse)

    @property
    def text(self) -> str:
        """`deletion 0.213 (beats 3 of 5 controls)`."""
        return f"{plain(self.metric)} {number(self.value)}" + (f" ({self.beats})" if self.beats else "")

    @property
    def beats(self) -> str:
        """`beats 3 of 5 controls`; empty where there is nothing to beat, or no value."""
        if not self.control_values or math.isnan(self.value):
            return ""
        return f"beats {self.beaten} of {counted(len(self.control_values), 'control')}"


@dataclass(frozen=True, eq=False)
class Turned:
    """A counterfactual `picture` (C, H, W), and where what was edited is in it: `marked` (H, W) numbers, -1 elsewhere."""

    picture: Tensor
    marked: Labels | None


@dataclass(frozen=True, eq=False)
class Panel:
    """One method's answer for one input, `answer` in words; `map` is None where nothing may or can be drawn as a map.

    `turned`: a counterfactual to be drawn in place of a map.
    `remarks`: what the method says of it that is no doubt; `said`: lines of its own, in place of the cost;
    `overall`: the verdict on all inputs, where it is worse than that on this one.
    """

    label: str
    verdict: Verdict
    control: bool = False
    explanation: Explanation | None = None
    map: SignedMap | None = None
    answer: str = ""
    scores: tuple[ScoreLine, ...] = ()
    remarks: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    overall: str = ""
    turned: Turned | None = None

    @property
    def badge(self) -> Badge:
        """The verdict in one word; a control that nothing speaks against is called what it is, never `ok`."""
        return badge_of(self.verdict, self.control)

    @property
    def examples(self) -> Examples | None:
        """The answer, where it is given in examples and may be shown."""
        return self.explanation if isinstance(self.explanation, Examples) and self.verdict.status != "refuse" else None

    @property
    def boxes(self) -> Tensor | None:
        """(B, k, 4) places of the inputs that examples are like; None where there are none to be drawn."""
        return None if self.examples is None else self.examples.boxes

    @property
    def cost(self) -> str:
        """What the answer cost; empty where there is none."""
        return cost(self.explanation.diagnostics) if self.explanation and not self.said else ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The answer in words where it is more than its map, magnitude, scores and cost, a line each."""
        told = self.map is None or self.absence == self.answer  # in place of the map
        words = "" if told or isinstance(self.explanation, Attribution | Examples) else self.answer
        magnitude = self.map.magnitude if self.map else ""
        return tuple(
            filter(None, (self.overall, words, magnitude, *self.said, *(score.text for score in self.scores), self.cost))
        )

    @property
    def absence(self) -> str:
        """Why there is nothing to look at; empty where there is."""
        if self.verdict.status == "refuse":
            return "; ".join(self.verdict.reasons) or "refused"
        if self.map is None and self.examples is None and self.turned is None:
            return self.answer
        if self.map is None or not self.map.blank:
            return ""
        return self.answer if isinstance(self.explanation, Rules | Counterfactuals) else "zero everywhere"


def panel_of(explanation: Explanation, index: int, label: str | None = None) -> Panel:
    """The panel of one explanation on its own."""
    return Panel(
        plain(method_name(explanation.origin) if label is None else label),
        _plain_verdict(explanation.verdicts[index]),
        explanation=explanation,
        map=signed_map(explanation, index) if _has_map(explanation) else None,
        answer=answer_text(explanation, index),
        remarks=remarks(explanation, index),
    )


def _has_map(explanation: Explanation) -> bool:
    """Whether it is to be drawn as a map; examples are, where they add to the score, and a map says what of the input does."""
    return not isinstance(explanation, Examples) or explanation.contributions is not None


def cells_of(panels: Sequence[Panel], index: int) -> list[Panel]:
    """The panels, and after one that is both a map and examples another one of these; after a picture's change the picture."""
    return [cell for panel in panels for cell in (panel, *_examples_of(panel, index), *_turned_of(panel, index))]


def _examples_of(panel: Panel, index: int) -> tuple[Panel, ...]:
    if panel.map is None or panel.examples is None:
        return ()
    said = tuple(f"{rank + 1}. {rank_words(panel.examples, index, rank)}" for rank in range(panel.examples.examples.shape[1]))
    verdict = Verdict(panel.verdict.status)  # the doubts stand beside the map
    return (replace(panel, overall="", label="its examples", verdict=verdict, map=None, scores=(), remarks=(), said=said),)


def _turned_of(panel: Panel, index: int) -> tuple[Panel, ...]:
    """The first counterfactual of a picture that was found, as a panel of its own."""
    result = panel.explanation
    if not isinstance(result, Counterfactuals) or panel.map is None or panel.map.blank or result.query.inputs.ndim != 4:
        return ()
    rank = int(result.first[index])
    turned = Turned(result.counterfactuals[index, rank], marked_by_edits(result, index, rank)[1])
    said = (outcome_words(result, index, rank),)
    return (Panel("its counterfactual", Verdict(panel.verdict.status), said=said, turned=turned),)


def panels_of(comparison: Comparison, index: int) -> tuple[Panel, ...]:
    """A panel for each label, controls last, then one for each method that could not answer."""
    answered = tuple(_compared(comparison, label, index) for label in comparison.explanations)
    failed = tuple(Panel(plain(label), Verdict("refuse", (plain(why),))) for label, why in comparison.unanswered.items())
    return (*answered, *failed)


def score_lines(comparison: Comparison, label: str, index: int) -> tuple[ScoreLine, ...]:
    """Each metric's value of this label for one input, beside the controls that answered it."""
    return tuple(score_line(rows[label], index) for rows in comparison.scores.values() if label in rows)


def _compared(comparison: Comparison, label: str, index: int) -> Panel:
    alone = panel_of(comparison.explanations[label], index, label)
    verdict = _plain_verdict(comparison.verdict_of(label, index))
    lines = () if alone.verdict.status == "refuse" else score_lines(comparison, label, index)
    control = label in comparison.controls
    shown = control_map(alone.map) if control and alone.map else alone.map
    overall = "" if control else _overall(comparison, label, verdict)
    return replace(alone, verdict=verdict, control=control, scores=lines, map=shown, overall=overall)


def _overall(comparison: Comparison, label: str, own: Verdict) -> str:
    """`over all 3 inputs: warn`, where the verdict on all of them is worse than that on this one."""
    status = comparison.verdicts[label].status
    return "" if worst((own.status, status)) == own.status else f"over all {len(comparison.query)} inputs: {status}"


def score_line(scores: Scores, index: int) -> ScoreLine:
    """One input's value beside those of the controls that have one."""
    values = {name: float(control.values[index]) for name, control in scores.controls.items()}
    defined = {name: value for name, value in values.items() if not math.isnan(value)}
    return ScoreLine(scores.metric, float(scores.values[index]), tuple(defined.values()), scores.higher_is_better, tuple(defined))


def panel_caption(panel: Panel, scales: Scales, width: float) -> Caption:
    """Title, verdict and lines of one panel; the doubts about a shown map come first."""
    reasons = panel.verdict.reasons if panel.verdict.status == "warn" else ()
    doubts = [line for reason in reasons for line in _few_lines(reason, width)]
    alone = panel.map is not None and not panel.map.blank and not scales.shares_one(panel.map)
    own = [limits_of_each(scales.of(panel.map))] if alone and panel.map else []
    return Caption(panel.label, panel.badge, (*doubts, *own, *(line for text in panel.lines for line in _few_lines(text, width))))


def directions(panels: Sequence[Panel]) -> list[str]:
    """Which way each metric under these panels is better, and what the controls are, as sentences."""
    lines = [score for panel in panels for score in panel.scores]
    better = {plain(score.metric): "higher" if score.higher_is_better else "lower" for score in lines}
    named = dict.fromkeys(name for score in lines for name in score.controls)
    controls = listed([OWN_REVERSED if name == REVERSED else plain(name) for name in named])
    said = ["; ".join(f"{metric}: {way} is better" for metric, way in better.items()) + "."] if better else []
    return [*said, f"Controls: {controls}."] if controls else said


def draw_absence(canvas: Canvas, number: int, panel: Panel) -> None:
    """The reason in place of the picture: hatched where the numbers were refused, plain where the map is zero."""
    axes = canvas.axes(number)
    axes.set_label(panel.label)
    empty(axes, panel.absence, canvas.layout.width, hatched=panel.verdict.status == "refuse")


def _few_lines(text: str, width: float) -> list[str]:
    return at_most(wrapped(text, width, CAPTION_SIZE), MOST_LINES, width, CAPTION_SIZE)


def _plain_verdict(verdict: Verdict) -> Verdict:
    return Verdict(verdict.status, tuple(map(plain, verdict.reasons)))
