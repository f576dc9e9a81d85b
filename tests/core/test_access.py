from xaivision.core.access import Access


def test_each_level_includes_those_below_it():
    assert list(Access) == sorted(Access)
    assert [str(level) for level in Access] == ["labels", "scores", "logits", "activations", "gradients", "weights"]
