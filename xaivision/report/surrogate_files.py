"""A surrogate on disk: a page for people, numbers for machines, itself, and its rules, to be applied anywhere."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from xaivision.core.origin import library_versions
from xaivision.core.whole_file import write_whole
from xaivision.report.rendering import rendered
from xaivision.report.surrogate_page import surrogate_page
from xaivision.report.surrogate_rows import row_summary
from xaivision.report.surrogate_words import summary_sentences
from xaivision.surrogates.decided_rows import DecidedRow
from xaivision.surrogates.study import SurrogateStudy
from xaivision.surrogates.surrogate_file import surrogate_content

PAGE, NUMBERS, RULES = "surrogate.html", "surrogate.json", "surrogate_rules.json"
MODEL = "surrogate.safetensors"
SCHEMA = "xaivision.surrogate/1"


def write_surrogate(study: SurrogateStudy, path: str | Path, rows: Sequence[DecidedRow] = ()) -> tuple[Path, ...]:
    """Write page, numbers, surrogate and, of kinds that have them, rules into a folder, which is made; their paths.

    `rows`: single inputs that page and numbers tell of, too.
    """
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(write_whole(folder / name, content) for name, content in surrogate_contents(study, rows).items())


def surrogate_contents(study: SurrogateStudy, rows: Sequence[DecidedRow] = ()) -> dict[str, bytes]:
    """The files by their names."""
    numbers = json.dumps(surrogate_summary(study, rows), indent=1, allow_nan=False) + "\n"
    made = {PAGE: surrogate_html(study, rows).encode(), NUMBERS: numbers.encode(), MODEL: surrogate_content(study.surrogate)}
    return {**made, RULES: study.rules_json().encode()} if study.rules else made


def surrogate_html(study: SurrogateStudy, rows: Sequence[DecidedRow] = ()) -> str:
    """The page as text: it needs no network and runs no script."""
    return rendered("surrogate.html.j2", page=surrogate_page(study, rows), version=library_versions().get("xaivision", ""))


def surrogate_fragment(study: SurrogateStudy) -> str:
    """What a notebook shows: the sentences, and the figure of the tree, or of fidelity where there is none."""
    page = surrogate_page(study)
    return rendered("surrogate_fragment.html.j2", page=page)


def surrogate_summary(study: SurrogateStudy, rows: Sequence[DecidedRow] = ()) -> dict[str, Any]:
    """The study as values that JSON can hold; null where there is no number."""
    names = study.held_out.names
    told: dict[str, Any] = _plain(
        {
            "schema": SCHEMA,
            "black_box": repr(study.black_box),
            "kind": study.plan.kind,
            "k": study.k,
            "seed": study.plan.growth.seed,
            "features": study.surrogate.names,
            "rows": {"learned": len(study.learned), "held_out": len(study.held_out)},
            "near": None if study.near is None else dict(zip(names, study.near.tolist(), strict=True)),
            "fidelity": asdict(study.fidelity),
            "commonest_class": asdict(study.commonest),
            "random_features": asdict(study.random),
            "explained": {"sure": study.plan.sure, **asdict(study.explained)},
            "counterfactuals": {
                "followed": asdict(study.follows),
                "cheapest_followed": asdict(study.cheapest_follows),
                "followed_copied_whole": asdict(study.copied),
            },
            "ranking": {
                "method": study.ranking.method,
                "first": [names[number] for number in study.ranking.top(50)],
                "kendall_w": study.ranking.w,
                "shared": study.ranking.shared(study.k),
            },
            "by_features": [asdict(point) for point in study.counts],
            "by_depth": [asdict(point) for point in study.depths],
            "regions": [asdict(region) for region in study.regions],
            "steadiness": None if study.steadiness is None else asdict(study.steadiness),
            "sentences": summary_sentences(study),
            "single_rows": [row_summary(study, row) for row in rows],
        }
    )
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
