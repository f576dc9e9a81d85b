"""The two questions a figure can be asked: show this comparison, show this explanation."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from xaivision.core.attribution import Attribution
from xaivision.core.concept_scores import ConceptScores
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.errors import InputError
from xaivision.core.examples import Examples
from xaivision.core.explanation import Explanation
from xaivision.core.narrative import Narrative
from xaivision.core.query import Query
from xaivision.core.rules import Rules
from xaivision.core.whole_file import write_whole
from xaivision.evaluation.comparison import Comparison
from xaivision.report.concepts_figure import concepts_figure
from xaivision.report.conditions_figure import counterfactuals_figure, rules_figure
from xaivision.report.examples_figure import examples_figure
from xaivision.report.image_figure import image_figure
from xaivision.report.interactions_figure import interactions_figure
from xaivision.report.narrative_figure import narrative_figure
from xaivision.report.palette import INK_OF_THE_PHOTO
from xaivision.report.panel import panel_of, panels_of
from xaivision.report.scale import PERCENTILE, checked_scaling
from xaivision.report.signed_map import refused
from xaivision.report.table_figure import table_figure
from xaivision.report.view import View

# What is no map of its input has a figure of its own kind; where it is refused, the reason takes the place of any picture.
FIGURES: dict[type[Explanation], Callable[[Any, int], Figure]] = {
    Examples: examples_figure,
    Counterfactuals: counterfactuals_figure,
    Rules: rules_figure,
    ConceptScores: concepts_figure,
}


def comparison_figure(
    comparison: Comparison,
    index: int = 0,
    *,
    scaling: str = "shares",
    percentile: float = PERCENTILE,
    ink: float = INK_OF_THE_PHOTO,
) -> Figure:
    """One input as every method and control explains it, on one symmetric scale.

    `scaling` "shares": each map as shares of its own total, since the units of methods differ. "shared_raw": raw values on
    one scale. "each": raw values, a scale for each map. Of maps over photos `percentile` of the absolute values is where the
    colors end, and `ink`, from 0 to 1, how much of the photo shows under them.

    Raises: InputError, where there is no such input or scaling, or a number is out of its range.
    """
    query, view = comparison.query, View(checked_scaling(scaling), percentile, ink)
    draw = image_figure if query.inputs.ndim == 4 else table_figure
    return draw(query, panels_of(comparison, checked_index(query, index)), index, view)


def explanation_figure(explanation: Explanation, index: int = 0) -> Figure:
    """One input as one method explains it, in the raw unit of its values.

    Raises: InputError, where there is no such input.
    """
    checked_index(explanation.query, index)
    special = next((draw for kind, draw in FIGURES.items() if isinstance(explanation, kind)), None)
    if isinstance(explanation, Attribution) and explanation.interactions is not None:
        special = interactions_figure
    if isinstance(explanation, Narrative) and explanation.query.inputs.ndim == 4:
        special = narrative_figure
    if special is not None and not refused(explanation, index):
        return special(explanation, index)
    panel = panel_of(explanation, index)
    words: tuple[str, ...] = ()
    if isinstance(explanation, Narrative):  # its words stand above, and need not stand beside its map again
        panel, words = replace(panel, answer=""), (explanation.text[index],)
    draw = image_figure if explanation.query.inputs.ndim == 4 else table_figure
    return draw(explanation.query, [panel], index, View("shared_raw"), words)


def checked_index(query: Query, index: int) -> int:
    """Raises: InputError, where there is no such input."""
    whole = isinstance(index, int | np.integer) and not isinstance(index, bool)
    if not whole or not 0 <= index < len(query):
        raise InputError(f"`index` must be a whole number from 0 to {len(query) - 1}, the number of an input. Got {index!r}.")
    return int(index)


def figure_of(result: Comparison | Explanation, index: int = 0) -> Figure:
    """The figure that fits the result."""
    return comparison_figure(result, index) if isinstance(result, Comparison) else explanation_figure(result, index)


def write_figures(result: Comparison | Explanation, folder: str | Path, names: Sequence[str]) -> list[Path]:
    """Write `folder/name.png` for each input, whole or not at all, and return the paths.

    Raises: InputError, where there is not one name for each input.
    """
    if len(names) != len(result.query):
        raise InputError(f"`names` must have one name for each of {len(result.query)} inputs. Got {len(names)}.")
    return [write_whole(Path(folder) / f"{name}.png", png(figure_of(result, index))) for index, name in enumerate(names)]


def png(figure: Figure) -> bytes:
    """The figure as a PNG file at its own resolution."""
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=figure.dpi, facecolor="white")
    return stream.getvalue()
