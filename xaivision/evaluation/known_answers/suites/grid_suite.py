"""Grids of digits: one network that sees the whole grid (GridPG), and one in which a class sees its own cell only (DiFull)."""

from functools import partial

import torch
from torch import Tensor, nn

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.known_answers.known_set import Definition
from xaivision.data.known_answers.picture_grids import Grids, cut_out, picture_grids
from xaivision.data.registry import load_dataset
from xaivision.evaluation.known_answers.known_question import KnownQuestion
from xaivision.evaluation.known_answers.suite import INPUTS, Asking, Size, Suite
from xaivision.evaluation.known_answers.suites.given import tiles
from xaivision.models.known_answers.disconnected_grid import DisconnectedGrid
from xaivision.models.trained_networks import load

SOURCE = "Rao, Boehle, Schiele, 2022, arXiv:2205.10435"
SIDE = 3
# How sure the network must be of a picture that stands in a grid, and grids that are drawn for each that is asked about.
SURE, DRAWN = 0.95, 2
ACCURACY_OF = "the cells seen alone; all nine are right in every grid that is asked about"


def _questions(size: Size, seed: int, disconnected: bool) -> list[KnownQuestion]:
    digits = load_dataset("digits")
    single = load("digits_cnn")
    pictures, targets = digits.test
    sure = single(pictures).softmax(1).amax(1) > SURE
    drawn = picture_grids(pictures[sure], targets[sure], SIDE, DRAWN * INPUTS[size], seed, fixed=disconnected)
    right = right_cells(single, drawn)
    grids = Grids(*(part[right.all(1)][: INPUTS[size]] for part in drawn))
    classes = SIDE * SIDE if disconnected else len(digits.class_names)
    module = _disconnected(single.model) if disconnected else single.model
    model = TorchClassifier(module.eval(), classes, class_names=digits.class_names[:classes])
    shape = grids.inputs.shape[1:]
    definition: Definition = "model use" if disconnected else "association"
    means = (
        "the cell of the class: the network gives its class nothing else to see"
        if disconnected
        else "the cell of the class: all others hold other classes, and the network is right and sure about each of them alone"
    )
    given = {"baseline": torch.zeros(shape), "segments": tiles(*shape[1:]), "background": drawn.inputs[-4:]}
    name = f"{'disconnected ' if disconnected else ''}grids of digits"
    return [
        KnownQuestion(
            name,
            "cnn",
            model,
            grids.inputs,
            grids.targets,
            grids.cells,
            definition,
            means,
            float(right.double().mean()),
            cell=pictures.shape[-1],
            given=given,
            accuracy_of=ACCURACY_OF,
        )
    ]


def right_cells(single: ClassifierAdapter, grids: Grids) -> Tensor:
    """(B, n n) whether the network gives each cell, seen alone, its class. Of a grid as a whole no one class is right."""
    answers = single(cut_out(grids.inputs, SIDE)).argmax(1).cpu()
    return answers.view(grids.labels.shape) == grids.labels


def _disconnected(single: nn.Module) -> DisconnectedGrid:
    """The network of single digits, which ends in a mean over positions and a linear layer."""
    maps, last = single.get_submodule("maps"), single.get_submodule("head")
    return DisconnectedGrid(maps, nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), last), SIDE)


GRIDS = Suite(
    "grids",
    "Grids of nine digits, each of another class, seen by a network that averages over positions (GridPG)",
    SOURCE,
    "association",
    lambda size, seed: [Asking("grids of digits", partial(_questions, size, seed, False))],
)
DISCONNECTED = Suite(
    "disconnected grids",
    "The same grids, seen by a network in which each class sees one cell only (DiFull): where the truth lies, its structure says",
    SOURCE,
    "model use",
    lambda size, seed: [Asking("disconnected grids of digits", partial(_questions, size, seed, True))],
)
