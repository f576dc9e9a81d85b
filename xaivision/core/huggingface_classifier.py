"""An image classifier of Hugging Face with its processor: differentiable and hookable, pixels in [0, 1]."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat
from xaivision.core.picture_processing import PictureProcessing, measured
from xaivision.core.torch_classifier import TorchClassifier


class ChannelsBackwards(nn.Module):
    """Red, green, blue to blue, green, red."""

    def forward(self, images: Tensor) -> Tensor:
        return images.flip(1)


class HuggingFaceClassifier(TorchClassifier):
    """A model such as `AutoModelForImageClassification` gives, and the image processor that belongs to it.

    Inputs are pictures in [0, 1] at the size to which the processor brings them. What it does to their values is measured once
    and becomes part of the classifier, so that nothing is scaled twice; class names are the model's `id2label`. Its layers
    keep their names, and every method for torch modules works.

    `load_images` crops photos at their center; `pixels` resizes and crops them exactly as the processor does.

    Raises: InputError, where one of the two is not of its kind, or the processor does more than resize, crop and scale.
    """

    def __init__(
        self,
        model: nn.Module,
        processor: Any,
        *,
        class_names: Sequence[str] | None = None,
        image_format: ImageFormat | None = None,
        batch_size: int | None = None,
    ) -> None:
        config = _config(model)
        self.processor = getattr(processor, "image_processor", processor)
        if not callable(self.processor):
            raise InputError(
                f"`processor` must be an image processor, as AutoImageProcessor gives it. Got {type(processor).__name__}."
            )
        self._processing = measured(self.processor, int(getattr(config, "num_channels", 3)))
        self._labels_exclude = getattr(config, "problem_type", None) != "multi_label_classification"
        super().__init__(
            nn.Sequential(ChannelsBackwards(), model) if self._processing.backwards else model,
            int(config.num_labels),
            class_names=class_names if class_names is not None else _labels(config),
            image_format=image_format if image_format is not None else self._processing.image_format,
            # The mean of a channel that is moved afterwards moves with it.
            mean=_in_order(self._processing.mean, self._processing),
            std=_in_order(self._processing.std, self._processing),
            batch_size=batch_size,
        )

    @property
    def gives_probabilities(self) -> bool:
        """Not where an input may have several labels: then each logit stands alone."""
        return self._labels_exclude

    def pixels(self, pictures: Any) -> Tensor:
        """(B, C, H, W) in [0, 1]: Pillow pictures or 8-bit arrays (H, W, C), one or a list, as the processor resizes and crops.

        Raises: InputError, where the classifier was given another `image_format` than the processor's.
        """
        answer = self.processor(images=pictures, return_tensors="np")["pixel_values"]
        values = torch.from_numpy(np.array(answer, dtype=np.float32))
        if values.shape[1:] != self.input_shape:
            raise InputError(f"`image_format` must be the processor's, {tuple(values.shape[1:])}. Got {self.input_shape}.")
        mean, std = (torch.tensor(part).view(1, -1, 1, 1) for part in (self._processing.mean, self._processing.std))
        scaled = (values * std + mean).clamp(0, 1)
        return scaled.flip(1) if self._processing.backwards else scaled

    def _answer(self, prepared: Tensor) -> Any:
        try:
            return super()._answer(prepared)
        except ValueError as error:  # of a picture with other sides or channels
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"`inputs` must have the shape that the model takes. One of shape {tuple(prepared.shape[1:])} does not fit: "
                f"{str(error).splitlines()[0]} Take the processor of this model, or give its `image_format`."
            ) from error


def _config(model: Any) -> Any:
    config = getattr(model, "config", None)
    if config is None or not isinstance(model, nn.Module) or not hasattr(config, "num_labels"):
        raise InputError(
            f"`model` must be an image classifier of Hugging Face, as AutoModelForImageClassification gives it. "
            f"Got {type(model).__name__}."
        )
    if config.num_labels < 2:
        raise InputError(f"`model` must be a classifier. Its configuration has {config.num_labels} label, as a regression has.")
    return config


def _labels(config: Any) -> tuple[str, ...]:
    names = {int(number): str(name) for number, name in config.id2label.items()}
    return tuple(names.get(number, str(number)) for number in range(config.num_labels))


def _in_order(numbers: tuple[float, ...], processing: PictureProcessing) -> tuple[float, ...]:
    return numbers[::-1] if processing.backwards else numbers
