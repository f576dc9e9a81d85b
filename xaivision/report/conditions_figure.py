"""Figures of what holds a prediction and what would turn it: rules, and counterfactuals with what the model says of them."""

from collections.abc import Sequence
from dataclasses import replace

from matplotlib.figure import Figure

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.rules import Rule, Rules
from xaivision.report.answer import outcome_words, precision_words
from xaivision.report.canvas import Canvas, Caption, Layout
from xaivision.report.drawn_marks import NUMBERS_ARE, draw_marks
from xaivision.report.fading import faded_outside
from xaivision.report.features import change_words, words_of
from xaivision.report.image_figure import BAR_ROOM, draw_bar, image_statements
from xaivision.report.marks import NONE, marked_by_edits, marked_by_rule, merged
from xaivision.report.photo import draw_pixels, map_pixels, photo_pixels, picture_layout
from xaivision.report.remarks import remarks
from xaivision.report.scale import Scales, scales_for
from xaivision.report.signed_map import SignedMap
from xaivision.report.way import called, cost_at, in_order, steps_of, told_of
from xaivision.report.wording import and_more, cost, counted, feature_names, headline, listed, place, plain, whose_cost

RULE_WIDTH = 5.6
MOST_RULES = 8
NO_RULE = "no rule was found"
CHANGES_WIDTH = 3.4
MOST_SHOWN = 4
MOST_CHANGES = 14
# What a picture changes by when it is rounded to 256 levels, which nobody did on purpose.
ROUNDED = 0.501 / 255
EDITS_ARE = "Orange lines and numbers: the segments that are edited, in the input and in each counterfactual."


def rules_figure(rules: Rules, index: int) -> Figure:
    """The rules of one input in words, most precise first, with how precise each is and how much it covers; of a picture with
    the segments that each asks for outlined, and everything else faded.
    """
    mine, verdict = rules.rules[index], rules.verdicts[index]
    captions = [_rule_caption(rules, rank, rule) for rank, rule in enumerate(mine[:MOST_RULES])] or [Caption(NO_RULE)]
    captions[0] = replace(captions[0], badge=verdict.status)
    heading = [f"{plain(rules.method)}: {headline(rules.query, index)}", *place(rules.query, index), *verdict.reasons]
    more = [f"The first {MOST_RULES} of {len(mine)} rules are shown."] if len(mine) > MOST_RULES else []
    said = [*more, *remarks(rules, index), cost(rules.diagnostics), *whose_cost(rules.query)]
    if rules.players is not None:
        return _rules_of_image(rules, index, captions, (heading, said))
    return Canvas(Layout(len(captions), RULE_WIDTH, 0.0, widest=1), heading, captions, said).figure


def _rule_caption(rules: Rules, rank: int, rule: Rule) -> Caption:
    """Of a picture with little above it: that is no wider than the picture, and shared with the verdict."""
    words, precision = words_of(rules, rule), precision_words(rule)
    return Caption(precision, None, (words,)) if rules.players is None else Caption(f"{rank + 1}. rule", None, (words, precision))


def _rules_of_image(rules: Rules, index: int, captions: Sequence[Caption], around: tuple[list[str], list[str]]) -> Figure:
    """The picture, then once for each rule with its segments; `around`: the heading, and what is said below."""
    image, (heading, said) = rules.query.inputs[index], around
    marks = [marked_by_rule(rules, index, rule) for rule in rules.rules[index][:MOST_RULES]]
    notes = [NUMBERS_ARE] if any(one is not None for one in marks) else []
    cells = [Caption("input"), *captions] if marks else captions
    canvas = Canvas(picture_layout(image, len(cells)), heading, cells, [*notes, *said])
    draw_pixels(canvas, 0, photo_pixels(image), "input")
    for rank, marked in enumerate(marks, start=1):
        pixels = photo_pixels(image) if marked is None else faded_outside(image, marked != NONE)
        draw_marks(draw_pixels(canvas, rank, pixels, f"rule {rank}"), marked)
    return canvas.figure


def counterfactuals_figure(result: Counterfactuals, index: int) -> Figure:
    """The input and its counterfactuals, nearest first; pictures with their change as a signed map, rows as a list of changes."""
    return _of_image(result, index) if result.query.inputs.ndim == 4 else _of_row(result, index)


def changes_of(result: Counterfactuals, index: int, rank: int) -> list[str]:
    """`name: before \N{RIGHTWARDS ARROW} after` for the features that changed, the dearest first, and of many more the names."""
    query = result.query
    before, after = query.inputs[index].flatten(), result.counterfactuals[index, rank].flatten()
    names, changed = feature_names(query, len(before)), in_order(result, index, rank)
    told = {i: change_words(query, i, float(before[i]), float(after[i])) for i in changed[:MOST_CHANGES]}
    lines = [f"{names[i]}: {was} \N{RIGHTWARDS ARROW} {now}" for i, (was, now) in told.items()]
    rest = [names[i] for i in changed[MOST_CHANGES:]]
    return [*lines, *([and_more(rest, "change")] if rest else [])]


def edits_of(result: Counterfactuals, index: int, rank: int) -> list[str]:
    """What was done to a picture, one edit a line; nothing where the method tells none, or found none."""
    told = "" if result.edits is None else result.edits[index][rank]
    lines = [plain(one) for one in told.split("; ")] if told else []
    rest = lines[MOST_CHANGES:]
    of = listed(list(dict.fromkeys(line.partition(":")[0] for line in rest)))
    return [*lines[:MOST_CHANGES], *([f"and {counted(len(rest), 'more edit')}, of {of}"] if rest else [])]


def _of_row(result: Counterfactuals, index: int) -> Figure:
    ranks, steps = told_of(result, index), steps_of(result, index)
    captions = [_row_caption(result, index, (place, rank), place in steps) for rank, place in enumerate(ranks[:MOST_SHOWN])]
    captions = captions or [Caption("no counterfactual", None, (outcome_words(result, index, 0),))]
    layout = Layout(len(captions), CHANGES_WIDTH, 0.0, widest=3)
    return Canvas(layout, _heading(result, index), captions, _statements(result, index, len(ranks))).figure


def _row_caption(result: Counterfactuals, index: int, told: tuple[int, int], on_the_way: bool) -> Caption:
    """Of the one at this place, which is told as the one of this rank."""
    place, rank = told
    title = f"step {rank + 1} on the way" if on_the_way else f"{called(result, place, rank)} counterfactual"
    return Caption(title, None, (*_outcome(result, index, place), *changes_of(result, index, place)))


def _outcome(result: Counterfactuals, index: int, place: int) -> tuple[str, ...]:
    """What the model says of the one at this place, and what it costs."""
    spent = cost_at(result, index, place)
    return (outcome_words(result, index, place), *([f"cost {spent}"] if spent else []))


def _of_image(result: Counterfactuals, index: int) -> Figure:
    """The input, then each counterfactual and what was added; the input alone where none was found."""
    image, ranks = result.query.inputs[index], told_of(result, index)
    shown = ranks[:MOST_SHOWN]
    changes = [_change(result, index, rank) for rank in shown]
    scales = scales_for(changes, "shared_raw")
    captions = [Caption("input", None, () if shown else (outcome_words(result, index, 0),))]
    for number, rank in enumerate(shown):
        captions += [Caption("")] if number else []  # below the input nothing: each counterfactual has a row
        lines = (*_outcome(result, index, rank), *edits_of(result, index, rank))
        captions += [Caption(f"{rank + 1}. counterfactual", None, lines), Caption(f"{rank + 1}. what was added")]
    before = merged([marked_by_edits(result, index, rank)[0] for rank in shown])
    notes = [*([] if before is None else [EDITS_ARE]), *image_statements(scales, bool(shown))]
    layout = replace(picture_layout(image, max(1, 3 * len(shown))), widest=3)
    said = [*notes, *_statements(result, index, len(ranks))]
    canvas = Canvas(layout, _heading(result, index), captions, said, BAR_ROOM if shown else 0.0)
    draw_marks(draw_pixels(canvas, 0, photo_pixels(image), "input"), before)
    for number, (rank, change) in enumerate(zip(shown, changes, strict=True)):
        _draw_pair(canvas, 3 * number + 1, (result, index, rank), (change, scales))
    if shown:
        draw_bar(canvas, scales)
    return canvas.figure


def _draw_pair(canvas: Canvas, cell: int, which: tuple[Counterfactuals, int, int], added: tuple[SignedMap, Scales]) -> None:
    """A counterfactual with what was edited in it, and what was added beside it."""
    (result, index, rank), (change, scales) = which, added
    turned = photo_pixels(result.counterfactuals[index, rank])
    draw_marks(draw_pixels(canvas, cell, turned, f"counterfactual {rank}"), marked_by_edits(result, index, rank)[1])
    pixels = map_pixels(result.query.inputs[index], change.values, scales.of(change))
    draw_pixels(canvas, cell + 1, pixels, f"change {rank}")


def _change(result: Counterfactuals, index: int, rank: int) -> SignedMap:
    change = (result.counterfactuals[index, rank] - result.query.inputs[index]).double().cpu()
    change[change.abs() <= ROUNDED] = 0
    return SignedMap(change.sum(0).numpy(), "change of the input", "")


def _heading(result: Counterfactuals, index: int) -> list[str]:
    verdict = result.verdicts[index]
    heading = f"{plain(result.method)}: {headline(result.query, index)}"
    return [heading, *place(result.query, index), *([str(verdict)] if verdict.status != "ok" else [])]


def _statements(result: Counterfactuals, index: int, held: int) -> list[str]:
    more = [f"The first {MOST_SHOWN} of {held} counterfactuals are shown."] if held > MOST_SHOWN else []
    spent = [f"Cost of a counterfactual: {plain(result.cost_unit)}."] if result.cost_unit and held else []
    return [*more, *spent, *remarks(result, index), cost(result.diagnostics), *whose_cost(result.query)]
