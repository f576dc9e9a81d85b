"""The datasets by name. Each name is known by one room of this package, which is entered when the dataset is asked for."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from xaivision.core.errors import UnknownNameError
from xaivision.core.registered import Entry, check_settings

if TYPE_CHECKING:
    from xaivision.data.card import DatasetCard
    from xaivision.data.dataset import Dataset


DATASETS: Mapping[str, Entry] = {
    "uci_sonar": Entry("xaivision.data.sonar", "208 sonar echoes of 60 frequency bands, from rocks and from mines"),
    "breast_cancer": Entry("xaivision.data.bundled_tables", "569 tumors, 30 measures of cell nuclei, malignant or benign"),
    "wine": Entry("xaivision.data.bundled_tables", "178 wines of three growers, 13 measures"),
    "digits": Entry("xaivision.data.digits", "1,797 handwritten digits, 8 x 8 pixels, gray"),
    "sample_images": Entry("xaivision.data.sample_images", "nine photos without labels: a cat, a cup, a rocket, ..."),
    "linear_table": Entry("xaivision.data.linear_table", "a generated table whose classes follow a linear rule that is known"),
    "sonar48": Entry("xaivision.data.sonar48", "generated sonar pictures of objects and their shadows, which are known"),
    "sonar_simulator": Entry(
        "xaivision.data.sonar_simulator", "simulated side-scan scenes: targets, highlights, shadows, speckle"
    ),
    "planted_properties": Entry(
        "xaivision.data.planted_properties", "generated color pictures whose class is the hue or the texture of a square"
    ),
    "planted_squares": Entry("xaivision.data.planted_squares", "generated pictures whose class is a square that is known"),
}


def load_dataset(name: str, **settings: Any) -> "Dataset":
    """The named dataset; the same settings give the same bits.

    `settings` belong to the name: generated sets take `seed` and sizes, `sample_images` takes the `format` to bring the
    photos to.

    Raises: UnknownNameError; InputError, where the dataset does not take a setting; FileFormatError, where its file is damaged.
    """
    room = _room(name)
    check_settings(name, room.load, settings)
    dataset: Dataset = room.load(name, **settings)
    return dataset


def dataset_card(name: str) -> "DatasetCard":
    """The card of the named dataset, without loading it.

    Raises: UnknownNameError.
    """
    card: DatasetCard = _room(name).card(name)
    return card


def available_datasets() -> dict[str, str]:
    """One line for each named dataset. All of them work without a network."""
    return {name: entry.what for name, entry in DATASETS.items()}


def _room(name: str) -> Any:
    if name not in DATASETS:
        raise UnknownNameError("dataset", name, DATASETS)
    return DATASETS[name].enter()
