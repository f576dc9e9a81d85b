"""The first thing a newcomer sees: photos, sonar returns and simulated sonar scenes, explained and judged next to controls."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.progress import track
from xaivision.core.whole_file import write_whole
from xaivision.data.registry import load_dataset
from xaivision.data.sample_images import load_sample_image
from xaivision.evaluation.comparison import Comparison, Plan, compare
from xaivision.evaluation.removal import Deletion, Insertion
from xaivision.explainers.registry import explainer
from xaivision.facade import load_images
from xaivision.models.registry import load_model
from xaivision.report.figure import write_figures
from xaivision.report.html import write_html
from xaivision.report.summary import comparison_summary
from xaivision.sonar_demo import SonarDemo, run_sonar_demo

PHOTOS = ("chelsea", "coffee", "camera", "rocket")
# Coarser windows and curves than the defaults, so that everything is done in two minutes on two cores.
PHOTO_METHODS: Mapping[str, Mapping[str, Any]] = {
    "grad_cam": {},
    "integrated_gradients": {},
    "smooth_grad": {},
    "input_x_gradient": {},
    "saliency": {},
    "occlusion": {"window": 32, "stride": 16},
}
PHOTO_CONTROLS = ("random", "sobel", "center_gaussian")
CURVE_STEPS = 16

SONAR_METHODS: Mapping[str, Mapping[str, Any]] = {
    "integrated_gradients": {},
    "smooth_grad": {},
    "input_x_gradient": {},
    "saliency": {},
    "occlusion": {"window": 4, "stride": 1},
}
SONAR_CONTROLS = ("random", "input_magnitude")
SONAR_RETURNS = 2


@dataclass(frozen=True, eq=False)
class Demo:
    """What the demo made: comparisons by title, their summary as plain values, the files written, and the simulated scenes."""

    comparisons: tuple[tuple[str, Comparison], ...]
    summary: Mapping[str, Any]
    written: tuple[Path, ...]
    sonar: SonarDemo


def run_demo(folder: Path, *, quick: bool = False, seed: int = 0) -> Demo:
    """Run everything and write a figure for each input, `report.html`, `shortcuts.html` and their numbers into the folder.

    Raises: MissingExtraError, where the model's package is not installed.
    """
    jobs = [*_photo_jobs(1 if quick else len(PHOTOS), seed), *_sonar_jobs(1 if quick else SONAR_RETURNS, seed)]
    compared = tuple((title, compare(model, inputs, None, plan)) for title, model, inputs, plan in track(jobs, "inputs"))
    sonar = run_sonar_demo(folder, quick=quick, seed=seed)
    comparisons = (*compared, *sonar.comparisons)
    summary = {title: comparison_summary(comparison, (title,)) for title, comparison in comparisons}
    return Demo(comparisons, summary, (*_write(folder, comparisons, summary), *sonar.written), sonar)


def _photo_jobs(count: int, seed: int) -> list[tuple[str, ClassifierAdapter, torch.Tensor, Plan]]:
    model = load_model("efficientnet_lite0")
    plan = _plan(PHOTO_METHODS, PHOTO_CONTROLS, seed)
    return [(name, model, load_images(load_sample_image(name), model), plan) for name in PHOTOS[:count]]


def _sonar_jobs(count: int, seed: int) -> list[tuple[str, ClassifierAdapter, torch.Tensor, Plan]]:
    """Held-out returns, the first of each class."""
    model, sonar = load_model("uci_sonar_mlp"), load_dataset("uci_sonar")
    train, _ = sonar.train
    inputs, targets = sonar.test
    plan = _plan({**SONAR_METHODS, "nearest_examples": {"background": train}}, SONAR_CONTROLS, seed)
    first = [int((targets == number).nonzero()[0]) for number in range(count)]
    return [(f"sonar return ({sonar.class_names[targets[row]]})", model, inputs[row : row + 1], plan) for row in first]


def _plan(methods: Mapping[str, Mapping[str, Any]], controls: tuple[str, ...], seed: int) -> Plan:
    return Plan(
        explainers={name: explainer(name, **settings) for name, settings in methods.items()},
        controls={name: explainer(name) for name in controls},
        metrics={"deletion": Deletion(steps=CURVE_STEPS), "insertion": Insertion(steps=CURVE_STEPS)},
        seed=seed,
    )


def _write(folder: Path, comparisons: tuple[tuple[str, Comparison], ...], summary: Mapping[str, Any]) -> list[Path]:
    figures = [
        path
        for title, comparison in comparisons
        for path in write_figures(comparison, folder, [title.replace(" ", "_").translate(str.maketrans("", "", "()"))])
    ]
    numbers = write_whole(folder / "demo.json", json.dumps(summary, indent=2, allow_nan=False).encode())
    return [write_html(folder / "report.html", comparisons), numbers, *figures]
