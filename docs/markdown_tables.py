"""Markdown tables and cards of everything that is registered or measured."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from xaivision.core.about import About, AboutEvaluator
from xaivision.core.access import Access


def methods() -> str:
    return _explainer_table(control=False)


def controls() -> str:
    return _explainer_table(control=True)


def method_cards() -> str:
    return _explainer_cards(control=False)


def control_cards() -> str:
    return _explainer_cards(control=True)


def metrics() -> str:
    rows = [
        (f"`{name}`", about.answers, _judged(about), _asked_for(_evaluator_types()[name]), _better(about), about.cost)
        for name, about in _evaluators().items()
    ]
    return table(("Name", "What it answers", "Judges", "Needs", "Better is", "Cost"), rows)


def _asked_for(kind: Any) -> str:
    """What has to be handed over, which inputs and values it is for where not for all, and how deep it looks beyond scores."""
    about = kind.about
    required = [part.name for part in dataclasses.fields(kind) if part.init and _has_no_default(part)]
    told = [f"`{name}=...`" for name in required]
    told += [{"image": "pictures", "tabular": "tables"}[about.domains[0]]] * (len(about.domains) == 1)
    told += [f"{about.kinds[0]}s"] * (len(about.kinds) == 1)
    told += [f"the model's {about.needs}"] * (about.needs > Access.LOGITS)
    return ", ".join(told) or "\N{EN DASH}"


def _has_no_default(part: "dataclasses.Field[Any]") -> bool:
    return part.default is dataclasses.MISSING and part.default_factory is dataclasses.MISSING


def metric_cards() -> str:
    return "\n\n".join(_evaluator_card(name, kind) for name, kind in sorted(_evaluator_types().items()))


def datasets() -> str:
    from xaivision.data.registry import available_datasets, dataset_card

    rows = [
        (f"`{name}`", what, dataset_card(name).size, dataset_card(name).license) for name, what in available_datasets().items()
    ]
    return table(("Name", "What it is", "Size", "License"), rows)


def models() -> str:
    from xaivision.models.registry import available_models

    return table(("Name", "What it is"), [(f"`{name}`", what) for name, what in available_models().items()])


def commands() -> str:
    """What `--help` says, of each command in turn, and of the commands of a group after it."""
    from typer.main import get_command

    from xaivision.cli import app

    names = []
    for name, command in get_command(app).commands.items():
        names += [(name,), *((name, inner) for inner in getattr(command, "commands", ()))]
    return "\n\n".join([_help(), *(f"## {' '.join(words)}\n\n{_help(*words)}" for words in names)])


def named_sets() -> str:
    """The sets of pictures that can be fetched."""
    from xaivision.data.named_sets.named_set import named_sets

    rows = [(f"`{one.name}`", f"{one.what}. {one.note}.", f"{one.pictures:,}", one.license) for one in named_sets().values()]
    return table(("Name", "What it is, and what to know before a score is believed", "Files", "License"), rows)


def benchmarks(results: Path) -> str:
    """One section a file in `results`: what was measured, on what, against which goal."""
    return "\n\n".join(_benchmark(json.loads(file.read_text(encoding="utf-8"))) for file in sorted(results.glob("*.json")))


def architectures(result: Path) -> str:
    """How many architectures each method is right on, then each architecture with whatever is not plainly valid."""
    rows = json.loads(result.read_text(encoding="utf-8"))["rows"]
    standings = ("valid", "repaired", "doubtful", "refused")
    counted: dict[str, dict[str, int]] = {}
    for finding in (finding for row in rows for finding in row["findings"]):
        counts = counted.setdefault(finding["method"], dict.fromkeys(standings, 0))
        counts[finding["standing"]] += 1
    methods_ = table(("Method", *standings), [(f"`{name}`", *counts.values()) for name, counts in sorted(counted.items())])
    whole = table(("Architecture", *standings), [_architecture(row, standings) for row in rows])
    return f"{methods_}\n\n{whole}\n\n" + "\n\n".join(_whys(row) for row in rows)


def localization(result: Path) -> str:
    """How much of each method's map lies on the object, best first, controls marked."""
    found = json.loads(result.read_text(encoding="utf-8"))
    rows = [
        (
            f"{'control ' if row['control'] else ''}`{row['method']}`",
            f"{row['pointing']:.2f}",
            f"{row['mass']:.2f}",
            f"{row['doubted']}",
        )
        for row in found["rows"]
    ]
    told = "; ".join(f"`{name}` {_told(given)}" for name, given in found["settings"].items())
    return (
        f"{found['photos']} photos; the objects cover {found['area']:.0%} of them on average, which is what chance would hit. "
        f"Defaults but for {told}.\n\n{table(('Method', 'Pointing game', 'Mass accuracy', 'Verdicts not ok'), rows)}"
    )


def certificates(result: Path) -> str:
    """What each metric says where the answer is known from a formula, beside the peers."""
    found = json.loads(result.read_text(encoding="utf-8"))
    rows = [
        (f"`{row['metric']}`", row["map"], row["why"], *(_answer(row[who]) for who in ("truth", "ours", "quantus", "captum")))
        for row in found["rows"]
    ]
    heads = ("Metric", "Map", "Formula", "Truth", "xaivision", f"Quantus {found['quantus']}", f"captum {found['captum']}")
    return table(heads, rows)


def _answer(value: float | str) -> str:
    """A number to six digits, what is below rounding as 0; or why there is none."""
    if isinstance(value, str):
        return value
    return "0" if abs(value) < 1e-9 else f"{value:.6g}"


def _told(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in given.items())


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [heads, ["---"] * len(heads), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _help(*command: str) -> str:
    from typer.testing import CliRunner

    from xaivision.cli import app

    shown = CliRunner().invoke(app, [*command, "--help"], prog_name="xaivision")
    return f"```text\n{shown.output.strip()}\n```"


def _cell(value: Any) -> str:
    text = f"{value:.3g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")


def _benchmark(result: Mapping[str, Any]) -> str:
    facts = f"Goal: {result['goal']}\n\nMeasured on: {result['machine']}"
    return f"## {result['title']}\n\n{result['what']}\n\n{table(result['columns'], result['rows'])}\n\n{facts}"


def _architecture(row: Mapping[str, Any], standings: Sequence[str]) -> list[str]:
    names = {standing: [one["method"] for one in row["findings"] if one["standing"] == standing] for standing in standings}
    listed = [", ".join(f"`{name}`" for name in names[standing]) for standing in standings[1:]]
    return [f"`{row['architecture']}`", f"the other {len(names['valid'])}", *listed]


def _whys(row: Mapping[str, Any]) -> str:
    """What was said of each method that is not plainly valid; methods of which the same is said share a row."""
    said: dict[str, list[str]] = {}
    for one in row["findings"]:
        if one["reasons"]:
            said.setdefault(_said(one), []).append(f"`{one['method']}`")
    rows = [(", ".join(methods), text) for text, methods in said.items()]
    return f"### `{row['architecture']}`\n\n" + table(("Methods", "What was said"), rows)


def _said(finding: Mapping[str, Any]) -> str:
    return "; ".join(finding["reasons"]).replace(f"`{finding['method']}`", "it", 1)


def _explainer_types(*, control: bool) -> dict[str, type]:
    from xaivision.explainers.registry import EXPLAINERS

    return {name: kind for name, kind in sorted(EXPLAINERS.items()) if kind.about.control == control}


def _evaluator_types() -> Mapping[str, type]:
    from xaivision.evaluation.registry import EVALUATORS

    return EVALUATORS


def _evaluators() -> dict[str, AboutEvaluator]:
    return {name: kind.about for name, kind in sorted(_evaluator_types().items())}


def _explainer_table(*, control: bool) -> str:
    cards: dict[str, About] = {name: kind.about for name, kind in _explainer_types(control=control).items()}
    rows = [(f"`{name}`", about.answers, _inputs(about), _needed(about), about.cost) for name, about in cards.items()]
    return table(("Method", "What it answers", "Inputs", "Needs", "Cost"), rows)


def _explainer_cards(*, control: bool) -> str:
    return "\n\n".join(_explainer_card(name, kind) for name, kind in _explainer_types(control=control).items())


def _explainer_card(name: str, kind: type) -> str:
    about: About = kind.about
    facts = [
        ("Misleads", about.misleads),
        ("Cost", about.cost),
        ("Needs", f"{_needed(about)}; takes {_inputs(about)}"),
        ("Settings", _settings(kind)),
        ("Source", about.source),
    ]
    return _card(name, about.answers, facts)


def _evaluator_card(name: str, kind: type) -> str:
    about: AboutEvaluator = kind.about
    facts = [
        ("Misleads", about.misleads),
        ("Judges", f"{_judged(about)}; {' and '.join(f'{kind}s' for kind in about.kinds)} of {_inputs(about)}"),
        ("Better is", _better(about)),
        ("Cost", about.cost),
        ("Needs", f"the model's {about.needs}{' and labeled training data' if about.training_data else ''}"),
        ("Settings", _settings(kind)),
        ("Source", about.source),
    ]
    return _card(name, about.answers, facts)


def _inputs(about: About | AboutEvaluator) -> str:
    return " and ".join({"image": "images", "tabular": "tables"}[domain] for domain in about.domains)


def _needed(about: About) -> str:
    return "nothing of the model" if about.control else f"the model's {about.needs}"


def _judged(about: AboutEvaluator) -> str:
    return "one explanation" if about.judges == "explanation" else "a method, asked again"


def _better(about: AboutEvaluator) -> str:
    return "higher" if about.higher_is_better else "lower"


def _card(name: str, answers: str, facts: Iterable[tuple[str, str]]) -> str:
    rows = [(f"**{what}**", text) for what, text in facts if text]
    return f"### `{name}`\n\n{answers}\n\n{table(('', ''), rows)}"


def _settings(kind: type) -> str:
    return ", ".join(_setting(part) for part in dataclasses.fields(kind) if part.init)


def _setting(part: dataclasses.Field) -> str:
    if part.default is not dataclasses.MISSING:
        return f"`{part.name}={part.default!r}`"
    if part.default_factory is not dataclasses.MISSING:
        return f"`{part.name}={part.default_factory()!r}`"
    return f"`{part.name}` (to be given)"
