import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from surrogate_subjects import linear_box, schema_of, seen_by, table

import xaivision as xv
from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.image_format import ImageFormat
from xaivision.data.feature import Feature
from xaivision.models.trained_content import write_tensors
from xaivision.surrogates.growing import KINDS, Growth, grown
from xaivision.surrogates.picture_reading import grid_statistics
from xaivision.surrogates.reading import Measured, columns_of
from xaivision.surrogates.surrogate import Surrogate
from xaivision.surrogates.surrogate_file import SCHEMA, holds_surrogate, load_surrogate, save_surrogate
from xaivision.surrogates.surrogate_rules import rules_of

WEIGHTS = np.array([[2, -1, 0, 1, 0, 0], [-2, 1, 1, 0, 0, 0], [0, 0, -1, -1, 0, 0]])


def surrogate_of(kind, weights=WEIGHTS, schema=None, features=(3, 0, 1), inputs=None):
    model = linear_box(weights, schema=schema)
    seen = seen_by(model, table(200) if inputs is None else inputs)
    stand_in = grown(kind, seen.rows, seen.probabilities, features, Growth(trees=4, depth=3))
    return Surrogate(stand_in, model, columns_of(model, 6), kind=kind), seen


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weights", [WEIGHTS, [3, -2, 0, 1, 0, 0]])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_kind_says_the_same_to_the_last_bit_when_it_comes_back(kind, weights, dtype, tmp_path):
    surrogate, seen = surrogate_of(kind, weights)
    back = load_surrogate(surrogate.save(tmp_path / "kept"))
    rows = table(300, seed=4).to(dtype)
    assert torch.equal(back(rows), surrogate(rows))
    assert repr(back) == repr(surrogate)
    assert (back.features, back.names, back.class_names) == (surrogate.features, surrogate.names, surrogate.class_names)
    assert back.input_shape == (6,)
    if kind in ("tree", "rule_list"):
        assert rules_of(back, seen) == rules_of(surrogate, seen)


def test_one_that_says_the_same_of_everything_and_a_local_one_come_back(tmp_path):
    seen = seen_by(linear_box(WEIGHTS), table(20))
    same = grown("tree", seen.rows, np.tile([0.2, 0.3, 0.5], (20, 1)), (0,), Growth())
    surrogate = Surrogate(same, linear_box(WEIGHTS), columns_of(linear_box(WEIGHTS), 6), kind="tree", local=True)
    back = load_surrogate(surrogate.save(tmp_path / "kept.safetensors"))
    assert back.local
    assert torch.equal(back(table(3)), surrogate(table(3)))


def test_columns_with_categories_and_what_may_not_change_come_back(tmp_path):
    inputs = table(200)
    inputs[:, 0] = (inputs[:, 0] > 0).float()
    schema = schema_of(6, x0=Feature("x0", categories=(False, True), low=0, high=1, mutable=False, dtype="bool"))
    surrogate, _ = surrogate_of("tree", schema=schema, inputs=inputs)
    assert load_surrogate(surrogate.save(tmp_path / "kept")).schema == schema


def test_what_is_loaded_is_a_classifier_for_everything_here(tmp_path):
    surrogate, seen = surrogate_of("forest")
    back = load_surrogate(surrogate.save(tmp_path / "kept"))
    rows = seen.inputs[:2]
    both = [xv.explain(one, rows, "tree_shap", background=seen.inputs[:10]) for one in (surrogate, back)]
    assert torch.equal(both[0].values, both[1].values)
    study = xv.surrogate(back, seen.inputs, k=2, draws=2, resamples=2)
    assert study.fidelity.agreement.value > 0.6


def pictured(reading):
    model = xv.classifier(
        lambda pictures: pictures[:, 0, 0, :2] * 3,
        num_classes=2,
        domain="image",
        score_unit="logit",
        image_format=ImageFormat(1, 6, 6),
        array="torch",
    )
    pictures = torch.rand(60, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    rows = reading(pictures)
    said = model(pictures).double().softmax(1).numpy()
    return Surrogate(grown("tree", rows, said, range(rows.shape[1])), model, reading, kind="tree"), pictures


def test_statistics_of_pictures_are_measured_again_and_own_functions_are_asked_for(tmp_path):
    surrogate, pictures = pictured(grid_statistics(1, 2))
    back = load_surrogate(surrogate.save(tmp_path / "grid"))
    assert back.image_format == ImageFormat(1, 6, 6)
    assert torch.equal(back(pictures), surrogate(pictures))
    own = Measured(("first", "second"), lambda pictures: pictures[:, 0, 0, :2])
    surrogate, pictures = pictured(own)
    path = surrogate.save(tmp_path / "own")
    with pytest.raises(InputError, match=r"no file holds functions\. Give `reading=`"):
        load_surrogate(path)
    with pytest.raises(InputError, match=r"must measure 2 numbers, the first 'first'\. Got 15 others"):
        load_surrogate(path, reading=grid_statistics(1, 2))
    assert torch.equal(load_surrogate(path, reading=own)(pictures), surrogate(pictures))


def test_a_file_that_was_cut_changed_or_is_of_another_kind_is_one_sentence(tmp_path):
    surrogate, _ = surrogate_of("tree")
    whole = surrogate.save(tmp_path / "kept").read_bytes()
    broken = tmp_path / "broken.safetensors"
    for content in (whole[: len(whole) // 2], b"", b"rows,of,a,table\n1,2,3,4\n", whole[:-1] + bytes([whole[-1] ^ 1])):
        broken.write_bytes(content)
        with pytest.raises(FileFormatError, match="must be a surrogate written by `save`") as told:
            load_surrogate(broken)
        assert len(str(told.value).splitlines()) == 1
    save_file({"a": torch.zeros(2)}, broken)
    assert not holds_surrogate(broken)
    with pytest.raises(FileFormatError, match="it holds something else"):
        load_surrogate(broken)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load_surrogate(tmp_path / "nowhere.safetensors")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"features": [0, 1, 3, 40]}, "reads what it has no name for"),
        ({"features": [0]}, "do not lead to leaves"),
        ({"class_names": ["a", "b"]}, "does not tell as many classes apart"),
        ({"form": "bush"}, "'bush'"),
    ],
)
def test_parts_that_do_not_fit_together_are_told(change, said, tmp_path):
    surrogate, _ = surrogate_of("tree")
    from xaivision.surrogates.surrogate_file import _parts

    tensors, told = _parts(surrogate)
    path = write_tensors(tmp_path / "other", SCHEMA, tensors, {**told, **change})
    with pytest.raises(FileFormatError, match=said):
        load_surrogate(path)


def test_a_tree_that_leads_in_circles_is_refused(tmp_path):
    surrogate, _ = surrogate_of("tree")
    path = save_surrogate(surrogate, tmp_path / "kept")
    from xaivision.surrogates.surrogate_file import _parts

    tensors, told = load_file(path), _parts(surrogate)[1]
    tensors["left"][0] = 0
    with pytest.raises(FileFormatError, match="do not lead to leaves"):
        load_surrogate(write_tensors(path, SCHEMA, tensors, told))
