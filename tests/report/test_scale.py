import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_results import attribution, comparison, image_query, refused, zero

from xaivision.core.errors import InputError
from xaivision.report.panel import panels_of
from xaivision.report.scale import ARBITRARY, checked_scaling, own_scale, scaled_values, scales_for, shared_scale
from xaivision.report.signed_map import SignedMap


def map_of(values):
    return SignedMap(np.asarray(values, dtype=np.float64), "logit", "")


def test_the_limit_is_the_stated_percentile_of_absolute_values_over_all_maps():
    maps = [map_of(np.arange(-50, 51)), map_of(np.arange(0, 201))]
    scale = shared_scale(maps, "shared_raw", 90)
    assert scale.limit == np.percentile(np.abs(np.concatenate([maps[0].values, maps[1].values])), 90)
    assert "90th percentile" in scale.statement
    assert "2 maps" in scale.statement


def test_the_share_of_clipped_values_is_counted_and_stated():
    scale = shared_scale([map_of(np.arange(1, 101))], "shared_raw", 95)
    assert scale.clipped == 0.05
    assert "5\N{NO-BREAK SPACE}% of the values lie beyond" in scale.statement


def test_the_scale_is_symmetric_even_where_all_values_have_one_sign():
    scale = shared_scale([map_of([1.0, 2.0, 3.0])], "shared_raw", 100)
    assert scale.share_of_limit(np.array([-3.0, 0.0, 3.0])).tolist() == [-1.0, 0.0, 1.0]


def test_maps_scaled_by_a_constant_keep_their_ratio_on_a_shared_raw_scale():
    first, second = map_of([[1.0, -2.0]]), map_of([[3.0, -6.0]])
    scales = scales_for([first, second], "shared_raw")
    drawn = [scales.of(one).share_of_limit(scaled_values(one, "shared_raw")) for one in (first, second)]
    np.testing.assert_allclose(drawn[1], 3 * drawn[0], rtol=1e-12)


def test_maps_scaled_by_a_constant_look_alike_as_shares():
    first, second = map_of([1.0, -2.0]), map_of([1e-30, -2e-30])
    np.testing.assert_allclose(scaled_values(first, "shares"), scaled_values(second, "shares"), rtol=1e-12)


@given(st.lists(st.floats(-1e300, 1e300).filter(lambda x: x == 0 or abs(x) > 1e-290), min_size=1, max_size=20).filter(any))
def test_shares_of_a_map_add_up_to_one_in_magnitude_at_any_scale(values):
    assert np.abs(map_of(values).shares).sum() == pytest.approx(1, rel=1e-9)


def test_each_map_gets_its_own_limit_where_asked():
    scales = scales_for([map_of([1.0, 1.0]), map_of([9.0, 9.0])], "each")
    assert scales.shared is None
    assert [scales.of(map_of([value])).limit for value in (1.0, 9.0)] == [1.0, 9.0]


def test_blank_maps_have_no_say_in_the_limit():
    scale = shared_scale([map_of(np.zeros(1000)), map_of([4.0])], "shared_raw")
    assert scale.limit == 4
    assert scale.maps == 1


def test_a_map_of_few_values_does_not_vanish_behind_a_percentile_of_zero():
    values = np.zeros(1000)
    values[3] = 5.0
    scale = shared_scale([map_of(values)], "shared_raw")
    assert scale.limit == 5
    assert "largest absolute value" in scale.statement


def test_only_blank_maps_make_a_scale_that_says_so():
    scale = shared_scale([map_of([0.0])], "shares")
    assert scale.limit == 0
    assert scale.share_of_limit(np.array([0.0])).tolist() == [0.0]
    assert "drawn blank" in scale.statement


def test_refused_and_blank_explanations_leave_the_scale_of_a_figure_as_it_is():
    query = image_query()
    loud = refused(query)
    loud.values.mul_(1e6)
    alone = comparison(query, {"saliency": attribution(query)})
    together = comparison(query, {"saliency": attribution(query), "broken": loud, "zero": zero(query)})
    scales = [scales_for([p.map for p in panels_of(c, 0) if p.map is not None], "shared_raw") for c in (alone, together)]
    assert scales[0].shared.limit == scales[1].shared.limit


def test_controls_have_no_unit_and_so_no_place_on_a_raw_scale():
    panels = {panel.label: panel for panel in panels_of(comparison(image_query()), 0)}
    assert panels["random"].map.unit == ARBITRARY
    scales = scales_for([panel.map for panel in panels.values()], "shared_raw")
    assert not scales.shares_one(panels["random"].map)
    methods = [panel.map for panel in panels.values() if not panel.control]
    assert scales.shared == shared_scale(methods, "shared_raw")
    assert scales.of(panels["random"].map).limit == own_scale(panels["random"].map).limit
    assert scales_for([panel.map for panel in panels.values()], "shares").shares_one(panels["random"].map)


def test_ticks_of_shares_are_percent_and_raw_ticks_are_numbers():
    assert shared_scale([map_of([1.0, 1.0])], "shares").tick(0.125) == "+12.5 %"
    assert shared_scale([map_of([1.0])], "shared_raw").tick(-0.125) == "\N{MINUS SIGN}0.125"


def test_an_unknown_scaling_is_refused():
    with pytest.raises(InputError, match="`scaling` must be one of 'shares'"):
        checked_scaling("minmax")
