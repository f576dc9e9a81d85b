"""Grids of digits: one network that sees the whole grid (GridPG), and one in which a class sees its own cell only (DiFull)."""

from functools import partial

import torch

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.known_answers.known_set import Definition
from xaivision.data.known_answers.picture_grids import picture_grids
from xaivision.data.registry import load_dataset
from xaivision.evaluation.known_answers.known_question import KnownQuestion
from xaivision.evaluation.known_answers.suite import INPUTS, Asking, Size, Suite
from xaivision.evaluation.known_answers.suites.tetromino_suite import tiles
from xaivision.models.known_answers.disconnected_grid import DisconnectedGrid
from xaivision.models.trained_networks import load

SOURCE = "Rao, Boehle, Schiele, 2022, arXiv:2205.10435"
SIDE = 3
# What a picture must score to stand in a grid: that it is of its class is then no question.
SURE = 0.95


def _questions(size: Size, seed: int, disconnected: bool) -> list[KnownQuestion]:
    digits = load_dataset("digits")
    single = load("digits_cnn")
    pictures, targets = digits.test
    scores = single(pictures).softmax(1)
    sure = (scores.argmax(1) == targets) & (scores.amax(1) > SURE)
    accuracy = float((scores.argmax(1) == targets).double().mean())
    grids = picture_grids(pictures[sure], targets[sure], SIDE, INPUTS[size], seed, fixed=disconnected)
    cell = (int(pictures.shape[2]), int(pictures.shape[3]))
    module = DisconnectedGrid(single.model, SIDE, cell) if disconnected else single.model
    classes = SIDE * SIDE if disconnected else len(digits.class_names)
    model = TorchClassifier(module.eval(), classes, class_names=digits.class_names[:classes])
    shape = grids.inputs.shape[1:]
    definition: Definition = "model use" if disconnected else "association"
    means = (
        "the cell of the class: the network gives its class nothing else to see"
        if disconnected
        else "the cell of the class: all others hold other classes, of which the network is sure"
    )
    given = {"baseline": torch.zeros(shape), "segments": tiles(*shape[1:]), "background": grids.inputs[-4:]}
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
            accuracy,
            cell=pictures.shape[-1],
            given=given,
        )
    ]


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
