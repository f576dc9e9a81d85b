"""Draws the pictures in README.md and docs/ anew: the demo's own figures, that of an audit of the sample photos, and the pages of
the app as its tests photograph them, reduced to a size that a repository can carry. With `--app` those of the app alone.
"""

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("MPLBACKEND", "Agg")

import torch
from PIL import Image

import xaivision as xv
from xaivision.core.explanation import Explanation
from xaivision.core.narrative import Narrative
from xaivision.core.random import generator
from xaivision.demo import run_demo
from xaivision.engines.baselines import reference_inputs
from xaivision.engines.superpixels import Grid, Slic
from xaivision.evaluation.audit.report import AuditReport
from xaivision.models.generators.segment_layers import SegmentLayers
from xaivision.report.figure import png
from xaivision.report.scene_picture import scenes_png

Answer = TypeVar("Answer", bound=Explanation)

FOLDER = Path(__file__).resolve().parent / "pictures"
WIDTH, QUALITY = 1280, 88
# How pictures are divided whose segments are edited: a digit of 8 x 8 has no segments of its own.
TILES = {"sonar": Slic(30), "digit": Grid(4, 4)}
# The app's pages, and how much of each from above, in pixels.
PAGES = {
    "photos": 1000,
    "photos_faithfulness": 1000,
    "photos_words": 1100,
    "sonar_mask": 900,
    "sonar_shortcuts": 900,
    "tables": 1000,
    "tables_changes": 1000,
    "surrogates": 1000,
    "prototypes_pairs": 622,
    "audit_done": 1000,
    "methods": 800,
}
PAGE_WIDTH, PAGE_QUALITY = 1100, 80


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    app_pages()
    if "--app" not in sys.argv:
        drawn()


def app_pages() -> None:
    """Each page as the tests of the app in a browser leave it in a wide window."""
    tests = FOLDER.parents[1] / "tests" / "e2e" / "test_screenshots.py"
    with TemporaryDirectory() as made:
        command = [sys.executable, "-m", "pytest", "-q", "-m", "slow", "-k", " or ".join(f"{name}-1280" for name in PAGES)]
        command += [str(tests)]
        subprocess.run(command, check=True, env={**os.environ, "XAIVISION_SCREENSHOTS": made})
        for name, height in PAGES.items():
            with Image.open(Path(made) / f"{name}_1280_whole.png") as page:
                shown = page.crop((0, 0, page.width, min(height, page.height)))
                written(f"app_{name}", reduced(shown, PAGE_WIDTH), PAGE_QUALITY)


def drawn() -> None:
    """What the library draws itself."""
    with TemporaryDirectory() as made:
        for figure in (path for path in run_demo(Path(made), quick=True).written if path.suffix == ".png"):
            keep(figure.stem, figure.read_bytes())
    keep("audit", png(audit_of_photos().show()))
    keep("sonar_scenes", sonar_scenes())
    keep("sonar_seabed", sonar_seabed())
    keep("sonar_prototypes", sonar_prototypes())
    for name, strip in counterfactual_strips().items():
        keep(name, strip)
    keep("attributes_digit", attribute_strips())
    keep("narrative", narrative())
    keep("narrative_sonar", narrative_sonar())


def sonar_scenes() -> bytes:
    """A scene of each kind, and below it the same with target and shadow in color."""
    scenes = xv.load_dataset("sonar_simulator", count=5)
    masks = [{name: mask[row] for name, mask in scenes.masks.items()} for row in range(5)]
    return scenes_png(scenes.inputs, masks)


def sonar_seabed() -> bytes:
    """Two scenes, and what `baseline="seabed"` puts in their place."""
    scenes = xv.load_dataset("sonar_simulator", count=5).inputs[3:]
    seabed = reference_inputs("seabed", scenes, generator(0, "picture"))
    return scenes_png(torch.cat([scenes, seabed])[[0, 2, 1, 3]])


def sonar_prototypes() -> bytes:
    """What a network of prototypes that has learned from simulated scenes looks for in spheres."""
    scenes = xv.load_dataset("sonar_simulator", count=200)
    model = xv.train(scenes, model="proto_part", per_class=5, flips="horizontal", learning_rate=3e-3)
    gallery = xv.prototype_gallery(
        model.classifier, scenes.test.inputs, ["texture", "shape", "contrast"], name="simulated scenes"
    )
    return png(gallery.show(scenes.class_names.index("sphere")))


def counterfactual_strips() -> dict[str, bytes]:
    """A generated sonar picture and a digit, each beside the nearest one that edits of its segments give another class."""
    strips = {}
    for name, model, data, number in (("sonar", "sonar48_convnet", "sonar48", 2), ("digit", "digits_cnn", "digits", 0)):
        picture = xv.load_dataset(data).inputs[number : number + 1]
        found = xv.explain(xv.load_model(model), picture, "object_counterfactuals", generator=SegmentLayers(TILES[name]))
        strips[f"counterfactual_{name}"] = png(untimed(found).show())
    return strips


def attribute_strips() -> bytes:
    """A digit that attributes turn, with each of four from low to high."""
    digits, model = xv.load_dataset("digits"), xv.load_model("digits_cnn")
    autoencoder = xv.picture_autoencoder(model, digits.train.inputs)
    attributes = xv.find_attributes(model, autoencoder, digits.train.inputs[:100], k=4)
    sheet = xv.attribute_sheet(model, attributes, digits.test.inputs[:60], shown=6)
    turned = next(place for place, row in enumerate(sheet.shown) if bool(sheet.answer.found[row].any()))
    return png(sheet.show(turned))


def narrative() -> bytes:
    """A photo, its map, the object outlined, and what is said of it."""
    model = xv.load_model("efficientnet_lite0")
    return narrative_figure(xv.narrate(model, xv.load_sample_images(["coffee"], model)))


def narrative_sonar() -> bytes:
    """The same of a generated sonar scene."""
    scenes = xv.load_dataset("sonar48")
    return narrative_figure(xv.narrate(xv.load_model("sonar48_convnet"), scenes.inputs[6:7], wording="sonar"))


def narrative_figure(told: Narrative) -> bytes:
    return png(replace(untimed(told), attribution=untimed(told.attribution)).show())


def untimed(explanation: Answer) -> Answer:
    """Without the seconds that this machine took on this day: they say nothing to whoever reads the page."""
    return replace(explanation, diagnostics=replace(explanation.diagnostics, seconds=float("nan"), load=float("nan")))


def audit_of_photos() -> AuditReport:
    """Nine photos allow for few comparisons: with more of them than these, nothing could be found clearly better."""
    return xv.audit(
        "efficientnet_lite0",
        xv.load_dataset("sample_images"),
        ["grad_cam", "integrated_gradients", "saliency"],
        ["deletion", "insertion", "parameter_randomization"],
        controls=["random", "sobel"],
        settings={"integrated_gradients": {"steps": 16}},
        metric_settings={"deletion": {"steps": 8}, "insertion": {"steps": 8}},
    )


def keep(name: str, content: bytes) -> None:
    with Image.open(io.BytesIO(content)) as picture:
        written(name, reduced(picture, WIDTH), QUALITY)


def written(name: str, picture: Image.Image, quality: int) -> None:
    file = FOLDER / f"{name}.jpg"
    picture.save(file, quality=quality, subsampling=0, optimize=True)
    print(f"docs/pictures/{file.name}: {file.stat().st_size // 1000} kB")


def reduced(picture: Image.Image, width: int) -> Image.Image:
    height = round(picture.height * min(1, width / picture.width))
    return picture.convert("RGB").resize((min(width, picture.width), height), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
