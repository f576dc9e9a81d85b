"""Single inputs of a surrogate in words and rows of tables: its rule, its way through the tree, and what would turn it."""

from dataclasses import dataclass
from typing import Any

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.report.surrogate_cases import follow_sentence
from xaivision.report.surrogate_words import change_texts, conditions_text, value_text
from xaivision.report.wording import plain
from xaivision.surrogates.decided_rows import DecidedRow
from xaivision.surrogates.leaf_counterfactuals import follow_rate
from xaivision.surrogates.reading import Columns
from xaivision.surrogates.study import SurrogateStudy
from xaivision.surrogates.surrogate_rules import condition_told, rule_told
from xaivision.surrogates.tree_path import PathStep

CHANGE_HEADS = ("what changes", "now", "then")


@dataclass(frozen=True)
class RowWords:
    """`sentences`: what both say, and what decides. `way`: a row of `way_heads` for each question; `changes`: of `change_heads`
    for each column that the counterfactual changes, and the score of the class to reach; `checked`: what the black box makes of
    it.
    """

    title: str
    sentences: tuple[str, ...]
    way_heads: tuple[str, ...]
    way: tuple[tuple[str, ...], ...]
    change_heads: tuple[str, ...]
    changes: tuple[tuple[str, ...], ...]
    checked: str


def row_words(study: SurrogateStudy, row: DecidedRow) -> RowWords:
    """All foreign text made plain."""
    turned = row.turned if row.turned is not None and bool(row.turned.found[0, 0]) else None
    decided = plain(study.surrogate.class_names[int(row.surrogate.argmax())])
    return RowWords(
        plain(row.title),
        tuple(filter(None, (_both(study, row), _learned(row), _rule(study, row)))),
        ("what holds on its way", "its value", f"probability of {decided} before", "after"),
        tuple(_step(study, step, int(row.surrogate.argmax())) for step in row.way),
        () if turned is None else CHANGE_HEADS,
        () if turned is None else _changes(study, turned),
        _not_turned(study) if row.turned is None else follow_sentence(study, row.turned),
    )


def row_text(study: SurrogateStudy, row: DecidedRow) -> str:
    """Lines for a terminal."""
    words = row_words(study, row)
    way = "; ".join(f"{held} ({value}): {before} to {after}" for held, value, before, after in words.way)
    changes = "; ".join(f"{name}: {now} to {then}" for name, now, then in words.changes[:-1])
    told = [f"{words.title}: {words.sentences[0]}", *words.sentences[1:]]
    told += [f"On its way, with the {words.way_heads[2].removesuffix(' before')}: {way}."] if way else []
    told += [f"What would turn it: {changes}."] if changes else []
    return "\n  ".join([*told, words.checked])


def row_summary(study: SurrogateStudy, row: DecidedRow) -> dict[str, Any]:
    """The same as values that JSON can hold."""
    surrogate = study.surrogate
    return {
        "row": row.title,
        "black_box": dict(zip(surrogate.class_names, row.black_box.tolist(), strict=True)),
        "surrogate": dict(zip(surrogate.class_names, row.surrogate.tolist(), strict=True)),
        "learned_from": row.learned,
        "rule": None if row.rule is None else rule_told(row.rule, surrogate),
        "way": [
            {**condition_told(step.condition, surrogate), "value": step.value, "before": step.before, "after": step.after}
            for step in row.way
        ],
        "counterfactual": None if row.turned is None else _turned(study, row.turned),
    }


def _moved(turned: Counterfactuals) -> list[tuple[int, float, float]]:
    """Numbers of the columns that change, with what they are and would be."""
    before, after = turned.query.inputs[0].tolist(), turned.counterfactuals[0, 0].tolist()
    return [(column, now, then) for column, (now, then) in enumerate(zip(before, after, strict=True)) if now != then]


def _changes(study: SurrogateStudy, turned: Counterfactuals) -> tuple[tuple[str, ...], ...]:
    goal = plain(study.surrogate.class_names[int(turned.goals[0])])
    return (
        *(
            (plain(study.surrogate.reading.names[column]), *change_texts(study, column, now, then))
            for column, now, then in _moved(turned)
        ),
        (f"the surrogate's probability of {goal}", "", f"{float(turned.scores[0, 0]):.3f}"),
    )


def _turned(study: SurrogateStudy, turned: Counterfactuals) -> dict[str, Any]:
    names = study.surrogate.reading.names
    changes = [{"feature": names[column], "now": now, "then": then} for column, now, then in _moved(turned)]
    return {
        "goal": study.surrogate.class_names[int(turned.goals[0])],
        "found": bool(turned.found[0, 0]),
        "changes": changes,
        "black_box_follows": bool(follow_rate(study.black_box, turned)[1][0]),
        "told": follow_sentence(study, turned),
    }


def _both(study: SurrogateStudy, row: DecidedRow) -> str:
    theirs, ours = (
        f"{plain(study.surrogate.class_names[int(one.argmax())])} (probability {float(one.max()):.3f})"
        for one in (row.black_box, row.surrogate)
    )
    return f"The black box gives it {theirs}, and the surrogate {ours}."


def _learned(row: DecidedRow) -> str:
    return "The surrogate has learned from it." if row.learned else ""


def _rule(study: SurrogateStudy, row: DecidedRow) -> str:
    """Which rule decides, or that none does."""
    if row.rule is None:
        return f"No single rule decides it: a surrogate of kind {study.plan.kind!r} has none that can be read."
    where = conditions_text(study, row.rule.conditions)
    how = f"the black box gives that class to {100 * row.rule.confidence:.0f} % of the {row.rule.support} held-out rows there"
    return (
        f"Decided by: {f'if {where}' if where else 'none of the rules before, so'} then "
        f"{plain(study.surrogate.class_names[row.rule.label])}; {how if row.rule.support else 'no held-out row lies there'}."
    )


def _step(study: SurrogateStudy, step: PathStep, label: int) -> tuple[str, ...]:
    value = value_text(study, step.condition.feature, step.value)
    return (conditions_text(study, (step.condition,)), value, f"{step.before[label]:.3f}", f"{step.after[label]:.3f}")


def _not_turned(study: SurrogateStudy) -> str:
    if not isinstance(study.surrogate.reading, Columns):
        return "No counterfactual: what the surrogate reads is measured on the input, and cannot be set."
    return "No counterfactual: only a surrogate of kind 'tree' has leaves to enter."
