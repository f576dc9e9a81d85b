"""Captioning models of Hugging Face out of a folder: safetensors only, nothing downloaded, no code of the folder run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.extras import extra
from xaivision.explainers.narratives.huggingface_captioner import HuggingFaceCaptioner

EXTRA = "huggingface"
DTYPES = ("auto", "float32", "float16", "bfloat16")


class PicturesAndText:
    """An image processor and a tokenizer as one processor, of models that have none of their own."""

    def __init__(self, image_processor: Any, tokenizer: Any) -> None:
        self.image_processor, self.tokenizer = image_processor, tokenizer

    def __call__(self, images: Any, return_tensors: str = "pt", text: Any = None) -> dict[str, Any]:
        """The pictures' tensors, and the tokens of a text where one is given."""
        pictures = dict(self.image_processor(images=images, return_tensors=return_tensors))
        return {**pictures, **(self.tokenizer(text, return_tensors=return_tensors) if text is not None else {})}

    def save_pretrained(self, folder: str | Path) -> None:
        """Both into a folder."""
        self.image_processor.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


def load_captioner(
    folder: str | Path, *, device: str | torch.device = "cpu", dtype: str = "auto", **settings: Any
) -> HuggingFaceCaptioner:
    """The captioner in a folder that `save_pretrained` of model and processor wrote.

    `dtype`: "auto" takes that of the file. `settings`: those of `HuggingFaceCaptioner`.

    Raises: InputError, where there is no such folder, device or dtype; FileFormatError, where it holds no captioning model or
    its weights are not safetensors; MissingExtraError, where transformers is not installed.
    """
    place = Path(folder)
    if not (place / "config.json").is_file():
        raise InputError(
            f"A captioner must be a folder with a model of Hugging Face, as `save_pretrained` writes it. Got {str(folder)!r}, "
            "which has no config.json. Fetch the model once, with `from_pretrained` and `save_pretrained`, and name its folder."
        )
    if dtype not in DTYPES:
        raise InputError(f"`dtype` must be one of {', '.join(map(repr, DTYPES))}. Got {dtype!r}.")
    where = _device(device)
    known = extra("transformers", EXTRA)
    try:
        with _without_bars(known):
            model = known.AutoModelForImageTextToText.from_pretrained(
                place, local_files_only=True, use_safetensors=True, trust_remote_code=False, dtype=dtype
            )
            processor = _processor(known, place)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileFormatError(
            f"{place} must hold a captioning model with its processor, weights as safetensors. Loading says: {first}"
        ) from error
    return HuggingFaceCaptioner(model.to(where), processor, **settings)


@contextmanager
def _without_bars(known: Any) -> Iterator[None]:
    """The package draws bars of its own on the terminal; the doors have theirs."""
    said = known.utils.logging
    drawn = said.is_progress_bar_enabled()
    said.disable_progress_bar()
    try:
        yield
    finally:
        if drawn:
            said.enable_progress_bar()


def _processor(known: Any, place: Path) -> Any:
    """The folder's own, or its image processor and its tokenizer as one."""
    found = known.AutoProcessor.from_pretrained(place, local_files_only=True, trust_remote_code=False)
    if hasattr(found, "tokenizer"):
        return found
    kinds = (known.AutoImageProcessor, known.AutoTokenizer)
    return PicturesAndText(*(kind.from_pretrained(place, local_files_only=True, trust_remote_code=False) for kind in kinds))


def _device(named: str | torch.device) -> torch.device:
    """Raises: InputError, where there is no such device here."""
    try:
        device = torch.device(named)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"`device` must be one that torch has here, such as 'cpu'. Got {str(named)!r}.") from error
    return device
