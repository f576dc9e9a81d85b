"""Figures of rules: each rule in words, with how precise it is and how much it covers."""

from matplotlib.figure import Figure

from xaivision.core.rules import Rules
from xaivision.report.canvas import Canvas, Caption, Layout
from xaivision.report.wording import cost, feature_names, headline, number, place, plain, rule_text, whose_cost

WIDTH = 5.6
MOST_RULES = 8


def rules_figure(rules: Rules, index: int) -> Figure:
    """The rules of one input, most precise first."""
    names = feature_names(rules.query, rules.query.inputs[index].numel())
    mine = rules.rules[index]
    verdict = rules.verdicts[index]
    captions = [
        Caption(
            f"precision {number(rule.precision)}, coverage {number(rule.coverage)}",
            verdict.status if rank == 0 else None,
            (rule_text(rule, names),),
        )
        for rank, rule in enumerate(mine[:MOST_RULES])
    ]
    more = [f"The first {MOST_RULES} of {len(mine)} rules are shown."] if len(mine) > MOST_RULES else []
    heading = [
        f"{plain(rules.method)}: {headline(rules.query, index)}",
        *place(rules.query, index),
        *verdict.reasons,
    ]
    return Canvas(
        Layout(max(1, len(captions)), WIDTH, 0.0, widest=1),
        heading,
        captions or [Caption("no rule was found", verdict.status)],
        [*more, cost(rules.diagnostics), *whose_cost(rules.query)],
    ).figure
