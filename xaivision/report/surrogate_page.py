"""The page of a surrogate: what it is, how far to trust it, and where not, in tables and pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from xaivision.report.cards import Picture
from xaivision.report.figure import png
from xaivision.report.markup import png_uri
from xaivision.report.surrogate_curves import fidelity_figure
from xaivision.report.surrogate_map import disagreement_figure
from xaivision.report.surrogate_rows import RowWords, row_words
from xaivision.report.surrogate_tree import tree_figure
from xaivision.report.surrogate_words import (
    LINES,
    REGION_HEADS,
    conditions_text,
    fidelity_lines,
    near_text,
    region_lines,
    summary_sentences,
)
from xaivision.report.wording import number, plain
from xaivision.surrogates.decided_rows import DecidedRow
from xaivision.surrogates.stand_in import TreeStandIn
from xaivision.surrogates.study import SurrogateStudy

MOST_RULES, MOST_FEATURES = 60, 20


@dataclass(frozen=True)
class SurrogatePage:
    """The whole page: rows of tables are texts already."""

    title: str
    facts: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    lines: tuple[str, ...]
    fidelity: tuple[tuple[str, ...], ...]
    ranking_heads: tuple[str, ...]
    ranking: tuple[tuple[str, ...], ...]
    rules: tuple[tuple[str, ...], ...]
    more_rules: int
    region_heads: tuple[str, ...]
    regions: tuple[tuple[str, ...], ...]
    rows: tuple[RowWords, ...]
    tree: Picture | None
    curves: Picture
    map: Picture


def surrogate_page(study: SurrogateStudy, rows: Sequence[DecidedRow] = ()) -> SurrogatePage:
    """The page's contents, all foreign text made plain. `rows`: single inputs that it tells of, too."""
    tree = Picture(png_uri(png(tree_figure(study))), "The tree of the surrogate") if _has_tree(study) else None
    return SurrogatePage(
        f"A {'local ' if study.near is not None else ''}surrogate for {plain(type(study.black_box.model).__name__)}",
        _facts(study),
        summary_sentences(study),
        LINES,
        fidelity_lines(study),
        ("feature", "read", *(plain(part.method) for part in study.ranking.parts)),
        _ranking(study),
        tuple(_rule(study, number_) for number_ in range(min(MOST_RULES, len(study.rules)))),
        max(0, len(study.rules) - MOST_RULES),
        REGION_HEADS,
        region_lines(study),
        tuple(row_words(study, row) for row in rows),
        tree,
        Picture(png_uri(png(fidelity_figure(study))), "Fidelity by the depth of a tree and by the number of features"),
        Picture(png_uri(png(disagreement_figure(study))), "Held-out rows, with the regions where the surrogate disagrees"),
    )


def _has_tree(study: SurrogateStudy) -> bool:
    return isinstance(study.surrogate.model, TreeStandIn)


def _facts(study: SurrogateStudy) -> tuple[tuple[str, str], ...]:
    plan = study.plan
    return (
        ("Black box", plain(repr(study.black_box))),
        ("Surrogate", f"{plan.kind.replace('_', ' ')} of {study.k} of {len(study.held_out.names)} features"),
        *((("Near one row", near_text(study)),) if study.near is not None else ()),
        ("Rows", f"{len(study.learned)} to learn from, {len(study.held_out)} held out"),
        ("Ranking", ", ".join(plain(part.method) for part in study.ranking.parts)),
        ("Seed", str(plan.growth.seed)),
    )


def _ranking(study: SurrogateStudy) -> tuple[tuple[str, ...], ...]:
    """The first features, with their importance in each ranking."""
    read = set(study.surrogate.features)
    return tuple(
        (
            plain(study.held_out.names[feature]),
            "yes" if feature in read else "",
            *(number(float(part.values[feature])) for part in study.ranking.parts),
        )
        for feature in study.ranking.top(max(MOST_FEATURES, 0))
    )


def _rule(study: SurrogateStudy, place: int) -> tuple[str, ...]:
    rule = study.rules[place]
    steady = float("nan") if study.steadiness is None else study.steadiness.rules.get(rule.place, float("nan"))
    return (
        conditions_text(study, rule.conditions) or "otherwise",
        plain(study.surrogate.class_names[rule.label]),
        str(rule.support),
        *("" if isnan(value) else f"{value:.2f}" for value in (rule.confidence, rule.lift, steady)),
    )
