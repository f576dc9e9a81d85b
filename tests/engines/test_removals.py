"""What stands where features are absent, by hand."""

import pytest
import torch

from xaivision.engines import imputation, removals

PICTURE = torch.rand(2, 5, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
OTHERS = torch.rand(3, 2, 5, 6, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
KEPT = torch.rand(4, 5, 6, generator=torch.Generator().manual_seed(5)) > 0.5


def check_kept_positions_are_the_inputs_own_and_others_the_references():
    versions = removals.Replacement(PICTURE, OTHERS)(KEPT)
    assert versions.shape == (12, 2, 5, 6)
    for number, version in enumerate(versions):
        kept, other = KEPT[number // 3], OTHERS[number % 3]
        assert torch.equal(version, PICTURE * kept + other * ~kept)


def check_rows_are_replaced_column_by_column():
    row, others = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([[7.0, 8.0, 9.0], [4.0, 5.0, 6.0]])
    versions = removals.Replacement(row, others)(torch.tensor([[True, False, True], [False, False, True]]))
    assert versions.tolist() == [[1, 8, 3], [1, 5, 3], [7, 8, 3], [4, 5, 3]]


def check_segments_take_their_mean_color():
    labels = torch.tensor([[0, 0, 1, 1, 2, 2]] * 5)
    means = removals.segment_means(PICTURE, labels)
    for label in range(3):
        expected = PICTURE[:, labels == label].mean(1)
        assert torch.allclose(means[:, labels == label], expected[:, None], atol=1e-14)


def slowly_imputed(picture, kept):
    """Every hidden pixel becomes the mean of its neighbors, again and again: what remains halves with each sweep."""
    now = torch.where(kept, picture, picture.mean())
    for _ in range(60):
        for top in range(picture.shape[1]):
            for left in range(picture.shape[2]):
                if kept[top, left]:
                    continue
                total, weight = torch.zeros(len(picture), dtype=torch.float64), 0.0
                for down in (-1, 0, 1):
                    for right in (-1, 0, 1):
                        y, x = top + down, left + right
                        if (down or right) and 0 <= y < picture.shape[1] and 0 <= x < picture.shape[2]:
                            share = 1 / 12 if down and right else 1 / 6
                            total, weight = total + share * now[:, y, x], weight + share
                now[:, top, left] = total / weight
    return now


def check_imputed_pixels_are_the_weighted_means_of_their_neighbors():
    kept = KEPT[0]
    assert torch.allclose(imputation.imputed(PICTURE, kept), slowly_imputed(PICTURE, kept), atol=1e-10)
    assert torch.equal(imputation.imputed(PICTURE, kept)[:, kept], PICTURE[:, kept])


def check_a_ramp_is_imputed_exactly():
    ramp = (torch.arange(9.0)[:, None] + 2 * torch.arange(11.0)).double().expand(1, -1, -1)
    kept = torch.rand(9, 11, generator=torch.Generator().manual_seed(6)) > 0.7
    kept[0], kept[-1], kept[:, 0], kept[:, -1] = True, True, True, True
    assert (imputation.imputed(ramp, kept) - ramp).abs().max() < 1e-13


def check_players_are_still_where_all_references_agree():
    row, others = torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([[1.0, 8.0, 3.0, 4.0], [1.0, 2.0, 6.0, 4.0]])
    assert removals.Replacement(row, others).still(torch.tensor([0, 1, 2, 0])).tolist() == [True, False, False]
    picture = PICTURE.clone()
    picture[1, 0] = 5.0
    labels = torch.arange(5)[:, None].expand(5, 6)
    assert removals.Replacement(picture, PICTURE[None]).still(labels).tolist() == [False, True, True, True, True]
    assert not removals.Imputation(PICTURE).still(labels).any()


def test_players_are_still_where_all_references_agree():
    check_players_are_still_where_all_references_agree()


def test_kept_positions_are_the_inputs_own_and_others_the_references():
    check_kept_positions_are_the_inputs_own_and_others_the_references()


def test_rows_are_replaced_column_by_column():
    check_rows_are_replaced_column_by_column()


def test_segments_take_their_mean_color():
    check_segments_take_their_mean_color()


def test_imputed_pixels_are_the_weighted_means_of_their_neighbors():
    check_imputed_pixels_are_the_weighted_means_of_their_neighbors()


def test_a_ramp_is_imputed_exactly():
    check_a_ramp_is_imputed_exactly()


def test_a_constant_picture_stays_what_it_is():
    flat = torch.full((3, 7, 8), 0.3, dtype=torch.float64)
    for kept in (torch.zeros(7, 8, dtype=torch.bool), torch.rand(7, 8, generator=torch.Generator().manual_seed(1)) > 0.8):
        assert (imputation.imputed(flat, kept) - 0.3).abs().max() < 1e-14


def test_a_whole_picture_is_copied_not_handed_out():
    whole = imputation.imputed(PICTURE, torch.ones(5, 6, dtype=torch.bool))
    assert torch.equal(whole, PICTURE)
    assert whole.data_ptr() != PICTURE.data_ptr()


def test_noise_falls_on_imputed_pixels_only():
    noise = torch.ones_like(PICTURE)
    plain, noisy = removals.Imputation(PICTURE)(KEPT), removals.Imputation(PICTURE, noise)(KEPT)
    assert torch.allclose(noisy - plain, (~KEPT[:, None]).double().expand_as(plain))


OTHER_REMOVALS = (
    removals.Replacement(PICTURE, OTHERS[:2]),
    removals.Replacement(OTHERS[0], OTHERS),
    removals.Imputation(PICTURE),
)


@pytest.mark.parametrize("other", OTHER_REMOVALS)
def test_removals_that_differ_have_other_keys(other):
    assert other.key != removals.Replacement(PICTURE, OTHERS).key
    assert removals.Replacement(PICTURE.clone(), OTHERS.clone()).key == removals.Replacement(PICTURE, OTHERS).key


def test_the_draws_of_an_interpolation_are_no_setting():
    assert removals.Imputation(PICTURE).draws == 1
    with pytest.raises(TypeError, match="draws"):
        removals.Imputation(PICTURE, draws=3)
