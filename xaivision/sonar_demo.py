"""The sonar part of the demo: a classifier of simulated scenes learns a shortcut, and what finds it out."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from xaivision.core.image_format import ImageFormat
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.whole_file import write_whole
from xaivision.data.dataset import Dataset
from xaivision.data.registry import load_dataset
from xaivision.data.scale_mark import with_scale_mark
from xaivision.engines.superpixels import Slic
from xaivision.evaluation.comparison import Comparison, Plan, compare
from xaivision.evaluation.relevance_localization import RelevanceMass
from xaivision.evaluation.removal import Deletion
from xaivision.evaluation.shortcuts.report import ShortcutReport
from xaivision.explainers.registry import explainer
from xaivision.models.construction import construction
from xaivision.models.small_convnet import SmallConvnet
from xaivision.models.training import Recipe, train
from xaivision.report.scene_picture import scenes_png
from xaivision.report.shortcut_files import write_shortcuts
from xaivision.shortcut_search import shortcuts

SIDE, SCENES, QUICK_SCENES = 64, 300, 150
KINDS = ("seafloor", "airplane", "wreck")
# Of the scenes with this target, so many of ten carry a scale mark, as pictures of one recording do.
MARKED, OF_TEN = "wreck", 9
RECIPE = Recipe(epochs=24, batch_size=16, learning_rate=1e-2, weight_decay=1e-2)
METHODS: dict[str, dict[str, Any]] = {
    "grad_cam": {},
    "integrated_gradients": {"steps": 32},
    "occlusion": {"window": 8, "stride": 4, "baseline": "seabed"},
    "lime_image": {"segments": Slic(count=60), "baseline": "seabed", "budget": 320},
    "saliency": {},
}
CONTROLS = ("random", "sobel")


@dataclass(frozen=True, eq=False)
class SonarDemo:
    """`comparisons` of explained scenes by title; the report on the scenes with a shortcut, and on those without; the files."""

    comparisons: tuple[tuple[str, Comparison], ...]
    shortcut: ShortcutReport
    without: ShortcutReport
    written: tuple[Path, ...]


def run_sonar_demo(folder: Path, *, quick: bool = False, seed: int = 0) -> SonarDemo:
    """Train, explain, and look for shortcuts; write `shortcuts.html`, its numbers and a picture of the masks into the folder."""
    plain = scenes(QUICK_SCENES if quick else SCENES, seed)
    marked = with_marks(plain)
    model = trained(marked)
    chosen = [int(row) for row in marked.split.test if marked.class_names[int(marked.targets[row])] == MARKED][
        : 1 if quick else 2
    ]
    report = shortcuts(
        marked, model, methods={name: explainer(name, **METHODS[name]) for name in ("grad_cam",)}, most=60, seed=seed
    )
    return SonarDemo(
        tuple((f"simulated scene {row} ({MARKED})", _compared(model, marked, row, seed)) for row in chosen),
        report,
        shortcuts(plain, probes=["border", "marks", "brightness"], seed=seed),
        (write_whole(folder / "sonar_masks.png", _masks_picture(marked, chosen)), *write_shortcuts(report, folder)),
    )


def scenes(count: int, seed: int) -> Dataset:
    """Simulated scenes of three kinds, with masks of target and shadow."""
    whole = load_dataset("sonar_simulator", count=count, size=SIDE, seed=seed)
    numbers = torch.tensor([KINDS.index(name) if name in KINDS else -1 for name in whole.class_names], device="cpu")
    rows = (numbers[whole.targets] >= 0).nonzero().flatten()
    masks = {name: mask[rows] for name, mask in whole.masks.items()}
    targets = numbers[whole.targets][rows]
    return replace(whole, inputs=whole.inputs[rows], targets=targets, class_names=KINDS, truth=masks["target"], masks=masks)


def with_marks(data: Dataset) -> Dataset:
    """The scenes with a scale mark on nine of ten of one kind, always at the same place."""
    inputs = data.inputs.clone()
    wanted = (data.targets == KINDS.index(MARKED)).nonzero().flatten().tolist()
    for number, row in enumerate(wanted):
        if number % 10 < OF_TEN:
            inputs[row] = with_scale_mark(inputs[row], corner=(2, 20))
    return replace(data, inputs=inputs)


def trained(data: Dataset) -> TorchClassifier:
    """A small network that has learned the training part, in a few passes."""
    with construction(0):
        network = SmallConvnet(8, len(data.class_names))
    inputs, targets = data.train
    spread, middle = float(inputs.std()), float(inputs.mean())
    train(network, (inputs - middle) / spread, targets, RECIPE, "training on simulated scenes")
    shape = ImageFormat(1, SIDE, SIDE)
    return TorchClassifier(
        network, len(data.class_names), class_names=data.class_names, image_format=shape, mean=[middle], std=[spread]
    )


def _compared(model: TorchClassifier, data: Dataset, row: int, seed: int) -> Comparison:
    plan = Plan(
        explainers={name: explainer(name, **settings) for name, settings in METHODS.items()},
        controls={name: explainer(name) for name in CONTROLS},
        metrics={
            "deletion": Deletion(steps=16, baseline="seabed"),
            "relevance_mass": RelevanceMass(masks=data.masks["target"][row : row + 1]),
        },
        seed=seed,
    )
    return compare(model, data.inputs[row : row + 1], None, plan)


def _masks_picture(data: Dataset, rows: list[int]) -> bytes:
    return scenes_png(data.inputs[rows], [{name: mask[row] for name, mask in data.masks.items()} for row in rows])
