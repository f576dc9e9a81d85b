"""A tiny Segment Anything: the real network with one narrow block in its encoder, under the name of the real one."""

import pytest
import torch

from xaivision.engines import sam_network


def tiny(checkpoint=None):
    from segment_anything.build_sam import _build_sam

    return _build_sam(16, 1, 2, [0], checkpoint)


@pytest.fixture
def tiny_sam(monkeypatch):
    import segment_anything

    monkeypatch.setitem(segment_anything.sam_model_registry, "vit_b", tiny)
    sam_network._read.cache_clear()
    yield
    sam_network._read.cache_clear()


@pytest.fixture(scope="session")
def sam_checkpoint(tmp_path_factory):
    """The tiny one's weights, drawn at random."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = tiny()
    file = tmp_path_factory.mktemp("sam") / "tiny.pth"
    torch.save(network.state_dict(), file)
    return file
