"""What methods over the maps of a layer must confess."""

import torch
from explainer_networks import drawn, image_classifier

from xaivision.core.question import question
from xaivision.explainers.class_maps import doubt_unstable_weights
from xaivision.explainers.saliency import Saliency


def test_more_than_a_tenth_of_a_map_on_weights_that_hardly_exist_is_a_doubt_of_that_input_alone():
    shares = torch.tensor([0.0, 0.1, 0.11, 0.45], dtype=torch.float64)
    with question(Saliency(), image_classifier(), drawn((4, 2, 8, 8), 0), 0) as q:
        doubt_unstable_weights(q, shares, "they cancel")
        told = [(note.status, note.inputs, note.text) for note in q.notes]
    assert told == [
        ("warn", (2,), "11% of the map hangs on weights that are hardly defined: they cancel"),
        ("warn", (3,), "45% of the map hangs on weights that are hardly defined: they cancel"),
    ]
