"""Any image classifier of timm by its name, as in "timm/resnet18" or "timm/resnet18.a1_in1k", with its own preprocessing."""

from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from xaivision.core.errors import Cancelled, UnknownNameError
from xaivision.core.extras import extra
from xaivision.core.progress import track
from xaivision.core.random import seed_for
from xaivision.core.timm_preprocessing import timm_settings
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.card import ModelCard
from xaivision.models.construction import construction
from xaivision.models.imagenet_classes import imagenet_classes
from xaivision.models.registry import TIMM_PREFIX as PREFIX
from xaivision.models.weights_file import DownloadError

OFFLINE_MODEL = "efficientnet_lite0"
WEIGHTS_FILE = "model.safetensors"
WEIGHTS = ("DEFAULT",)
# What the weights were trained on last is the end of their tag.
ON_IMAGENET = "in1k"


def names() -> list[str]:
    """Names of timm's image classifiers, alone and with the tag of each of their weights.

    Raises: MissingExtraError.
    """
    timm = extra("timm", "timm")
    return [f"{PREFIX}{name}" for name in (*timm.list_models(), *timm.list_pretrained())]


def load(name: str, *, weights: str | None = "DEFAULT", seed: int = 0) -> TorchClassifier:
    """Logits of the classes that the weights know. `weights=None`: random ones drawn from the seed, classes without names.

    Weights are read from safetensors files only, out of timm's own store of downloads or into it.

    Raises: MissingExtraError; UnknownNameError, where there are no such weights; DownloadError, where they cannot be had.
    """
    told = _configuration(name, weights)
    state = None if weights is None else load_file(_weights_path(name, told), device="cpu")
    with construction(seed_for(seed, "timm", name)):
        module = _built(name, state).float().eval()
    settings = timm_settings(module, {})
    on_imagenet = weights is not None and str(told.tag).endswith(ON_IMAGENET)
    if on_imagenet and settings["num_classes"] == len(imagenet_classes()):
        settings["class_names"] = imagenet_classes()
    return TorchClassifier(module, **settings)


def card(name: str, *, weights: str | None = "DEFAULT", seed: int = 0) -> ModelCard:
    """The card, from what timm says of the weights; nothing is downloaded."""
    told = _configuration(name, weights)
    with construction(0), torch.device("meta"):  # shapes without values
        module = _built(name, None)
    form = timm_settings(module, {})["image_format"]
    trained = weights is not None
    return ModelCard(
        name=name,
        what=f"timm's {told.architecture or name.removeprefix(PREFIX)} with "
        + (f"the weights {told.tag}" if trained else f"random weights drawn from seed {seed}"),
        training_data=f"as the tag {told.tag} says" if trained else "none",
        license=told.license or "Apache-2.0 for the code; timm names none for the weights",
        citation=told.paper_ids or "Wightman: PyTorch Image Models. 2019, doi:10.5281/zenodo.4414861",
        preprocessing=f"shorter side {form.resize} ({form.interpolation}), center crop {form.height}, "
        f"(pixel - {tuple(told.mean)}) / {tuple(told.std)}",
        accuracy=None,
        measured_on="timm's package holds no accuracy" if trained else "not trained",
        num_classes=int(module.num_classes),  # type: ignore[arg-type]  # a number, of every model of timm
        parameters=sum(part.numel() for part in module.parameters()),
    )


def _configuration(name: str, weights: str | None) -> Any:
    """What timm says of the weights, or of those that the architecture usually has.

    Raises: UnknownNameError, where the weights are another word than "DEFAULT", or timm knows none.
    """
    timm = extra("timm", "timm")
    if weights is not None and weights not in WEIGHTS:
        tags = timm.list_pretrained(f"{name.removeprefix(PREFIX).split('.')[0]}.*")
        raise UnknownNameError(f"set of weights for `{name}`, whose tags are part of the name", str(weights), [*WEIGHTS, *tags])
    told = timm.get_pretrained_cfg(name.removeprefix(PREFIX))
    if weights is not None and not told.hf_hub_id:
        raise DownloadError(f"There are no weights of `{name}`; give weights=None for random ones.")
    return told


def _built(name: str, state: dict[str, torch.Tensor] | None) -> nn.Module:
    """The network, with these weights or with random ones. timm loads what it is handed, and asks no network."""
    make = partial(extra("timm", "timm").create_model, name.removeprefix(PREFIX))
    module: Any = make() if state is None else make(pretrained=True, pretrained_cfg_overlay={"state_dict": state})
    module.pretrained_cfg.pop("state_dict", None)  # it would keep the weights a second time
    built: nn.Module = module
    return built


def _weights_path(name: str, told: Any) -> Path:
    """Where the weights are on this machine, after a download where they were not.

    Raises: DownloadError, where they cannot be had.
    """
    hub = extra("huggingface_hub", "timm")
    repository, _, revision = told.hf_hub_id.partition("@")
    where = {"repo_id": repository, "filename": told.hf_hub_filename or WEIGHTS_FILE, "revision": revision or None}
    if not where["filename"].endswith(".safetensors"):
        raise DownloadError(f"The weights of `{name}` are no safetensors file, so they are not loaded; give weights=None.")
    known = hub.try_to_load_from_cache(**where)
    if isinstance(known, str):
        return Path(known)
    try:
        hub.get_hf_file_metadata(hub.hf_hub_url(**where))  # asked once: the download itself tries for a minute, and says so
        for file in track([where], f"downloading {name}"):
            path = hub.hf_hub_download(**file, tqdm_class=_silent_bar())
        return Path(path)
    except Cancelled:
        raise
    except Exception as error:  # the hub's own, and those of whatever it asks the network with
        raise DownloadError(
            f"The weights of `{name}` are not on this machine, and could not be downloaded: {_first_line(error)}; "
            f"load `{OFFLINE_MODEL}`, which needs no download, or give weights=None for random ones."
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _silent_bar() -> type:
    """The hub's bar with nothing drawn: progress goes to the reporter that is installed."""
    bar: type = extra("huggingface_hub.utils", "timm").tqdm

    class Silent(bar):  # type: ignore[misc]  # the hub's own class
        def __init__(self, *parts: Any, **settings: Any) -> None:
            super().__init__(*parts, **{**settings, "disable": True})

    return Silent
