"""The layer that a class activation map looks at: on the way to the score, told in the answer, named in several ways."""

import pytest
import torch
from explainer_networks import seeded
from torch import Tensor, nn

from xaivision.core.errors import InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier
from xaivision.explainers.registry import explainer

CAMS = ("grad_cam", "hires_cam", "layer_cam", "eigen_cam", "score_cam", "ablation_cam")
PHOTO = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(3))


class Plain(nn.Module):
    """`aux`: a convolution that works on the last map, and whose answer the score does not hang on."""

    def __init__(self, aux: bool = False) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 5, 3, padding=1), nn.ReLU())
        self.head = nn.Linear(5, 4)
        if aux:
            self.aux = nn.Conv2d(5, 8, 3, padding=1)

    def forward(self, photos: Tensor) -> Tensor:
        maps = self.body(photos)
        if hasattr(self, "aux"):
            self.kept = self.aux(maps)
        return self.head(maps.mean((2, 3)))


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.act, self.head = nn.Conv2d(3, 6, 3), nn.Conv2d(6, 5, 3), nn.ReLU(), nn.Linear(5, 4)

    def forward(self, photos: Tensor) -> Tensor:
        return self.head(self.act(self.second(self.act(self.first(photos)))).mean((2, 3)))


def wrapped(make) -> TorchClassifier:
    return TorchClassifier(seeded(make, 0).eval().float(), 4)


def texts(found) -> list[str]:
    return [note.text for note in found.diagnostics.notes]


@pytest.mark.parametrize("method", CAMS)
def test_a_layer_that_the_score_does_not_hang_on_is_not_the_one_that_is_looked_at(method):
    network = seeded(lambda: Plain(aux=True), 0).eval().float()
    settings = {"channels": 5} if method in ("score_cam", "ablation_cam") else {}
    found = explainer(method, **settings).explain(TorchClassifier(network, 4), PHOTO, 0)
    assert "the layer is `body.3`" in texts(found)
    named = explainer(method, layer="body.3", **settings).explain(TorchClassifier(network, 4), PHOTO, 0)
    assert torch.equal(found.values, named.values)
    assert found.verdict.status == "ok"


def test_classes_are_not_counted_by_an_auxiliary_convolution():
    assert classifier(seeded(lambda: Plain(aux=True), 0).float()).num_classes == 4


@pytest.mark.parametrize("method", ["grad_cam", "eigen_cam"])
def test_the_last_of_several_calls_is_told(method):
    assert "the layer is `act`, its last call of 2" in texts(explainer(method).explain(wrapped(Twice), PHOTO, 0))


@pytest.mark.parametrize("method", ["grad_cam", "eigen_cam", "guided_grad_cam"])
def test_a_layer_may_be_named_or_given_itself(method):
    model = wrapped(Plain)
    itself = explainer(method, layer=model.model.body[1]).explain(model, PHOTO, 0)
    assert torch.equal(itself.values, explainer(method, layer="body.1").explain(model, PHOTO, 0).values)
    assert "the layer is `body.1`" in texts(itself)
    assert itself.origin.settings["layer"] == {"module": "ReLU"}


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        (3, r"`layer` must be the name of a submodule, such as 'layer4', or the submodule itself\. Got 3\."),
        (nn.ReLU(), r"`layer` must be a submodule of the model that is explained\. Got ReLU, which is none of it\."),
    ],
)
def test_what_is_no_layer_of_the_model_is_refused_in_one_sentence(layer, sentence):
    with pytest.raises(InputError, match=sentence):
        explainer("grad_cam", layer=layer).explain(wrapped(Plain), PHOTO, 0)


class Vision(nn.Module):
    """Two blocks of attention over a class token and 16 patches; the head reads the class token."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.token = nn.Conv2d(3, 8, 4, 4), nn.Parameter(torch.randn(1, 1, 8))
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.norm, self.head = nn.LayerNorm(8), nn.Linear(8, 4)

    def forward(self, photos: Tensor) -> Tensor:
        tokens = torch.cat([self.token.expand(len(photos), -1, -1), self.patches(photos).flatten(2).transpose(1, 2)], 1)
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(self.norm(tokens)[:, 0])


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.attention = nn.LayerNorm(8), nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, tokens: Tensor) -> Tensor:
        seen = self.norm(tokens)
        return tokens + self.attention(seen, seen, seen, need_weights=False)[0]


def test_a_layer_behind_which_only_the_class_token_counts_is_refused_with_one_that_works():
    model = wrapped(Vision)
    found = explainer("grad_cam", layer="blocks.1", layout="tokens").explain(model, PHOTO, 0)
    assert found.verdict.status == "refuse"
    assert "only the class token reaches the score after the layer `blocks.1`" in str(found.verdict)
    assert "Use `blocks.1.norm`" in str(found.verdict)
    assert explainer("grad_cam", layer="blocks.1.norm").explain(model, PHOTO, 0).verdict.status == "ok"


@pytest.mark.parametrize("kind", [nn.Dropout, nn.BatchNorm1d])
def test_a_model_that_is_handed_over_in_training_mode_is_told(kind):
    module = nn.Sequential(nn.Flatten(), nn.Linear(768, 6), kind(6) if kind is nn.BatchNorm1d else kind(), nn.Linear(6, 4))
    said = f"handed over in training mode and is explained in evaluation mode, where {kind.__name__} differ"
    model = TorchClassifier(module.train(), 4)
    found = explainer("saliency").explain(model, PHOTO, 0)
    assert any(said in text for text in texts(found))
    assert found.verdict.status == "ok"
    with model.held():
        assert any(said in text for text in texts(explainer("saliency").explain(model, PHOTO, 0)))
    assert all(part.training for part in module.modules())
    module.eval()
    assert texts(explainer("saliency").explain(model, PHOTO, 0)) == []
    assert (
        texts(explainer("saliency").explain(TorchClassifier(nn.Sequential(nn.Flatten(), nn.Linear(768, 4)), 4), PHOTO, 0)) == []
    )
