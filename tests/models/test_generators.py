"""Generators give a picture back from its own code, and each direction does what its name says."""

import pytest
import torch
from torch import nn

import xaivision as xv
from xaivision.core.errors import Cancelled, FileFormatError, InputError
from xaivision.core.generator import Code, Direction, code_words
from xaivision.core.progress import CancelToken, reporting
from xaivision.data import sonar_simulator
from xaivision.models.generators.picture_autoencoder import AutoencoderRecipe, picture_autoencoder, turned
from xaivision.models.generators.segment_layers import BRIGHTNESS, CONTRAST, REMOVAL, SATURATION, SegmentLayers
from xaivision.models.generators.sonar_scenes import SonarScenes

LABELS = torch.arange(16).view(4, 4) // 8


def moved(code, number, value):
    values = code.values.clone()
    values[number] = value
    return values[None]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_of_layers_is_itself_to_the_last_bit(channels):
    picture = torch.rand(channels, 4, 4, generator=torch.Generator().manual_seed(0))
    generator = SegmentLayers(LABELS)
    code = generator.encode(picture)
    assert len(code.directions) == 2 * (6 if channels == 3 else 5)
    assert {one.kind for one in code.directions} == {"position", "removal", "style"}
    assert {one.of for one in code.directions} == {"segment 0", "segment 1"}
    assert torch.equal(generator.decode(code, code.values[None])[0], picture)


def test_styles_of_layers_have_their_closed_forms():
    picture = torch.rand(3, 4, 4, generator=torch.Generator().manual_seed(1)) * 0.2 + 0.4
    generator = SegmentLayers(LABELS)
    code = generator.encode(picture)
    upper = picture[:, :2]
    brighter = generator.decode(code, moved(code, BRIGHTNESS, 0.1))[0]
    assert torch.allclose(brighter[:, :2], upper + 0.1)
    assert torch.equal(brighter[:, 2:], picture[:, 2:])
    gray = upper.mean(0, keepdim=True)
    assert torch.allclose(generator.decode(code, moved(code, SATURATION, -1.0))[0][:, :2], gray + (upper - gray) / 2)
    middle = picture.mean((1, 2), keepdim=True)
    assert torch.allclose(generator.decode(code, moved(code, CONTRAST, 1.0))[0][:, :2], middle + 2 * (upper - middle))
    gone = generator.decode(code, moved(code, REMOVAL, 1.0))[0]
    assert not torch.equal(gone[:, :2], upper)
    assert torch.equal(gone[:, 2:], picture[:, 2:])


def test_a_reach_that_is_no_share_is_refused():
    with pytest.raises(InputError, match=r"`reach` must be a number above 0 and up to 1\. Got 0\."):
        SegmentLayers(reach=0)


def test_numbers_of_directions_below_zero_have_a_minus_sign_and_units_keep_their_hyphen():
    turned = Direction("turn", "place", "target", -90.0, 90.0, unit="log-odds")
    assert [turned.told(value) for value in (-12.5, 0.0, 40.0)] == ["\N{MINUS SIGN}12.5 log-odds", "0 log-odds", "40 log-odds"]


@pytest.fixture(scope="module")
def scenes():
    return xv.load_dataset("sonar_simulator", count=10, size=32), SonarScenes(10, 32)


def test_the_simulator_knows_its_pictures_also_those_of_8_bits(scenes):
    data, generator = scenes
    for number in (1, 5):
        code = generator.encode((data.inputs[number] * 255).round() / 255)
        assert code.directions[0].told(float(code.values[0])) == data.class_names[int(data.targets[number])]
        assert torch.equal(generator.decode(code, code.values[None])[0], data.inputs[number])


def test_without_its_target_a_scene_is_the_seafloor_that_was_under_it(scenes):
    data, generator = scenes
    code = generator.encode(data.inputs[4])
    bare = generator.decode(code, moved(code, 0, 0.0))[0]
    expected = sonar_simulator.rendered(code.memory._replace(kind="seafloor")).picture
    assert torch.equal(bare, expected)
    untouched = ~(data.masks["target"][4] | data.masks["shadow"][4])
    away = (bare - data.inputs[4]).abs()[0]
    assert float(away[untouched].median()) == 0  # the beam smears a target a little beyond its mask
    assert float(away[~untouched].mean()) > 0.05


def test_a_target_moves_along_the_track_with_its_direction(scenes):
    data, generator = scenes
    code = generator.encode(data.inputs[2])
    place = [one.name for one in code.directions].index("place along the track")
    made = code.memory
    tops = []
    for share in (0.0, 1.0):
        values = moved(code, place, share)
        assert generator.decode(code, values).shape == (1, 1, 32, 32)
        chances = list(made.chances)
        chances[4] = share
        tops.append(int(sonar_simulator.rendered(made._replace(chances=tuple(chances))).target.any(1).nonzero()[0]))
    assert tops[1] - tops[0] > 15


def test_a_foreign_picture_is_refused(scenes):
    data, generator = scenes
    with pytest.raises(InputError, match=r"knows the 10 pictures of the set"):
        generator.encode(1 - data.inputs[0])
    with pytest.raises(InputError, match=r"has pictures of shape \(1, 32, 32\)\. Got \(1, 8, 8\)\."):
        generator.encode(torch.zeros(1, 8, 8))


def test_codes_are_told_in_words():
    directions = (
        Direction("turn", "position", "target", 0, 1, shown=(0, 360), unit="degrees"),
        Direction("kind", "object", "target", 0, 1, choices=("sphere", "wreck")),
        Direction("gain", "scene", "sonar", 0, 1),
    )
    code = Code(torch.tensor([0.25, 0.0, 0.5]).double(), directions)
    assert code_words(code, torch.tensor([0.5, 1.0, 0.5]).double()) == (
        "target: turn 90 degrees \N{RIGHTWARDS ARROW} 180 degrees",
        "target: kind sphere \N{RIGHTWARDS ARROW} wreck",
    )


def test_turned_codes_are_uncorrelated_invertible_and_begin_with_the_line_that_tells_the_scores():
    draws = torch.Generator().manual_seed(0)
    points = torch.randn(200, 4, generator=draws).double() @ torch.randn(4, 4, generator=draws).double()
    line = points @ torch.tensor([1.0, -2.0, 0.5, 0.0]).double()
    found = turned(points, torch.stack([line, -line], 1))
    codes = (points - found.center) @ found.into
    assert torch.allclose(codes.T @ codes / 200, torch.eye(4).double(), atol=1e-9)
    assert torch.allclose(codes @ found.out_of + found.center, points, atol=1e-9)
    assert float(torch.corrcoef(torch.stack([codes[:, 0], line]))[0, 1].abs()) > 1 - 1e-9
    assert torch.equal(found.low, codes.amin(0))
    assert torch.equal(found.high, codes.amax(0))


class Mean(nn.Module):
    """Class 1 where pictures are bright."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(10.0))

    def forward(self, pictures):
        lead = self.slope * (pictures.mean((1, 2, 3)) - 0.5)
        return torch.stack([-lead, lead], 1)


def blobs(count):
    """Even grays of 8 x 8 with a brighter half."""
    draws = torch.rand(count, 2, 1, 1, generator=torch.Generator().manual_seed(2))
    pictures = (0.8 * draws[:, :1]).expand(-1, 1, 8, 8).clone()
    pictures[..., :4] += 0.2 * draws[:, 1:]
    return pictures


def test_an_autoencoder_brings_pictures_and_decisions_back_and_leaves_the_model_as_it_was():
    network, pictures = Mean(), blobs(200)
    model = xv.classifier(network, domain="image", num_classes=2, score_unit="logit")
    recipe = AutoencoderRecipe(width=3, epochs=12, learning_rate=5e-3)
    found = picture_autoencoder(model, pictures, recipe, seed=1)
    assert network.slope.grad is None
    assert network.slope.requires_grad
    made = found.reconstructed(pictures)
    assert float((made - pictures).square().mean()) < 0.1 * float((pictures - pictures.mean(0)).square().mean())
    assert float((model(made).argmax(1) == model(pictures).argmax(1)).float().mean()) >= 0.95
    code = found.encode(pictures[0])
    assert torch.allclose(found.decode(code, code.values[None])[0], pictures[0], atol=1e-6)
    brightness = pictures.mean((1, 2, 3)).double()
    assert float(torch.corrcoef(torch.stack([found.codes(pictures)[:, 0], brightness]))[0, 1].abs()) > 0.95


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A model, an autoencoder for it, and the file of that."""
    model = xv.classifier(Mean(), domain="image", num_classes=2, score_unit="logit")
    found = picture_autoencoder(model, blobs(40), AutoencoderRecipe(width=3, epochs=2))
    return model, found, found.save(tmp_path_factory.mktemp("saved") / "blobs")


def test_a_saved_autoencoder_gives_equal_codes_and_pictures(saved):
    model, found, path = saved
    again = xv.load_picture_autoencoder(path, model)
    pictures = blobs(5)
    assert path.name == "blobs.safetensors"
    assert torch.equal(again.codes(pictures), found.codes(pictures))
    assert torch.equal(again.reconstructed(pictures), found.reconstructed(pictures))
    code, same = again.encode(pictures[0]), found.encode(pictures[0])
    assert code.directions == same.directions
    assert torch.equal(again.decode(code, code.values[None] + 0.5), found.decode(same, same.values[None] + 0.5))
    assert again.save(path.with_name("again")).read_bytes() == path.read_bytes()


def test_an_autoencoder_without_the_model_in_its_codes_needs_none_when_it_is_loaded(tmp_path):
    model = xv.classifier(Mean(), domain="image", num_classes=2, score_unit="logit")
    found = picture_autoencoder(model, blobs(40), AutoencoderRecipe(width=3, epochs=1, conditional=False))
    again = xv.load_picture_autoencoder(found.save(tmp_path / "plain"))
    assert again.width == 3
    assert torch.equal(again.reconstructed(blobs(5)), found.reconstructed(blobs(5)))


def test_a_wrong_or_damaged_file_and_a_wrong_model_are_refused_in_one_sentence(saved, tmp_path):
    model, _, path = saved
    with pytest.raises(FileNotFoundError, match="`load_picture_autoencoder` needs a file that an autoencoder was saved to"):
        xv.load_picture_autoencoder(tmp_path / "none.safetensors", model)
    with pytest.raises(InputError, match=r"takes the scores of the model it was trained for\. Give that `model`\."):
        xv.load_picture_autoencoder(path)
    other = xv.classifier(Mean(), domain="image", num_classes=2, score_unit="logit")
    other.model.slope.data.fill_(3.0)
    with pytest.raises(InputError, match=r"Got one that scores otherwise\."):
        xv.load_picture_autoencoder(path, other)
    whole = bytearray(path.read_bytes())
    for name, content in (("cut", whole[:-40]), ("changed", whole[:-1] + bytes([whole[-1] ^ 1])), ("text", b"no tensors")):
        wrong = tmp_path / f"{name}.safetensors"
        wrong.write_bytes(content)
        with pytest.raises(FileFormatError, match="must be a picture autoencoder written by `save`"):
            xv.load_picture_autoencoder(wrong, model)


def test_the_scores_of_another_picture_turn_a_picture_into_its_class():
    """What conditional codes are for: the model's scores alone are changed, and the picture follows."""
    model = xv.classifier(Mean(), domain="image", num_classes=2, score_unit="logit")
    pictures = blobs(200)
    found = picture_autoencoder(model, pictures, AutoencoderRecipe(width=3, epochs=12, learning_rate=5e-3), seed=1)
    assert found.condition is not None
    points = torch.cat([found.encoder(pictures), found.condition.numbers(pictures.flip(0))], 1).double()
    values = (points - found.turned.center) @ found.turned.into
    made = torch.cat([found.decode(found.encode(one), row[None]) for one, row in zip(pictures, values.detach(), strict=True)])
    assert float((model(made).argmax(1) == model(pictures.flip(0)).argmax(1)).float().mean()) >= 0.9


def test_the_same_seed_gives_the_same_autoencoder():
    model = xv.classifier(Mean(), domain="image", num_classes=2, score_unit="logit")
    pictures, recipe = blobs(40), AutoencoderRecipe(width=3, epochs=1)
    first, again, other = (picture_autoencoder(model, pictures, recipe, seed=seed).reconstructed(pictures) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_too_few_pictures_are_refused():
    model = xv.classifier(Mean(), domain="image", num_classes=2, score_unit="logit")
    with pytest.raises(InputError, match=r"`pictures` must be more than 16 pictures \(N, C, H, W\)\. Got shape \(5, 1, 8, 8\)\."):
        picture_autoencoder(model, blobs(5))


class Counting:
    """Counts what is tracked, and cancels before the pass after so many."""

    def __init__(self, most=None):
        self.token, self.most, self.passes = CancelToken(), most, 0

    def start(self, what, total):
        return self

    def advance(self):
        self.passes += 1
        if self.passes == self.most:
            self.token.cancel()

    def finish(self):
        pass


def counted(counting, *arguments, **settings):
    with reporting(counting, counting.token):
        return picture_autoencoder(*arguments, **settings)


def test_a_training_that_was_stopped_goes_on_to_the_same_bits_and_a_finished_one_is_taken_as_it_is(tmp_path):
    model = xv.classifier(Mean(), domain="image", num_classes=2, score_unit="logit")
    pictures, recipe = blobs(40), AutoencoderRecipe(width=3, epochs=5)
    whole = picture_autoencoder(model, pictures, recipe)
    with pytest.raises(Cancelled):
        counted(Counting(2), model, pictures, recipe, checkpoint=tmp_path)
    going_on, finished = Counting(), Counting()
    resumed = counted(going_on, model, pictures, recipe, checkpoint=tmp_path)
    taken = counted(finished, model, pictures, recipe, checkpoint=tmp_path)
    assert (going_on.passes, finished.passes) == (3, 0)
    for one in (resumed, taken):
        assert torch.equal(one.codes(pictures), whole.codes(pictures))
        assert torch.equal(one.reconstructed(pictures), whole.reconstructed(pictures))


def test_every_training_has_a_file_of_its_own(tmp_path):
    network = Mean()
    model = xv.classifier(network, domain="image", num_classes=2, score_unit="logit")
    pictures, recipe = blobs(40), AutoencoderRecipe(width=3, epochs=1)
    picture_autoencoder(model, pictures, recipe, checkpoint=tmp_path / "kept")
    picture_autoencoder(model, pictures, recipe, seed=1, checkpoint=tmp_path / "kept")
    picture_autoencoder(model, pictures + 0.01, recipe, checkpoint=tmp_path / "kept")
    picture_autoencoder(model, pictures, AutoencoderRecipe(width=4, epochs=1), checkpoint=tmp_path / "kept")
    network.slope.data.fill_(3.0)
    picture_autoencoder(model, pictures, recipe, checkpoint=tmp_path / "kept")
    files = sorted((tmp_path / "kept").iterdir())
    assert len(files) == 5
    for file in files:
        file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(FileFormatError, match=r"cannot be gone on from: it is damaged or no such file\. Remove it"):
        picture_autoencoder(model, pictures, recipe, checkpoint=tmp_path / "kept")
