"""A photo of a dog and a cat: the map of each is on the animal that is named. It needs the photo, which is not shipped."""

import os
from pathlib import Path

import pytest

if "XAIVISION_DATA" in os.environ:
    from xaivision.data.images import load_images
    from xaivision.explainers.registry import explainer
    from xaivision.models import load_model

    PHOTO = Path(os.environ["XAIVISION_DATA"]) / "imagenet_samples" / "extras" / "dog_and_cat.png"
    # Rows and columns of the two, by eye. They touch where the cat's head is before the dog's legs.
    PLACES = {"bull mastiff": (slice(0, 135), slice(65, 165)), "tiger cat": (slice(135, 224), slice(25, 205))}

    @pytest.fixture(scope="module")
    def model():
        return load_model("efficientnet_lite0")

    @pytest.mark.parametrize("name", ["grad_cam", "layer_cam", "hires_cam", "x_grad_cam", "ablation_cam"])
    @pytest.mark.parametrize("animal", PLACES)
    def test_the_animal_that_is_named_has_more_mass_than_the_other(model, name, animal):
        photo = load_images(PHOTO, model.image_format)
        found = explainer(name).explain(model, photo, model.class_names.index(animal)).values[0, 0].clamp_min(0)
        mass = {place: float(found[rows, columns].sum()) for place, (rows, columns) in PLACES.items()}
        (other,) = set(PLACES) - {animal}
        assert mass[animal] > mass[other]
