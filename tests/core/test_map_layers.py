import pytest
import torch
from core_subjects import Applied, convnet, drawn, linear, seeded, state_of
from token_networks import AddsInPlace, ChannelsLast, Mixer, Vision
from torch import nn

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.layer_layout import LayerLayout
from xaivision.core.layers import Layer
from xaivision.core.map_layers import MapLayer, map_layer
from xaivision.core.metering import metered
from xaivision.core.torch_classifier import TorchClassifier

PHOTO = drawn(1, 3, 16, 16)


def found(net, name=None, layout=None, photo=PHOTO):
    net.eval()
    return map_layer(net, name, layout, photo, net)


def test_the_pooled_map_is_not_the_last_one_and_an_in_place_activation_is():
    assert found(convnet()) == MapLayer(Layer("4"), LayerLayout("channels_first", 7, 7))


def test_a_container_that_passes_its_last_part_through_is_not_named_instead_of_it():
    net = nn.Sequential(nn.Sequential(*convnet()[:5]), *convnet()[5:])
    assert found(net).layer == Layer("0.4")


@pytest.mark.parametrize("adds", [AddsInPlace, lambda: nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), Applied(lambda m: m * 2))])
def test_a_block_that_changes_what_its_last_part_gave_is_named_itself(adds):
    net = nn.Sequential(adds(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), linear(3))
    assert found(net).layer.name in ("0", "0.1")
    assert found(net).layer.name != "0.inner"


@pytest.mark.parametrize("leading", [1, 2, 5])
def test_of_tokens_those_that_enter_the_last_attention_are_meant_and_their_leading_ones_are_in_no_map(leading):
    assert found(Vision(leading)) == MapLayer(Layer("blocks.1.norm1"), LayerLayout("tokens", 4, 4, leading))


def test_a_class_token_behind_the_positions_is_refused_and_not_read_as_the_first():
    class Behind(Vision):
        def forward(self, photos):
            tokens = torch.cat([self.patches(photos).flatten(2).transpose(1, 2), self.leading.expand(len(photos), -1, -1)], 1)
            for block in self.blocks:
                tokens = block(tokens)
            return self.head(self.norm(tokens)[:, -1])

    with pytest.raises(InputError, match=r"Here token 16 of 17 does, which stands behind the positions\."):
        found(Behind())
    with pytest.raises(InputError, match="which stands behind the positions"):
        found(Behind(), "blocks.0.norm2")


def test_tokens_that_are_averaged_are_treated_alike():
    assert found(Vision(0)) == MapLayer(Layer("blocks.1.norm1"), LayerLayout("tokens", 4, 4, 0))


class NormedAttention(nn.Module):
    """Attention that normalizes its tokens once more."""

    def __init__(self, width):
        super().__init__()
        with seeded():
            self.norm, self.inner = nn.LayerNorm(width), nn.MultiheadAttention(width, 2, batch_first=True)

    def forward(self, tokens, *_, **__):
        normed = self.norm(tokens)
        return (self.inner(normed, normed, normed, need_weights=False)[0],)


@pytest.mark.parametrize("inner", [nn.MultiheadAttention, lambda *_, **__: MeanOfTokens()])
def test_a_normalization_inside_the_last_attention_is_not_what_enters_it(inner):
    net = Vision(1)
    for block in net.blocks:
        block.attention = NormedAttention(8)
        block.attention.inner = inner(8, 2, batch_first=True)
    assert found(net) == MapLayer(Layer("blocks.1.norm1"), LayerLayout("tokens", 4, 4, 1))


class MeanOfTokens(nn.Module):
    """What mixes tokens under a name that says nothing of attention."""

    def forward(self, tokens, *_, **__):
        return (tokens.mean(1, keepdim=True).expand_as(tokens),)


def test_patches_may_be_made_without_a_convolution():
    assert found(Vision(1, convolution=False)) == MapLayer(Layer("blocks.1.norm1"), LayerLayout("tokens", 4, 4, 1))


def test_pictures_that_are_not_square_have_grids_that_are_not():
    photo = drawn(1, 3, 8, 16)
    assert found(Vision(1), photo=photo).layout == LayerLayout("tokens", 2, 4, 1)
    assert found(ChannelsLast(), photo=photo).layout == LayerLayout("channels_last", 2, 4)


def test_tokens_without_attention_are_met_at_the_last_normalization():
    assert found(Mixer()) == MapLayer(Layer("norm"), LayerLayout("tokens", 4, 4, 0))


def test_channels_may_come_last():
    assert found(ChannelsLast()) == MapLayer(Layer("norm"), LayerLayout("channels_last", 4, 4))
    assert found(ChannelsLast(), "act").layout == LayerLayout("channels_last", 4, 4)
    assert found(ChannelsLast(), "patches").layout == LayerLayout("channels_first", 4, 4)


def test_as_many_channels_as_rows_are_told_by_the_layer_or_by_the_very_map_it_works_on():
    net = ChannelsLast(width=4)
    assert found(net).layout == LayerLayout("channels_last", 4, 4)
    assert found(net, "act").layout == LayerLayout("channels_last", 4, 4)
    assert found(nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(inplace=True))).layout.kind == "channels_first"


@pytest.mark.parametrize("last", [nn.Identity, nn.ReLU, lambda: Applied(torch.tanh)])
def test_where_all_sides_are_equal_a_movement_of_the_axes_is_asked_about_and_not_overlooked(last):
    net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), Applied(lambda maps: maps.movedim(1, -1).contiguous()), last())
    with pytest.raises(InputError, match=r"can be read as channels_first or as channels_last\. Say which with `layout`"):
        found(net, "2")
    assert found(net, "2", "channels_last").layout == LayerLayout("channels_last", 16, 16)


@pytest.mark.parametrize(
    ("name", "shape"), [("head", r"\(1, 3\)"), ("blocks.0.attention", None), ("blocks.0.mlp.2", r"\(1, 17, 7\)")]
)
def test_a_layer_without_maps_is_refused(name, shape):
    net = Vision()
    net.blocks[0].mlp.append(Applied(lambda tokens: tokens[:, :, :7].transpose(1, 2)))
    net.blocks[0].mlp.append(Applied(lambda tokens: nn.functional.pad(tokens.transpose(1, 2), (0, 1))))
    says = r"is one tensor" if shape is None else r"stand for the places of a grid"
    with pytest.raises(InputError, match=says):
        found(net, name)


class PermutesInside(nn.LayerNorm):
    """A normalization over channels that come first, as ConvNeXt has it."""

    def forward(self, maps):
        return super().forward(maps.movedim(1, -1)).movedim(-1, 1)


def test_a_layer_that_permutes_inside_is_not_taken_for_the_one_it_is_derived_from():
    net = nn.Sequential(
        nn.Conv2d(3, 8, 4, 4), Applied(lambda maps: maps[:, :6]), PermutesInside(6), Applied(lambda m: m.mean((2, 3)))
    )
    assert found(net) == MapLayer(Layer("2"), LayerLayout("channels_first", 4, 4))


def test_a_named_layout_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match=r"'tokens' does not fit the layer `0`, whose output is of shape \(1, 4, 16, 16\)"):
        found(convnet(), "0", "tokens")


def test_a_layer_that_is_not_called_has_no_layout():
    net = convnet()
    net.unused = nn.ReLU()
    net.forward = lambda photos: nn.Sequential(*list(net)[:-1])(photos)
    assert found(net, "unused") == MapLayer(Layer("unused"), None)


def test_an_unknown_name_is_refused_before_anything_runs():
    with pytest.raises(UnknownNameError, match=r"`feature` is not a known layer of this model. Did you mean `features`"):
        map_layer(nn.ModuleDict({"features": nn.ReLU()}), "feature", None, PHOTO, lambda _photo: pytest.fail("it ran"))


def test_no_map_at_all_is_an_error_that_names_the_way_out():
    with pytest.raises(InputError, match=r"This model has none, .* Use a gradient or perturbation method"):
        found(nn.Sequential(nn.Flatten()))


def test_tokens_that_form_no_grid_are_refused():
    net = Vision()
    net.norm = nn.Identity()
    for block in net.blocks:
        block.norm1 = block.norm2 = nn.Identity()
    with pytest.raises(InputError, match=r"works on tokens after its last map, and no layer norm was found"):
        found(net)


def test_hooks_are_taken_off_after_an_exception_of_the_run():
    net = convnet()
    before = state_of(net)

    def run(_photo):
        net(PHOTO)
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        map_layer(net, None, None, PHOTO, run)
    assert state_of(net)["hooks"] == before["hooks"]
    assert torch.is_grad_enabled()


def test_a_layer_is_looked_for_once_and_again_after_a_change():
    net = convnet().eval()
    runs = []
    model = TorchClassifier(net, 3)
    net.register_forward_pre_hook(lambda *_: runs.append(1))
    with metered() as meter:
        assert [model.map_layer(None, None, PHOTO).layer for _ in range(3)] == [Layer("4")] * 3
    assert (len(runs), meter.model_calls) == (2, 0)  # the second tries whether the scores hang on it
    assert model.map_layer(None, None, drawn(1, 3, 8, 8)).layout.height == 3
    assert model.map_layer("3", None, PHOTO).layer == Layer("3")
    assert len(runs) == 5
    net[4] = nn.Identity()
    assert model.map_layer(None, None, PHOTO).layer == Layer("4")
    net[4] = nn.Sequential(nn.ReLU(), nn.ReLU())
    assert model.map_layer(None, None, PHOTO).layer == Layer("4.1")
    assert len(runs) == 9


def test_in_inference_mode_the_same_layer_is_found():
    with torch.inference_mode():
        assert found(nn.Sequential(AddsInPlace(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), linear(3))).layer == Layer("0")


@pytest.mark.parametrize(
    ("name", "layer", "layout"),
    [
        pytest.param(
            *("vit_b_16", "encoder.layers.encoder_layer_11.ln_1", LayerLayout("tokens", 2, 2, 1)), marks=pytest.mark.slow
        ),
        ("swin_t", "permute", LayerLayout("channels_first", 2, 2)),
        ("convnext_tiny", "features.7.2", LayerLayout("channels_first", 2, 2)),
        ("resnet18", "layer4.1.relu", LayerLayout("channels_first", 2, 2)),
    ],
)
def test_layers_of_torchvision_are_found(name, layer, layout):
    import torchvision.models

    more = {"image_size": 32} if name == "vit_b_16" else {}
    with seeded():
        net = getattr(torchvision.models, name)(weights=None, **more)
    side = 32 if name == "vit_b_16" else 64
    where = found(net, photo=drawn(1, 3, side, side))
    assert (where.layer.name, where.layout) == (layer, layout)


def test_maxvit_ends_in_a_map_though_it_works_on_windows():
    from torchvision.models import MaxVit

    with seeded():
        net = MaxVit((64, 64), 8, 4, [8, 16], [1, 1], 8, 0.0, num_classes=3)
    photo = drawn(1, 3, 64, 64)
    last = "blocks.1.layers.0.layers.grid_attention.departition_op"
    windows = "blocks.0.layers.0.layers.window_attention.attn_layer.0"
    assert found(net, photo=photo) == MapLayer(Layer(last), LayerLayout("channels_first", 8, 8))
    # (B, windows, positions, C): 16 windows of 16 positions are a square, and no map.
    with pytest.raises(InputError, match=r"`layer` must name a layer whose output is a map .* gives shape \(1, 16, 16, 8\)"):
        found(net, windows, photo=photo)


def test_of_a_layer_that_is_called_twice_the_last_call_is_meant():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            with seeded():
                self.mix, self.pool = nn.Conv2d(3, 3, 3, padding=1), nn.MaxPool2d(2)

        def forward(self, photos):
            return self.mix(self.pool(self.mix(photos))).mean((2, 3))

    assert found(Twice(), "mix") == MapLayer(Layer("mix", 1), LayerLayout("channels_first", 8, 8))


def test_another_layout_is_another_question_about_the_same_module():
    net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), Applied(torch.tanh))
    kinds = [found(net, "1", layout).layout.kind for layout in ("channels_first", "channels_last", "channels_first")]
    assert kinds == ["channels_first", "channels_last", "channels_first"]
