"""The door to attributes of a set of pictures: what is learned from, what is asked about, and a generator trained once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaivision.core.cache_folder import cache_directory
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.generator import Generator
from xaivision.data.known_numbers import load_known
from xaivision.evaluation.attribute_sheet import AttributeSheet, attribute_sheet
from xaivision.explainers.counterfactuals.attributes import find_attributes
from xaivision.held_out_items import held_out_items
from xaivision.models.generators.named import generator_named
from xaivision.models.generators.picture_autoencoder import AutoencoderRecipe, PictureAutoencoder, picture_autoencoder
from xaivision.models.generators.sonar_scenes import NAME as SIMULATOR
from xaivision.models.generators.sonar_scenes import SonarScenes
from xaivision.models.recipe_settings import recipe_of
from xaivision.naming import Items, background_from, model_from
from xaivision.terminal import doing

# By so many of the pictures that were learned from the attributes are chosen.
CHOSEN_BY = 100
# Of pictures that come without a part of their own to ask about, every so many-th is kept for that.
KEPT = 4
FOLDER = "autoencoders"


@dataclass(frozen=True, eq=False)
class FoundAttributes:
    """The `sheet` with the `titles` of its pictures, the autoencoder that was `trained` for it, None where a generator was
    given, and `notes` for the one who asked.
    """

    sheet: AttributeSheet
    titles: tuple[str, ...]
    trained: PictureAutoencoder | None
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Teaching:
    """How a generator is come by: its name or file, or by which settings an autoencoder is trained, and the folder where the
    training is kept; the user's cache where that is None.
    """

    generator: str | None = None
    settings: Mapping[str, Any] | None = None
    checkpoint: Path | None = None
    seed: int = 0


@dataclass(frozen=True)
class Wanted:
    """`k` attributes, judged by up to `most` pictures that nothing was learned from; so many of them are `shown`. `known`: a CSV
    file with what is known of them.
    """

    k: int = 4
    most: int = 60
    shown: int = 3
    known: str | None = None


def attributes_of(spec: str, data: str, teaching: Teaching, wanted: Wanted) -> FoundAttributes:
    """The attributes of the pictures that a word means, for the model that another one means.

    Raises: as `naming.model_from`, `naming.items_from`, `picture_autoencoder`, `find_attributes` and `load_known`.
    """
    model = doing(f"loading {spec}", lambda: model_from(spec))
    if model.domain != "image":
        raise InputError(
            "Attributes are of pictures, and this model takes table rows. Ask `explain` for counterfactuals of rows."
        )
    learned, asked = doing(f"loading {data}", lambda: _parts(data, model, wanted.most))
    generator, notes = _generator(model, learned.inputs, teaching)
    by = learned.inputs[:: max(1, len(learned.inputs) // CHOSEN_BY)][:CHOSEN_BY]
    attributes = find_attributes(model, generator, asked.inputs if teaching.generator == SIMULATOR else by, wanted.k)
    factors = {} if data != SIMULATOR else simulated(asked.inputs)
    factors |= {} if wanted.known is None else load_known(wanted.known, asked.titles)
    sheet = attribute_sheet(
        model, attributes, asked.inputs, known=factors, shown=wanted.shown, name=f"{spec}, asked about {data}"
    )
    trained = generator if teaching.generator is None and isinstance(generator, PictureAutoencoder) else None
    return FoundAttributes(sheet, asked.titles, trained, (*asked.notes, *notes))


def simulated(pictures: Tensor) -> dict[str, Tensor]:
    """What the simulator has drawn for pictures of its usual set, (N,) by name."""
    scenes = SonarScenes()
    codes = [scenes.encode(picture) for picture in pictures]
    return {
        f"{one.of}: {one.name}": torch.stack([code.values[place] for code in codes])
        for place, one in enumerate(codes[0].directions)
        if not one.choices
    }


def _parts(data: str, model: ClassifierAdapter, most: int) -> tuple[Items, Items]:
    """What is learned from, and what is asked about: nothing is in both."""
    learned, asked = background_from(data, model), held_out_items([data], model, most)
    if not set(learned.titles) & set(asked.titles):
        return learned, asked
    kept = list(range(0, len(learned.titles), KEPT))[:most]
    rest = [row for row in range(len(learned.titles)) if row not in set(kept)]
    said = f"Every {KEPT}th picture of {data} is kept to be asked about, {len(kept)} in all; the others are learned from."
    return _rows(learned, rest), _rows(learned, kept, *learned.notes, said)


def _rows(items: Items, rows: list[int], *notes: str) -> Items:
    return Items(tuple(items.titles[row] for row in rows), items.inputs[rows], notes)


def _generator(model: ClassifierAdapter, pictures: Tensor, teaching: Teaching) -> tuple[Generator, tuple[str, ...]]:
    settings = teaching.settings or {}
    if teaching.generator is not None:
        if settings:
            raise InputError(f"`--set` is for an autoencoder that is trained here. Got {', '.join(settings)} with `--generator`.")
        return generator_named(teaching.generator, model), ()
    folder, notes = _kept(teaching.checkpoint)
    recipe = recipe_of(AutoencoderRecipe, settings, of="an autoencoder")
    return picture_autoencoder(model, pictures, recipe, seed=teaching.seed, checkpoint=folder), notes


def _kept(folder: Path | None) -> tuple[Path | None, tuple[str, ...]]:
    """The folder that trainings are kept in; nowhere, with a note, where the user's cache cannot be written."""
    if folder is not None:
        return folder, ()
    cache = cache_directory()
    above = None if cache is None else next(one for one in (cache, *cache.parents) if one.exists())
    if cache is None or above is None or not (above.is_dir() and os.access(above, os.W_OK | os.X_OK)):
        return None, ("The training is kept nowhere: the cache cannot be written. Name a folder with `--checkpoint`.",)
    return cache / FOLDER, ()
