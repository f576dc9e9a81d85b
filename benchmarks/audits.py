"""Real audits: EfficientNet-Lite0 over real photos, and the forest of sonar echoes; the docs show what they found.

The photos are not part of this repository: the environment variable XAIVISION_DATA names the folder that holds
`imagenet_samples`. `python -m benchmarks audits` takes half an hour on two cores; what was done is kept in the folder that
XAIVISION_AUDITS names (else `audits_output`), and done once.
"""

import json
import os
from pathlib import Path
from typing import Any

from xaivision.auditing import audit
from xaivision.data.registry import load_dataset
from xaivision.evaluation.audit.assembly import Stated
from xaivision.evaluation.audit.report import AuditReport
from xaivision.report.audit_summary import audit_summary

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "results"
PHOTOS = 100
METHODS = ("saliency", "input_x_gradient", "integrated_gradients", "smooth_grad", "grad_cam", "layer_cam")
SETTINGS: dict[str, dict[str, Any]] = {"integrated_gradients": {"steps": 16}, "smooth_grad": {"samples": 8}}
METRICS = ("deletion", "insertion", "sparseness", "parameter_randomization", "max_sensitivity")
METRIC_SETTINGS: dict[str, dict[str, Any]] = {
    "deletion": {"steps": 8},
    "insertion": {"steps": 8},
    "max_sensitivity": {"samples": 2},
}


def main(quick: bool = False) -> None:
    out = Path(os.environ.get("XAIVISION_AUDITS", ROOT / "audits_output"))
    for name, made in (("table", _of_the_table(out, quick)), ("photos", _of_the_photos(out, quick))):
        print(name, made, flush=True)
        if not quick:
            (RESULTS / f"audit_{name}.json").write_text(json.dumps(shown(made), indent=1) + "\n", encoding="utf-8")


def _of_the_photos(out: Path, quick: bool) -> AuditReport:
    chosen = sorted((Path(os.environ["XAIVISION_DATA"]) / "imagenet_samples" / "images").iterdir())
    return audit(
        "efficientnet_lite0",
        chosen[: 4 if quick else PHOTOS],
        METHODS,
        METRICS,
        settings=SETTINGS,
        metric_settings=METRIC_SETTINGS,
        executor="serial" if quick else "process",
        out=None if quick else out / "photos",
        stated=Stated(selection=f"the first {PHOTOS} files of the folder, by name", source="one photo of each of many classes"),
        on_cost=lambda cost: print(cost, flush=True),
    )


def _of_the_table(out: Path, quick: bool) -> AuditReport:
    data = load_dataset("uci_sonar")
    return audit(
        "uci_sonar_forest",
        data if not quick else data.test.inputs[:4],
        ("tree_shap", "kernel_shap", "lime_tabular", "feature_ablation", "occlusion"),
        ("deletion", "insertion", "robust_fidelity", "sparseness", "max_sensitivity"),
        background=data.train.inputs[:32],
        settings={"kernel_shap": {"budget": 512}, "lime_tabular": {"background": data.train.inputs}},
        metric_settings={"max_sensitivity": {"samples": 2}},
        out=None if quick else out / "table",
    )


def shown(report: AuditReport) -> dict[str, Any]:
    """What the docs show: conclusions, means, gains and what it cannot say, without the rows."""
    whole = audit_summary(report)
    return {name: whole[name] for name in ("conclusions", "cannot_say", "family", "findings", "removal_shifts", "spent")} | {
        "items": report.checklist.data.items,
        "failures": len(report.failures),
    }


if __name__ == "__main__":
    main()
