"""Figures of concept scores: how much of the score each concept carries, and where it was seen."""

import numpy as np
from matplotlib.figure import Figure

from xaivision.core.concept_scores import ConceptScores
from xaivision.report.canvas import Canvas, Caption, Layout
from xaivision.report.features import TOP, Bar
from xaivision.report.photo import draw_pixels, map_pixels, photo_pixels
from xaivision.report.scale import LARGEST, scales_for
from xaivision.report.signed_map import SignedMap
from xaivision.report.table_figure import draw_bars
from xaivision.report.wording import cost, headline, place, plain, whose_cost

CELL_WIDTH = 3.9
PITCH = 0.2
MOST_MAPS = 3


def concepts_figure(result: ConceptScores, index: int) -> Figure:
    """The strongest concepts as signed bars and, for images with concept maps, where the first of them were seen."""
    values = result.values[index].detach().double().cpu().numpy()
    order = np.argsort(-np.abs(values), kind="stable")[:TOP]
    shown = SignedMap(values, result.query.unit, "")
    scale = scales_for([shown], "shared_raw", LARGEST).of(shown)
    bars = [Bar(plain(result.names[i]), "", float(values[i])) for i in order if values[i] != 0]
    located = [int(i) for i in order[:MOST_MAPS]] if result.maps is not None and result.query.inputs.ndim == 4 else []
    rows = max(13, len(bars)) if located else max(4, len(bars))
    canvas = Canvas(
        Layout(1 + len(located) + bool(located), CELL_WIDTH, rows * PITCH, widest=3),
        [f"{plain(result.method)}: {headline(result.query, index)}", *place(result.query, index)],
        _captions(result, index, located),
        [f"Bars: {scale.unit}. {scale.statement}", *_about_maps(located), cost(result.diagnostics), *whose_cost(result.query)],
    )
    if bars:
        draw_bars(canvas.axes(0), bars, scale, rows, "concepts")
    _draw_maps(canvas, result, index, located)
    return canvas.figure


def _captions(result: ConceptScores, index: int, located: list[int]) -> list[Caption]:
    verdict = result.verdicts[index]
    first = Caption("concepts", verdict.status, tuple(map(plain, verdict.reasons)))
    seen = [Caption(f"where: {plain(result.names[concept])}") for concept in located]
    return [first, *([Caption("input")] if located else []), *seen]


def _about_maps(located: list[int]) -> list[str]:
    return ["Each concept's map has a scale of its own: colors of two maps cannot be compared."] if located else []


def _draw_maps(canvas: Canvas, result: ConceptScores, index: int, located: list[int]) -> None:
    if result.maps is None or not located:
        return
    image = result.query.inputs[index]
    draw_pixels(canvas, 1, photo_pixels(image), "input")
    for cell, concept in enumerate(located, start=2):
        shown = SignedMap(result.maps[index, concept].detach().double().cpu().numpy(), "", "")
        draw_pixels(canvas, cell, map_pixels(image, shown.values, scales_for([shown], "each").of(shown)), f"concept {concept}")
