"""Counterfactuals of pictures on simulated sonar and on digits: how many flip, through what, and what they change.

Objects: the simulator's own parameters for sonar, segments as layers for both. Attributes: the simulator's parameters for
sonar, and an autoencoder of the training pictures for digits and sonar. Planted factor: pictures of which only one property
decides the class (the ink of digits, the reflectivity of the seafloor), and how the first attribute goes with it.
Simulated or bundled pictures only. `python -m benchmarks picture_counterfactuals`: some three minutes of one thread. Parts that
the result file holds are kept: what was stopped goes on, and what is to be measured anew is deleted there.
"""

import json
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

import xaivision as xv
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.origin import library_versions
from xaivision.core.protocols import Explainer
from xaivision.core.random import generator
from xaivision.data.dataset import Part
from xaivision.engines.superpixels import Slic
from xaivision.evaluation.picture_counterfactuals import flips_through, picture_counterfactual_quality
from xaivision.explainers.counterfactuals.attribute_counterfactuals import AttributeCounterfactuals
from xaivision.explainers.counterfactuals.attributes import Attributes
from xaivision.explainers.counterfactuals.nearest_unlike_picture import NearestUnlikePicture
from xaivision.explainers.counterfactuals.object_counterfactuals import ObjectCounterfactuals
from xaivision.explainers.counterfactuals.pixel_counterfactuals import PixelCounterfactuals
from xaivision.models.construction import construction
from xaivision.models.generators.picture_autoencoder import AutoencoderRecipe, PictureAutoencoder, picture_autoencoder
from xaivision.models.generators.segment_layers import SegmentLayers
from xaivision.models.generators.sonar_scenes import SonarScenes
from xaivision.models.training import Recipe, train

RESULT = Path(__file__).resolve().parent.parent / "docs" / "results" / "picture_counterfactuals.json"
ASKED, ASKED_BY_KIND = 30, 20
# Passes in which the autoencoder learns.
PASSES = {"digits": 14, "sonar": 18}
SIDE = 64
SCENES = 800
KINDS = {"digits": ("position", "removal", "style"), "sonar": ("object", "position", "style", "scene")}


class World(NamedTuple):
    """Pictures to learn from and to ask about, with a network that was trained on the first."""

    name: str
    learned: Part
    asked: Part
    model: ClassifierAdapter
    accuracy: float


def main(quick: bool = False) -> dict[str, Any]:
    """The whole result, written where it is not `quick`."""
    torch.set_num_threads(1)
    known = {} if quick or not RESULT.is_file() else json.loads(RESULT.read_text(encoding="utf-8"))
    found: dict[str, Any] = {"versions": dict(library_versions()), "asked": 5 if quick else ASKED, **known}
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "digits": lambda: judged(digits(quick), quick),
        "ink of digits": lambda: planted_ink(quick),
        "sonar": lambda: judged(sonar(quick), quick),
        "reflectivity of the seafloor": lambda: planted_seafloor(quick),
    }
    for name, measure in parts.items():
        found[name] = known[name] if name in known else measure()
        if not quick:  # after each: whoever stops it keeps what is done
            RESULT.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return found


def network(side: int, num_classes: int) -> nn.Module:
    """Three convolutions, each halved, and a linear layer."""
    parts: list[nn.Module] = []
    for before, after in ((1, 16), (16, 32), (32, 64)):
        parts += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    kept = min(2, side // 8)
    return nn.Sequential(*parts, nn.AdaptiveMaxPool2d(kept), nn.Flatten(), nn.Linear(64 * kept**2, num_classes))


def world(name: str, parts: tuple[Part, Part], names: tuple[str, ...], epochs: int) -> World:
    """A network trained on the first part; what it is right about in the second."""
    learned, asked = parts
    with construction(0):
        module = network(learned.inputs.shape[2], len(names))
    train(module, learned.inputs, learned.targets, Recipe(epochs, 32, 3e-3, 1e-4), name)
    model = xv.classifier(module, domain="image", num_classes=len(names), score_unit="logit", class_names=names)
    right = (model(asked.inputs).argmax(1) == asked.targets).double().mean()
    return World(name, learned, asked, model, float(right))


def digits(quick: bool) -> World:
    """scikit-learn's digits, enlarged four times."""
    data = xv.load_dataset("digits")
    parts = tuple(Part(eight_bits(larger(part.inputs)), part.targets) for part in (data.train, data.test))
    return world("digits", (parts[0], parts[1]), data.class_names, 1 if quick else 6)


def sonar(quick: bool) -> World:
    """Simulated scenes; the first ones are asked about, so that the simulator need not make all of them again."""
    data = xv.load_dataset("sonar_simulator", count=100 if quick else SCENES, size=SIDE)
    asked = Part(data.inputs[:60], data.targets[:60])
    return world("sonar", (Part(data.inputs[60:], data.targets[60:]), asked), data.class_names, 1 if quick else 18)


def larger(pictures: Tensor) -> Tensor:
    return interpolate(pictures, scale_factor=4, mode="bilinear").clamp(0, 1)


def eight_bits(pictures: Tensor) -> Tensor:
    return (pictures * 255).round() / 255


def judged(here: World, quick: bool) -> dict[str, Any]:
    """Every method on the same pictures."""
    pictures = here.asked.inputs[: 5 if quick else ASKED]
    autoencoder = picture_autoencoder(
        here.model, here.learned.inputs, AutoencoderRecipe(epochs=1 if quick else PASSES[here.name])
    )
    layers = ObjectCounterfactuals(SegmentLayers(Slic(30)))
    attributes = xv.find_attributes(here.model, autoencoder, here.learned.inputs[:100], k=8)
    methods: dict[str, Explainer] = {
        "objects: segment layers": layers,
        "attributes: autoencoder": AttributeCounterfactuals(attributes),
        "pixels": PixelCounterfactuals(),
        "pixels, smooth": PixelCounterfactuals(smoothness=0.3),
        "nearest unlike picture": NearestUnlikePicture(here.learned.inputs),
    }
    by_kind: Explainer = layers
    told: dict[str, Any] = {"autoencoder": attribute_row(attributes, own_pictures(here, autoencoder))}
    if here.name == "sonar":
        scenes = SonarScenes(60, SIDE)
        by_kind = methods["objects: simulator"] = ObjectCounterfactuals(scenes)
        own = xv.find_attributes(here.model, scenes, here.asked.inputs, k=4)
        methods["attributes: simulator"] = AttributeCounterfactuals(own)
        told["simulator"] = attribute_row(own, own.preserved)
    assert isinstance(by_kind, ObjectCounterfactuals)
    groups = {kind: [kind] for kind in KINDS[here.name]}
    flips = flips_through(here.model, by_kind, pictures[:ASKED_BY_KIND], groups)
    return {
        "name": here.name,
        "accuracy": here.accuracy,
        "methods": {name: row(here, method, pictures, autoencoder) for name, method in methods.items()},
        "attributes": told,
        "flips through": {kind: scores.mean for kind, scores in flips.items()},
    }


def row(here: World, method: Explainer, pictures: Tensor, autoencoder: PictureAutoencoder) -> dict[str, Any]:
    """What came of one method: its measures, and what it cost a picture."""
    begun = process_time()
    found = method.explain(here.model, pictures)
    seconds = (process_time() - begun) / len(pictures)
    told = picture_counterfactual_quality(here.model, found, autoencoder=autoencoder)  # type: ignore[arg-type]
    calls = (found.diagnostics.model_calls + found.diagnostics.gradient_calls) / len(pictures)
    print(here.name, method.about.name, float(told["validity"].values.mean()), round(seconds, 3), flush=True)
    return {
        "edits": {name: number(scores.values) for name, scores in told.items()},
        "calls": calls,
        "processor_seconds": round(seconds, 4),
    }


def attribute_row(found: Attributes, preserved: float) -> dict[str, Any]:
    """How the attributes were found; `preserved`: of pictures that the generator has not learned from."""
    return {
        "names": [f"{one.of}: {one.name}" for one in found.directions],
        "effects": found.effects.tolist(),
        "median effect": float(found.all_effects.median()),
        "flips": found.flips.tolist(),
        "preserved": preserved,
        "divergence": found.divergence,
    }


def own_pictures(here: World, autoencoder: PictureAutoencoder) -> float:
    """Share of the pictures to ask about that are decided the same as the autoencoder alone brings them back."""
    made = autoencoder.reconstructed(here.asked.inputs)
    return float((here.model(made).argmax(1) == here.model(here.asked.inputs).argmax(1)).double().mean())


def number(values: Tensor) -> float | None:
    mean = float(values.nanmean())
    return mean if mean == mean else None


def planted_ink(quick: bool) -> dict[str, Any]:
    """Digits whose ink is thinned by a factor from 0.4 to 1: dark or bright is the class, whatever the digit."""
    data = xv.load_dataset("digits")
    factor = 0.4 + 0.6 * torch.rand(len(data), generator=generator(0, "planted ink"), device="cpu")
    return planted("ink of digits", eight_bits(data.inputs * factor.view(-1, 1, 1, 1)), factor, 2 if quick else 12)


def planted_seafloor(quick: bool) -> dict[str, Any]:
    """Simulated scenes: above or below the median reflectivity of the seafloor is the class, whatever lies there."""
    count = 200 if quick else 450
    data, scenes = xv.load_dataset("sonar_simulator", count=count, size=SIDE), SonarScenes(count, SIDE)
    codes = [scenes.encode(picture) for picture in data.inputs]
    place = [(one.of, one.name) for one in codes[0].directions].index(("seafloor", "reflectivity"))
    factor = torch.stack([code.values[place] for code in codes])
    return planted("reflectivity of the seafloor", data.inputs, factor, 1 if quick else 6)


def planted(name: str, pictures: Tensor, factor: Tensor, epochs: int) -> dict[str, Any]:
    """How the first attribute of an autoencoder goes with the factor that decides, on pictures it has not learned from."""
    targets, half = (factor > factor.median()).long(), len(pictures) * 2 // 3
    parts = [Part(pictures[rows], targets[rows]) for rows in (slice(0, half), slice(half, None))]
    here = world(name, (parts[0], parts[1]), ("low", "high"), epochs)
    autoencoder = picture_autoencoder(here.model, here.learned.inputs, AutoencoderRecipe(epochs=2 * epochs))
    found = xv.find_attributes(here.model, autoencoder, here.learned.inputs[:100], k=3)
    codes = autoencoder.codes(here.asked.inputs)[:, found.numbers[0]]
    correlation = float(torch.corrcoef(torch.stack([codes, factor[half:].double()]))[0, 1].abs())
    answer = AttributeCounterfactuals(found).explain(here.model, here.asked.inputs[:ASKED_BY_KIND])
    print(name, here.accuracy, correlation, flush=True)
    return {
        "factor": name,
        "accuracy": here.accuracy,
        "correlation": correlation,
        "validity": float(answer.found.double().mean()),
        "attributes": attribute_row(found, own_pictures(here, autoencoder)),
    }


if __name__ == "__main__":
    main()
