"""`xaivision train`: a classifier of one's own pictures, with its card."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xaivision.arguments import names_in, settings_by_name
from xaivision.commands.folder import check_folder, made_folder
from xaivision.commands.telling import tell
from xaivision.options import ClassesOption, JsonOption, OutputOption, SeedOption

if TYPE_CHECKING:
    from xaivision.models.learned_model import LearnedModel

BACKBONE_HELP = (
    "efficientnet_lite0, small_cnn (gray), a name of torchvision, timm/NAME; three_convolutions with prototypes and trees."
)
MODEL_HELP = "What decides: linear, or by training examples: proto_part, score_aggregation, rbf, components; prob_psenn, vitree."


def train(
    data: Annotated[str, typer.Argument(help="A folder with a folder of pictures for each class, or a set's name.")],
    backbone: Annotated[str, typer.Option("--backbone", "-b", help=BACKBONE_HELP)] = "efficientnet_lite0",
    model: Annotated[str, typer.Option("--model", "-m", help=MODEL_HELP)] = "linear",
    size: Annotated[
        int | None, typer.Option("--size", help="Height and width of a folder's pictures; what the network sees: --set side=...")
    ] = None,
    classes: ClassesOption = None,
    random_weights: Annotated[
        bool, typer.Option("--random-weights", help="Begin with weights that have learned nothing.")
    ] = False,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="A setting: tuned_blocks=3, class_weights=none, flips=both, epochs=50, ...")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="A folder: where the training stands, and where it goes on from.")
    ] = None,
    drop_conflicts: Annotated[
        bool, typer.Option("--drop-conflicts", help="Leave out pictures that are in two classes, instead of stopping.")
    ] = False,
    seed: SeedOption = 0,
    output: OutputOption = Path("xaivision_output"),
    as_json: JsonOption = False,
) -> None:
    """Train a classifier on pictures by transfer learning, or by prototypes on tables too, and tell how good it is on new ones.

    The file model.safetensors is a model for the other commands; its card lies beside it.

    Example: xaivision train sonar_pictures --backbone efficientnet_lite0 --set tuned_blocks=3
    """
    settings = {"seed": seed, **settings_by_name(setting, ["train"])["train"]}
    check_folder(output)
    weights = None if random_weights else "DEFAULT"
    named = None if classes is None else names_in(classes)
    found = {"backbone": backbone, "weights": weights, "size": size, "classes": named, "drop_conflicts": drop_conflicts}
    trained, notes = _trained({"data": data, **found}, {"model": model, "checkpoint": checkpoint, **settings})
    from xaivision.report.trained_files import write_trained_card
    from xaivision.report.trained_table import trained_table

    folder = made_folder(output)
    written = [trained.save(folder / "model"), *write_trained_card(trained.card, folder)]
    tell(trained.card.plain, lambda: trained_table(trained.card), written, notes, as_json=as_json)


def _trained(asked: dict[str, Any], settings: dict[str, Any]) -> "tuple[LearnedModel, tuple[str, ...]]":
    """The model, and what is to be said of the pictures."""
    from importlib import import_module

    from xaivision.terminal import doing, progress

    with progress():
        doing("starting", lambda: import_module("xaivision.own_pictures"))  # torch takes seconds to import
        from xaivision.models.transfer import train as trained
        from xaivision.own_pictures import own_pictures

        found = own_pictures(**asked)
        return trained(found.dataset, asked["backbone"], weights=asked["weights"], **settings), found.notes
