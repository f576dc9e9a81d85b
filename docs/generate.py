"""Writes the generated regions of README.md and of the pages beside this file from what they describe.

A region stands between `<!-- generated: NAME -->` and `<!-- end -->`. With `--check` nothing is written: it names the
files that are out of date and exits with 1.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import audit_tables
import known_answer_tables
import markdown_tables
import narrative_tables
import prototype_tables
import sonar_tables
import surrogate_tables
import training_tables

ROOT = Path(__file__).resolve().parents[1]
REGION = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
OPENING = "<!-- generated:"

REGIONS: Mapping[str, Callable[[], str]] = {
    "methods": markdown_tables.methods,
    "controls": markdown_tables.controls,
    "method-cards": markdown_tables.method_cards,
    "control-cards": markdown_tables.control_cards,
    "metrics": markdown_tables.metrics,
    "metric-cards": markdown_tables.metric_cards,
    "datasets": markdown_tables.datasets,
    "named-sets": markdown_tables.named_sets,
    "models": markdown_tables.models,
    "commands": markdown_tables.commands,
    "architectures": lambda: markdown_tables.architectures(ROOT / "docs" / "results" / "architectures.json"),
    "localization": lambda: markdown_tables.localization(ROOT / "docs" / "results" / "localization.json"),
    "certificates": lambda: markdown_tables.certificates(ROOT / "docs" / "results" / "certificates.json"),
    "sonar-transfer": lambda: training_tables.transfer(ROOT / "docs" / "results" / "sonar_transfer.json"),
    "sonar-backbones": lambda: training_tables.backbones(ROOT / "docs" / "results" / "sonar_backbones.json"),
    "sonar-prototypes": lambda: training_tables.prototypes(ROOT / "docs" / "results" / "sonar_prototypes.json"),
    "planted-characteristics": lambda: prototype_tables.planted(ROOT / "docs" / "results" / "planted_characteristics.json"),
    "table-prototypes": lambda: prototype_tables.accuracies(ROOT / "docs" / "results" / "table_prototypes.json"),
    "audit-table": lambda: audit_tables.audit(ROOT / "docs" / "results" / "audit_table.json"),
    "audit-photos": lambda: audit_tables.audit(ROOT / "docs" / "results" / "audit_photos.json"),
    "sonar-shortcuts": lambda: sonar_tables.shortcuts(ROOT / "docs" / "results" / "sonar_shortcuts.json"),
    "sonar-baselines": lambda: sonar_tables.baselines(ROOT / "docs" / "results" / "sonar_baselines.json"),
    "sonar-segmentations": lambda: sonar_tables.segmentations(ROOT / "docs" / "results" / "sonar_segmentations.json"),
    "sonar-masks": lambda: sonar_tables.masks(ROOT / "docs" / "results" / "sonar_masks.json"),
    "known-answer-findings": lambda: known_answer_tables.findings(ROOT / "docs" / "results" / "known_answers.json"),
    "known-answers": lambda: known_answer_tables.suites(ROOT / "docs" / "results" / "known_answers.json"),
    "segmented-objects": lambda: narrative_tables.objects(ROOT / "docs" / "results" / "segmented_objects.json"),
    "surrogates": lambda: surrogate_tables.measured(ROOT / "benchmarks" / "results" / "surrogates.json"),
    "surrogate-ranking": lambda: surrogate_tables.measured(ROOT / "benchmarks" / "results" / "surrogate_ranking.json"),
    "surrogate-width": lambda: surrogate_tables.measured(ROOT / "benchmarks" / "results" / "surrogate_width.json"),
    "surrogate-pictures": lambda: surrogate_tables.measured(ROOT / "benchmarks" / "results" / "surrogate_pictures.json"),
    "benchmarks": lambda: markdown_tables.benchmarks(ROOT / "benchmarks" / "results"),
}


def refreshed(text: str, regions: Mapping[str, Callable[[], str]] = REGIONS) -> str:
    """The page with every region filled anew.

    Raises: ValueError, where a region has no end or a name that nothing fills.
    """

    def fill(found: re.Match[str]) -> str:
        if found[2] not in regions:
            raise ValueError(f"`{found[2]}` is not a generated region. Known: {', '.join(sorted(regions))}.")
        return f"{found[1]}\n{regions[found[2]]().strip()}\n\n{found[3]}"

    filled, count = REGION.subn(fill, text)
    if count != text.count(OPENING):
        raise ValueError(f"{text.count(OPENING)} generated regions are opened and {count} are closed with `<!-- end -->`.")
    return filled


def pages(root: Path = ROOT) -> list[Path]:
    return [root / "README.md", *sorted((root / "docs").glob("*.md"))]


def outdated(root: Path = ROOT) -> dict[Path, str]:
    """The pages whose regions are not current, each with what it should say."""
    found = {}
    for page in pages(root):
        text = page.read_text(encoding="utf-8")
        wanted = refreshed(text)
        if wanted != text:
            found[page] = wanted
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where something is out of date")
    check = parser.parse_args(arguments).check
    found = outdated()
    for page, text in found.items():
        print(f"{page.relative_to(ROOT)} {'is out of date: run `make generate`' if check else 'written'}")
        if not check:
            page.write_text(text, encoding="utf-8")
    return int(check and bool(found))


if __name__ == "__main__":
    sys.exit(main())
