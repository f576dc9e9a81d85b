"""An explanation of one input in one sentence: for tables in the terminal, and for readers who cannot see the picture."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.concept_scores import ConceptScores
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.examples import Examples
from xaivision.core.explanation import Explanation
from xaivision.core.narrative import Narrative
from xaivision.core.rules import Rule, Rules
from xaivision.report.example_words import example_lines, sum_words
from xaivision.report.features import change_words, top_bars, words_of
from xaivision.report.signed_map import SignedMap, refused, signed_map
from xaivision.report.way import cost_at, in_order, steps_to_it
from xaivision.report.wording import and_more, counted, feature_names, number, plain, signed

STRONGEST = 5
# Columns of a counterfactual that are named; the figure and `changes_table` show all.
MOST_CHANGES = 6
ROWS, COLUMNS = ("upper", "middle", "lower"), ("left", "center", "right")


def answer_text(explanation: Explanation, index: int) -> str:
    """What the explanation says of this input; why it must not be shown, where it is refused."""
    if refused(explanation, index):
        return f"refused: {plain('; '.join(explanation.verdicts[index].reasons))}"
    say = next((say for kind, say in SENTENCES.items() if isinstance(explanation, kind)), None)
    return say(explanation, index) if say else plain(explanation.method)


def map_text(shown: SignedMap) -> str:
    """Where in the picture most of the positive and of the negative attribution lies, by ninths."""
    if shown.blank:
        return "zero everywhere"
    said = [_where(torch.from_numpy(part), sign) for sign, part in (("positive", shown.values), ("negative", -shown.values))]
    return "; ".join(filter(None, said))


def _where(values: Tensor, sign: str) -> str:
    """`63 % of the positive attribution in the center`: the strongest ninth of the picture."""
    found = values.clamp(min=0)
    if not bool(found.any()):
        return ""
    rows = [found.tensor_split(3, 0)[row].tensor_split(3, 1)[column].sum() for row in range(3) for column in range(3)]
    strongest = int(torch.stack(rows).argmax())
    share = float(rows[strongest] / found.sum())
    return f"{100 * share:.0f} % of the {sign} attribution in the {ROWS[strongest // 3]} {COLUMNS[strongest % 3]} of the picture"


def _attribution(explanation: Attribution, index: int) -> str:
    shown = signed_map(explanation, index)
    if shown is None:
        return ""
    if shown.values.ndim == 2:
        return f"{map_text(shown)} ({shown.magnitude})"
    bars = top_bars(explanation.query, index, shown, "shared_raw", STRONGEST)
    return ", ".join(f"{bar.name} {signed(bar.length)}" for bar in bars) or "zero everywhere"


def _examples(explanation: Examples, index: int) -> str:
    lines = example_lines(explanation, index, STRONGEST)
    return ". ".join(["; ".join(lines), *sum_words(explanation, index, len(lines))]).removesuffix(".")


def _counterfactuals(explanation: Counterfactuals, index: int) -> str:
    found = int(explanation.found[index].sum())
    goal = int(explanation.goals[index])
    name = plain(explanation.query.class_names[goal] if explanation.query.class_names else goal)
    held = counted(len(explanation.found[index]), "counterfactual")
    if explanation.edits is not None and explanation.edits[index][0]:
        reached = f"{name} is reached" if len(explanation.found[index]) == 1 else f"{found} of {held} reach {name}"
        return f"{reached}{cost_words(explanation, index, 0)}: {plain(explanation.edits[index][0])}"
    if not found:
        return f"no counterfactual that reaches {name} was found"
    changes, spent = _nearest_changes(explanation, index), cost_words(explanation, index, int(explanation.first[index]))
    if steps := steps_to_it(explanation, index):
        return f"{name} is reached in {counted(steps, 'step')}{spent}: {changes}"
    if len(explanation.found[index]) == 1:
        return f"{name} is reached{spent} with {changes}"
    return f"{found} of {held} reach {name}; the nearest{spent} changes {changes}"


def cost_words(result: Counterfactuals, index: int, place: int) -> str:
    """` (cost 2.31 standard deviations)` of what is handed out at this place; empty where it is not known."""
    told = cost_at(result, index, place)
    return f" (cost {told} {plain(result.cost_unit)})" if told else ""


def outcome_words(result: Counterfactuals, index: int, rank: int) -> str:
    """Whether the model's prediction flipped, with the goal's score as the model gave it."""
    goal = int(result.goals[index])
    name = plain(result.query.class_names[goal] if result.query.class_names else goal)
    flipped = "reached" if bool(result.found[index, rank]) else "NOT reached"
    return f"{name} {flipped} ({result.query.score_unit} {number(float(result.scores[index, rank]))})"


def _nearest_changes(explanation: Counterfactuals, index: int) -> str:
    """The columns that change, the dearest first, each with its value before and after; of pictures how many values."""
    query = explanation.query
    before = query.inputs[index]
    after = explanation.counterfactuals[index, int(explanation.first[index])]
    if before.ndim != 1:
        return counted(int((after != before).sum()), "value")
    names = feature_names(query, len(before))
    columns = in_order(explanation, index, int(explanation.first[index]))
    pairs = [(at, change_words(query, at, float(before[at]), float(after[at]))) for at in columns[:MOST_CHANGES]]
    told = [f"{names[at]} {old} \N{RIGHTWARDS ARROW} {new}" for at, (old, new) in pairs]
    rest = [names[at] for at in columns[MOST_CHANGES:]]
    return ", ".join([*told, *([and_more(rest, "change")] if rest else [])])


def _rules(explanation: Rules, index: int) -> str:
    rules = explanation.rules[index]
    if not rules:
        return "no rule was found"
    return f"{words_of(explanation, rules[0])} ({precision_words(rules[0])})"


def precision_words(rule: Rule) -> str:
    """`precision 0.97, at least 0.95, coverage 0.12`."""
    at_least = f", at least {number(rule.precision_bound)}" if rule.precision_bound == rule.precision_bound else ""
    return f"precision {number(rule.precision)}{at_least}, coverage {number(rule.coverage)}"


def _concepts(explanation: ConceptScores, index: int) -> str:
    values = explanation.values[index]
    order = values.abs().argsort(descending=True, stable=True)[:STRONGEST].tolist()
    return ", ".join(f"{plain(explanation.names[place])} {signed(float(values[place]))}" for place in order)


def _narrative(explanation: Narrative, index: int) -> str:
    return plain(explanation.text[index])


SENTENCES: dict[type[Explanation], Callable[[Any, int], str]] = {
    Attribution: _attribution,
    Examples: _examples,
    Counterfactuals: _counterfactuals,
    Rules: _rules,
    ConceptScores: _concepts,
    Narrative: _narrative,
}
