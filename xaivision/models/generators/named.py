"""Generators by a word, as the command line can say them: ways to cut a picture, the simulator, the file of an autoencoder."""

from pathlib import Path

from xaivision.core.classifier import Classifier
from xaivision.core.errors import UnknownNameError
from xaivision.core.generator import Generator
from xaivision.engines.segments import SEGMENTERS
from xaivision.models.generators.autoencoder_file import load_picture_autoencoder
from xaivision.models.generators.segment_layers import SegmentLayers
from xaivision.models.generators.sonar_scenes import NAME as SIMULATOR
from xaivision.models.generators.sonar_scenes import SonarScenes
from xaivision.models.trained_content import SUFFIX


def check_generator_name(said: str) -> None:
    """Raises: UnknownNameError, where the word means no generator."""
    if said not in (*SEGMENTERS, SIMULATOR) and not said.endswith(SUFFIX):
        raise UnknownNameError("generator", said, (*SEGMENTERS, SIMULATOR, f"a file of an autoencoder, *{SUFFIX}"))


def generator_named(said: str, model: Classifier) -> Generator:
    """Segments as layers of "slic", "quickshift", "felzenszwalb" or "grid"; the scenes of "sonar_simulator" as the data set of
    that name has them; or the autoencoder of a file, which was trained for this model.

    Raises: UnknownNameError; FileNotFoundError; FileFormatError; InputError, where the file is of another model.
    """
    check_generator_name(said)
    if said in SEGMENTERS:
        return SegmentLayers(SEGMENTERS[said])
    return SonarScenes() if said == SIMULATOR else load_picture_autoencoder(Path(said), model)
