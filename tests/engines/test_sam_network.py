"""The networks of Segment Anything: their files read without pickle's code, bytes handed over, nobody's names taken."""

import os
import sys
import warnings

import numpy as np
import pytest
import torch

from xaivision.core.errors import FileFormatError, InputError, MissingExtraError
from xaivision.engines import sam_network
from xaivision.engines.pointed_objects.sam_point import SamPoint
from xaivision.engines.sam_segments import SegmentAnything


class Harmful:
    def __reduce__(self):
        return (pytest.fail, ("the pickle was run",))


def check_the_network_sees_bytes_of_three_channels():
    colors = torch.tensor([0.0, 0.5, 1.0]).view(3, 1, 1).expand(3, 2, 4)
    found = sam_network.as_bytes(colors)
    assert (found.shape, found.dtype) == ((2, 4, 3), np.uint8)
    assert found[1, 3].tolist() == [0, 128, 255]
    gray = sam_network.as_bytes(torch.tensor([[[0.2, 1.0]]]))
    assert gray.tolist() == [[[51] * 3, [255] * 3]]
    with pytest.raises(InputError, match=r"1 or 3 channels\. Got 2\."):
        sam_network.as_bytes(colors[:2])


def test_the_network_sees_bytes_of_three_channels():
    check_the_network_sees_bytes_of_three_channels()


def test_what_holds_no_weights_is_refused_and_not_run(tiny_sam, tmp_path):
    file = tmp_path / "weights.pth"
    for content in ({"a": torch.ones(1)}, [1, 2], Harmful()):
        torch.save(content, file)
        with pytest.raises(FileFormatError, match=r"must hold the weights of Segment Anything's 'vit_b'.* which does not\."):
            sam_network.SamWeights(file).network(torch.device("cpu"))
    for content in (b"", b"no weights"):
        file.write_bytes(content)
        with pytest.raises(FileFormatError, match="which does not"):
            sam_network.SamWeights(file).network(torch.device("cpu"))


def test_the_network_has_the_files_weights_is_read_once_and_global_draws_are_not_moved(tiny_sam, sam_checkpoint):
    state = torch.get_rng_state()
    network = sam_network.SamWeights(sam_checkpoint).network(torch.device("cpu"))
    assert torch.equal(torch.get_rng_state(), state)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    weights = torch.load(sam_checkpoint, weights_only=True)
    assert all(torch.equal(tensor, weights[name]) for name, tensor in network.state_dict().items())
    assert sam_network.SamWeights(str(sam_checkpoint)).network(torch.device("cpu")) is network


def check_another_file_under_the_same_name_is_another_network(folder):
    file = folder / "weights.pth"
    file.write_bytes(b"1")
    before = sam_network.SamWeights(file)
    assert before == sam_network.SamWeights(file)
    os.utime(file, ns=(1, before.modified + 1))
    assert before != sam_network.SamWeights(file)


def test_another_file_under_the_same_name_is_another_network(tmp_path):
    check_another_file_under_the_same_name_is_another_network(tmp_path)


@pytest.mark.parametrize("kind", [SegmentAnything, SamPoint])
@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"checkpoint": "/nowhere/sam.pth"}, r"`checkpoint` must be a file .* Got '/nowhere/sam\.pth', which is no file\."),
        ({"model_type": "vit_x"}, r"`model_type` must be one of 'vit_b', 'vit_l', 'vit_h', 'vit_t'\. Got 'vit_x'\."),
    ],
)
def test_settings_out_of_range_are_one_sentence(sam_checkpoint, kind, settings, sentence):
    with pytest.raises(InputError, match=sentence):
        kind(**{"checkpoint": sam_checkpoint, **settings})


@pytest.mark.parametrize(("model_type", "module"), [("vit_b", "segment_anything"), ("vit_t", "mobile_sam")])
def test_without_the_package_the_extra_is_named(sam_checkpoint, monkeypatch, model_type, module):
    monkeypatch.setitem(sys.modules, module, None)
    sam_network._read.cache_clear()
    with pytest.raises(MissingExtraError, match=r"is needed\. .*xaivision\[sam\]"):
        sam_network.SamWeights(sam_checkpoint, model_type).network(torch.device("cpu"))


def test_the_light_encoder_comes_without_a_word_and_takes_nobodys_name():
    """Warnings are errors here; its package calls five networks of its own by names of timm's."""
    import timm

    package = sam_network._package("vit_t")
    assert "vit_t" in package.sam_model_registry
    assert timm.model_entrypoint("tiny_vit_5m_224").__module__ == "timm.models.tiny_vit"
    assert timm.is_model_pretrained("tiny_vit_5m_224.dist_in22k")
    with pytest.warns(FutureWarning, match="something else"):
        warnings.warn("something else", FutureWarning, stacklevel=1)
