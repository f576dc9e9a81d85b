"""Draws the pictures in README.md and docs/ anew: the demo's own figures, and that of an audit of the sample photos, reduced to a
size that a repository can carry.
"""

import io
import os
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("MPLBACKEND", "Agg")

import torch
from PIL import Image

import xaivision as xv
from xaivision.core.random import generator
from xaivision.demo import run_demo
from xaivision.engines.baselines import reference_inputs
from xaivision.evaluation.audit.report import AuditReport
from xaivision.report.figure import png
from xaivision.report.scene_picture import scenes_png

FOLDER = Path(__file__).resolve().parent / "pictures"
WIDTH, QUALITY = 1280, 88


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as made:
        for figure in (path for path in run_demo(Path(made), quick=True).written if path.suffix == ".png"):
            keep(figure.stem, figure.read_bytes())
    keep("audit", png(audit_of_photos().show()))
    keep("sonar_scenes", sonar_scenes())
    keep("sonar_seabed", sonar_seabed())
    keep("sonar_prototypes", sonar_prototypes())
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


def narrative() -> bytes:
    """A photo, its map, the object outlined, and what is said of it."""
    model = xv.load_model("efficientnet_lite0")
    return png(xv.narrate(model, xv.load_sample_images(["coffee"], model)).show())


def narrative_sonar() -> bytes:
    """The same of a generated sonar scene."""
    scenes = xv.load_dataset("sonar48")
    return png(xv.narrate(xv.load_model("sonar48_convnet"), scenes.inputs[6:7], wording="sonar").show())


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
    drawn = FOLDER / f"{name}.jpg"
    with Image.open(io.BytesIO(content)) as picture:
        reduced(picture).save(drawn, quality=QUALITY, subsampling=0, optimize=True)
    print(f"docs/pictures/{drawn.name}: {drawn.stat().st_size // 1000} kB")


def reduced(picture: Image.Image) -> Image.Image:
    height = round(picture.height * min(1, WIDTH / picture.width))
    return picture.convert("RGB").resize((min(WIDTH, picture.width), height), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
