"""Figures of what holds a prediction and what would turn it: rules, and counterfactuals with what the model says of them."""

from dataclasses import replace

from matplotlib.figure import Figure

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.rules import Rules
from xaivision.report.canvas import Canvas, Caption, Layout
from xaivision.report.features import change_words, words_of
from xaivision.report.image_figure import BAR_ROOM, draw_bar, image_statements
from xaivision.report.photo import draw_pixels, map_pixels, photo_pixels, picture_layout
from xaivision.report.remarks import remarks
from xaivision.report.scale import Scales, scales_for
from xaivision.report.signed_map import SignedMap
from xaivision.report.way import steps_of, told_of
from xaivision.report.wording import cost, counted, feature_names, headline, number, place, plain, whose_cost

RULE_WIDTH = 5.6
MOST_RULES = 8
CHANGES_WIDTH = 3.4
MOST_SHOWN = 4
MOST_CHANGES = 14


def rules_figure(rules: Rules, index: int) -> Figure:
    """The rules of one input in words, most precise first, with how precise each is and how much it covers."""
    mine = rules.rules[index]
    verdict = rules.verdicts[index]
    captions = [
        Caption(
            f"precision {number(rule.precision)}, coverage {number(rule.coverage)}",
            verdict.status if rank == 0 else None,
            (words_of(rules, rule),),
        )
        for rank, rule in enumerate(mine[:MOST_RULES])
    ]
    more = [f"The first {MOST_RULES} of {len(mine)} rules are shown."] if len(mine) > MOST_RULES else []
    heading = [f"{plain(rules.method)}: {headline(rules.query, index)}", *place(rules.query, index), *verdict.reasons]
    return Canvas(
        Layout(max(1, len(captions)), RULE_WIDTH, 0.0, widest=1),
        heading,
        captions or [Caption("no rule was found", verdict.status)],
        [*more, *remarks(rules, index), cost(rules.diagnostics), *whose_cost(rules.query)],
    ).figure


def counterfactuals_figure(result: Counterfactuals, index: int) -> Figure:
    """The input and its counterfactuals, nearest first; pictures with their change as a signed map, rows as a list of changes."""
    return _of_image(result, index) if result.query.inputs.ndim == 4 else _of_row(result, index)


def changes_of(result: Counterfactuals, index: int, rank: int) -> list[str]:
    """`name: before \N{RIGHTWARDS ARROW} after` for each feature that changed."""
    query = result.query
    before, after = query.inputs[index].flatten(), result.counterfactuals[index, rank].flatten()
    names = feature_names(query, len(before))
    changed = (before != after).nonzero().flatten().tolist()
    told = {i: change_words(query, i, float(before[i]), float(after[i])) for i in changed}
    return [f"{names[i]}: {was} \N{RIGHTWARDS ARROW} {now}" for i, (was, now) in told.items()]


def outcome(result: Counterfactuals, index: int, rank: int) -> str:
    """Whether the model's prediction flipped, with the goal's score as the model gave it."""
    goal = int(result.goals[index])
    name = plain(result.query.class_names[goal] if result.query.class_names else goal)
    flipped = "reached" if bool(result.found[index, rank]) else "NOT reached"
    return f"{name} {flipped} ({result.query.score_unit} {number(float(result.scores[index, rank]))})"


def edits_of(result: Counterfactuals, index: int, rank: int) -> list[str]:
    """What was done to a picture, one edit a line; nothing where the method tells none, or found none."""
    told = "" if result.edits is None else result.edits[index][rank]
    return _first([plain(one) for one in told.split("; ")], "more edit") if told else []


def _first(lines: list[str], what: str) -> list[str]:
    more = [f"and {counted(len(lines) - MOST_CHANGES, what)}"] if len(lines) > MOST_CHANGES else []
    return [*lines[:MOST_CHANGES], *more]


def _of_row(result: Counterfactuals, index: int) -> Figure:
    ranks, steps = told_of(result, index), steps_of(result, index)
    captions = [_row_caption(result, index, rank, rank in steps) for rank in ranks[:MOST_SHOWN]]
    captions = captions or [Caption("no counterfactual", None, (outcome(result, index, 0),))]
    layout = Layout(len(captions), CHANGES_WIDTH, 0.0, widest=3)
    return Canvas(layout, _heading(result, index), captions, _statements(result, index, len(ranks))).figure


def _row_caption(result: Counterfactuals, index: int, rank: int, on_the_way: bool) -> Caption:
    changes = _first(changes_of(result, index, rank), "more change")
    title = f"step {rank + 1} on the way" if on_the_way else f"{rank + 1}. counterfactual"
    return Caption(title, None, (outcome(result, index, rank), *changes))


def _of_image(result: Counterfactuals, index: int) -> Figure:
    shown, image = _shown(result), result.query.inputs[index]
    changes = [_change(result, index, rank) for rank in range(shown)]
    scales = scales_for(changes, "shared_raw")
    captions = [Caption("input")]
    for rank in range(shown):
        captions += [
            Caption(f"{rank + 1}. counterfactual", None, (outcome(result, index, rank), *edits_of(result, index, rank))),
            Caption(f"{rank + 1}. what was added"),
        ]
    layout = replace(picture_layout(image, 2 * shown + 1), widest=3)
    statements = [*image_statements(scales, True), *_statements(result, index, result.counterfactuals.shape[1])]
    canvas = Canvas(layout, _heading(result, index), captions, statements, BAR_ROOM)
    draw_pixels(canvas, 0, photo_pixels(image), "input")
    _draw_pairs(canvas, result, index, changes, scales)
    draw_bar(canvas, scales)
    return canvas.figure


def _draw_pairs(canvas: Canvas, result: Counterfactuals, index: int, changes: list[SignedMap], scales: Scales) -> None:
    for rank, change in enumerate(changes):
        draw_pixels(canvas, 2 * rank + 1, photo_pixels(result.counterfactuals[index, rank]), f"counterfactual {rank}")
        pixels = map_pixels(result.query.inputs[index], change.values, scales.of(change))
        draw_pixels(canvas, 2 * rank + 2, pixels, f"change {rank}")


def _change(result: Counterfactuals, index: int, rank: int) -> SignedMap:
    change = (result.counterfactuals[index, rank] - result.query.inputs[index]).double().sum(0).cpu().numpy()
    return SignedMap(change, "change of the input", "")


def _shown(result: Counterfactuals) -> int:
    return min(MOST_SHOWN, result.counterfactuals.shape[1])


def _heading(result: Counterfactuals, index: int) -> list[str]:
    verdict = result.verdicts[index]
    heading = f"{plain(result.method)}: {headline(result.query, index)}"
    return [heading, *place(result.query, index), *([str(verdict)] if verdict.status != "ok" else [])]


def _statements(result: Counterfactuals, index: int, held: int) -> list[str]:
    more = [f"The first {MOST_SHOWN} of {held} counterfactuals are shown."] if held > MOST_SHOWN else []
    return [*more, *remarks(result, index), cost(result.diagnostics), *whose_cost(result.query)]
