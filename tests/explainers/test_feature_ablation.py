import pytest
import torch
from explainer_networks import Columns, drawn, image_classifier, linear_classifier, table_classifier

from xaivision.core.errors import InputError
from xaivision.explainers.feature_ablation import FeatureAblation

LABELS = (torch.arange(8)[:, None] // 4) * 4 + torch.arange(8) // 2


def test_a_segments_value_is_the_drop_without_it_shared_among_its_pixels():
    model, inputs, baseline = image_classifier(seed=1), drawn((2, 2, 8, 8), 2), drawn((2, 2, 8, 8), 3)
    found = FeatureAblation(segments=LABELS, baseline=baseline).explain(model, inputs, [2, 0])
    assert found.values.shape == (2, 1, 8, 8)
    assert torch.equal(found.players, LABELS.expand(2, 8, 8))
    for row, target in enumerate((2, 0)):
        for label in range(8):
            mine = label == LABELS
            without = torch.where(mine, baseline[row], inputs[row])
            drop = float(model(inputs[row][None])[0, target] - model(without[None])[0, target])
            assert found.values[row, 0][mine].tolist() == pytest.approx([drop / 8] * 8, abs=1e-13)


def test_each_picture_has_its_own_segments():
    model, inputs = image_classifier(), drawn((2, 2, 8, 8), 2)
    labels = torch.stack([LABELS, torch.arange(64).view(8, 8) // 32])
    both = FeatureAblation(segments=labels).explain(model, inputs, [1, 1])
    for row in (0, 1):
        alone = FeatureAblation(segments=labels[row]).explain(model, inputs[row : row + 1], [1])
        torch.testing.assert_close(both.values[row], alone.values[0], atol=1e-13, rtol=0)


def test_a_table_loses_a_column_or_a_group_at_a_time():
    model, row = table_classifier(schema=Columns(0.1, 0.2, 0.3, 0.4)), drawn((1, 4), 5)
    score = float(model(row)[0, 1])
    typical = torch.tensor([[0.1, 0.2, 0.3, 0.4]], dtype=torch.float64)
    single = FeatureAblation().explain(model, row, 1).values[0]
    for column in range(4):
        without = row.clone()
        without[0, column] = typical[0, column]
        assert float(single[column]) == pytest.approx(score - float(model(without)[0, 1]), abs=1e-13)
    grouped = FeatureAblation(groups={"ends": ["column 0", "column 3"]}).explain(model, row, 1)
    without = torch.where(torch.tensor([True, False, False, True]), typical, row)
    drop = score - float(model(without)[0, 1])
    assert grouped.values[0, [0, 3]].tolist() == pytest.approx([drop / 2] * 2, abs=1e-13)
    assert grouped.players.tolist() == [[0, 1, 2, 0]]


def test_a_background_is_averaged_over_and_counted_whole():
    model, rows, background = table_classifier(), drawn((2, 4), 5), drawn((7, 4), 6)
    found = FeatureAblation(background=background).explain(model, rows, 1)
    for row in range(2):
        for column in range(4):
            without = rows[row].expand(7, 4).clone()
            without[:, column] = background[:, column]
            drop = float(model(rows[row : row + 1])[0, 1] - model(without)[:, 1].mean())
            assert float(found.values[row, column]) == pytest.approx(drop, abs=1e-13)
    assert found.diagnostics.model_calls == 2 + 7 + 2 * 4 * 7
    assert found.reference_scores.tolist() == pytest.approx([float(model(background)[:, 1].mean())] * 2, abs=1e-13)


@pytest.mark.parametrize("baseline", ["black", "mean", "blur", "segment_mean", "inpaint", "noisy_linear"])
def test_pictures_of_one_channel_know_every_way_of_hiding(baseline):
    weights = drawn((1, 8, 8), 3)
    model, inputs = linear_classifier(weights), drawn((2, 1, 8, 8), 4)
    found = FeatureAblation(segments=LABELS, baseline=baseline).explain(model, inputs, 0)
    if baseline not in ("inpaint", "noisy_linear"):
        shares = (weights * (inputs - found.baseline)).sum(1)
        for label in range(8):
            expected = shares[:, label == LABELS].sum(1)
            torch.testing.assert_close(found.values[:, 0][:, label == LABELS].sum(1), expected, atol=1e-12, rtol=0)
    assert found.verdict.status == "ok"
    assert bool((found.values != 0).any())


def test_inpainting_fills_a_hole_from_its_surroundings():
    ramp = (torch.arange(8.0)[:, None] / 16 + torch.arange(8.0) / 32).double()[None, None]
    hole = torch.zeros(8, 8, dtype=torch.long)
    hole[3:5, 3:5] = 1
    model = linear_classifier(torch.ones(1, 8, 8).double())
    found = FeatureAblation(segments=hole, baseline="inpaint").explain(model, ramp, 0)
    assert found.values[0, 0][hole == 1].abs().max() < 1e-12
    black = FeatureAblation(segments=hole, baseline="black").explain(model, ramp, 0)
    assert float(black.values[0, 0][hole == 1].sum()) == pytest.approx(float(ramp[0, 0][hole == 1].sum()), abs=1e-12)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"background": drawn((3, 4), 0), "baseline": "zeros"}, "must not both be given"),
        ({"background": drawn((3, 5), 0)}, r"`background` must hold inputs of shape \(4,\). Got \(5,\)"),
        ({"baseline": "inpaint"}, "has a meaning for images only"),
        ({"groups": [[0, 1, 2, 3]]}, "at least two columns or groups.* Got one"),
        ({"groups": [[0, 9]]}, "from 0 to 3. Got 9"),
    ],
)
def test_settings_that_do_not_fit_a_table_are_one_clear_sentence(settings, words):
    with pytest.raises(InputError, match=words):
        FeatureAblation(**settings).explain(table_classifier(), drawn((1, 4), 0))


def test_groups_of_a_picture_are_one_clear_sentence():
    with pytest.raises(InputError, match=r"`groups` are of the columns of a table. For images give `segments`"):
        FeatureAblation(groups=[[0, 1]]).explain(image_classifier(), drawn((1, 2, 8, 8), 0))
