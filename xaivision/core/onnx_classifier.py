"""An ONNX model as a classifier of images or tables: scores, nothing inside."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaivision.core.about import Domain
from xaivision.core.classifier import ClassifierAdapter, Schema
from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat
from xaivision.core.normalization import Normalization, normalization
from xaivision.core.onnx_input import ChannelPlace, OnnxInput, onnx_input
from xaivision.core.onnx_output import OnnxOutput, onnx_output, unit_shown
from xaivision.core.onnx_session import run, session_of
from xaivision.core.random import generator
from xaivision.core.targets import ScoreUnit
from xaivision.core.two_classes import both_scores

RANDOM_PROBES = 6
# Between -1 and 1 the logits of a table may all lie between 0 and 1.
WIDE = 10


class OnnxClassifier(ClassifierAdapter):
    """A path, bytes, a model of the onnx package or a session of onnxruntime, with one input and one output of scores.

    Images come as (B, C, H, W) in [0, 1] and are normalised with `mean` and `std`, then laid out and cast as the model takes
    them; a model with a fixed batch is asked piece by piece. What the file does not say is told: `layout` where its axes
    leave it open, `output` where there are several, `image_format` where its sides may vary.

    `score_unit` is told, or read off a few probes (black, white, random) that are asked once, now: rows that sum to 1 are
    probabilities, numbers outside [0, 1] are logits, and anything else has to be told. One logit z for two classes is read as
    (-z / 2, z / 2). Scores come in the inputs' dtype, and are no more exact than the model's own.

    Raises: MissingExtraError; FileFormatError; InputError, where something has to be told or cannot be.
    """

    def __init__(
        self,
        model: Any,
        *,
        num_classes: int | None = None,
        score_unit: ScoreUnit | None = None,
        domain: Domain | None = None,
        class_names: Sequence[str] | None = None,
        image_format: ImageFormat | None = None,
        schema: Schema | None = None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        layout: ChannelPlace | None = None,
        output: str | None = None,
        batch_size: int | None = None,
    ) -> None:
        session = session_of(model)
        self._input = _known_sides(onnx_input(session, domain, layout), image_format, schema)
        self._output = onnx_output(session, output)
        self._normalization = _normalization(self._input, mean, std)
        shown = _Shown(self._input, self._output, self._ask(session, _probes(self._input, schema)))
        super().__init__(
            session,
            num_classes if num_classes is not None else shown.num_classes(),
            score_unit=score_unit if score_unit is not None else shown.score_unit(),
            domain=self._input.domain,
            class_names=class_names if class_names is not None else shown.class_names(),
            image_format=_image_format(self._input, image_format),
            schema=schema,
            batch_size=batch_size if batch_size is not None else self._pieces(),
        )

    @property
    def input_shape(self) -> tuple[int, ...] | None:
        known = super().input_shape
        return known if known is not None else self._input.fixed

    def check(self, inputs: Tensor) -> None:
        super().check(inputs)
        channels = self._input.shape[0]
        if self.domain == "image" and channels is not None and inputs.shape[1] != channels:
            raise InputError(f"`inputs` must have {channels} channels. Got {inputs.shape[1]}.")

    def _score(self, batch: Tensor) -> Tensor:
        answers = self._ask(self.model, batch.detach().cpu())
        rows = np.concatenate([self._output.scores(answer)[:count] for answer, count in answers])
        scores = torch.from_numpy(np.ascontiguousarray(rows)).to(batch.dtype)
        return both_scores(scores, self.score_unit) if self.num_classes == 2 and scores.shape[1:] == (1,) else scores

    def _ask(self, session: Any, batch: Tensor | None) -> list[tuple[Any, int]]:
        """Answers of the model, each with how many of its rows count; none where there is nothing to ask."""
        if batch is None:
            return []
        ready = batch if self._normalization is None else self._normalization(batch)
        return [
            (run(session, self._output.name, {self._input.name: array}), count)
            for array, count in self._input.feeds(ready.numpy())
        ]

    def _pieces(self) -> int | None:
        """The model's own fixed batch, so that no call is filled up with copies but the last; one at a time costs no copies."""
        return self._input.together if (self._input.together or 1) > 1 else None


class _Shown:
    """What the answers to the probes and the file show."""

    def __init__(self, given: OnnxInput, output: OnnxOutput, answers: list[tuple[Any, int]]) -> None:
        self._given, self._output, self._answers = given, output, answers
        rows = [output.scores(answer)[:count] for answer, count in answers]
        self._scores = np.concatenate(rows) if rows else None
        if self._scores is not None and self._scores.ndim != 2:
            raise InputError(
                f"The ONNX model must return one row of scores for each input. Its output `{output.name}` has shape "
                f"{np.asarray(answers[0][0]).shape}. Give `output` where another holds the scores."
            )

    def num_classes(self) -> int:
        columns = self._output.classes if self._scores is None else int(self._scores.shape[1])
        if columns is None:
            raise InputError(f"`num_classes` cannot be read off this ONNX model. Give `num_classes`, or {self._sides()}.")
        return max(2, columns)

    def score_unit(self) -> ScoreUnit:
        if self._scores is None:
            raise InputError(
                f"`score_unit` cannot be told without asking this ONNX model. Give score_unit='probability' or "
                f"score_unit='logit', or {self._sides()}."
            )
        unit = unit_shown(self._scores)
        if unit is None:
            raise InputError(
                f"`score_unit` cannot be told from the scores of this ONNX model, such as {_few(self._scores[-1])}: they may be "
                "probabilities or logits. Give score_unit='probability' or score_unit='logit'."
            )
        return unit

    def class_names(self) -> tuple[str, ...] | None:
        return self._output.class_names(self._answers[0][0]) if self._answers else None

    def _sides(self) -> str:
        return "an `image_format`, with which it can be asked" if self._given.domain == "image" else "a `schema`"


def _known_sides(given: OnnxInput, format: ImageFormat | None, schema: Schema | None) -> OnnxInput:
    """The input with the sides that the caller has told.

    Raises: InputError, where they are not the file's own.
    """
    told = (len(schema.names),) if schema is not None else None
    if given.domain == "image":
        told = None if format is None else format.shape  # type: ignore[assignment]  # three sides here, one there
    if told is None:
        return given
    if len(given.shape) != len(told) or any(side not in (None, ours) for side, ours in zip(given.shape, told, strict=True)):
        name = "image_format" if given.domain == "image" else "schema"
        theirs = tuple("any" if side is None else side for side in given.shape)
        raise InputError(f"`{name}` must be what the ONNX model takes, {theirs}. Got {told}.")
    return replace(given, shape=told)


def _image_format(given: OnnxInput, told: ImageFormat | None) -> ImageFormat | None:
    if told is not None or given.domain != "image" or given.fixed is None:
        return told
    channels, height, width = given.fixed
    return ImageFormat(channels, height, width)


def _normalization(given: OnnxInput, mean: Sequence[float] | None, std: Sequence[float] | None) -> Normalization | None:
    if given.domain == "tabular" and (mean is not None or std is not None):
        raise InputError("`mean` and `std` are for images. Standardize the columns of a table inside the model.")
    return normalization(mean, std, given.shape[0])


def _probes(given: OnnxInput, schema: Schema | None) -> Tensor | None:
    """A few inputs (n, *S) that tell much: all zeros, all ones, random ones, of tables also larger ones and a typical row.

    None where the shape is not known.
    """
    if given.fixed is None:
        return None
    draws = torch.rand((RANDOM_PROBES, *given.fixed), generator=generator(0, "probes of an ONNX model"), device="cpu")
    rows = [torch.zeros_like(draws[:1]), torch.ones_like(draws[:1]), draws]
    if given.domain == "tabular":
        rows.append(WIDE * (2 * draws - 1))
    if schema is not None and schema.typical is not None:
        rows.append(torch.tensor([schema.typical], dtype=torch.float32, device="cpu"))
    return torch.cat(rows)


def _few(row: "np.ndarray") -> str:
    return ", ".join(f"{number:.3g}" for number in row[:3]) + (", ..." if len(row) > 3 else "")
