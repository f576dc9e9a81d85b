import pytest
import torch

from xaivision.data.side_scan import SideScan

SONAR = SideScan(altitude=10.0, near=15.0, pixel=0.05, size=800)


def wall(height, first, last):
    """A seabed that is flat but for one wall across the whole track."""
    heights = torch.zeros(3, SONAR.size, dtype=torch.float64)
    heights[:, first : last + 1] = height
    return heights


@pytest.mark.parametrize("height", [0.5, 1.0, 2.5, 4.0])
@pytest.mark.parametrize("first", [20, 150])
def test_a_shadow_is_as_long_as_height_altitude_and_range_say(height, first):
    shadow = SONAR.shadowed(wall(height, first, first + 3))
    top = float(SONAR.ground_range[first])  # the nearer edge is what the line of sight grazes on a wall of one height
    far = float(SONAR.ground_range[first + 3])
    length = height * far / (10.0 - height)
    columns = shadow[1].nonzero().flatten()
    assert not shadow[:, : first + 4].any()
    assert (columns.diff() == 1).all()
    assert int(columns[0]) == first + 4
    assert len(columns) * 0.05 == pytest.approx(length, abs=0.051)
    assert top < far


def test_a_flat_seabed_has_no_shadow_and_a_wall_as_high_as_the_sonar_hides_all_behind_it():
    assert not SONAR.shadowed(wall(0.0, 0, 0)).any()
    assert SONAR.shadowed(wall(10.0, 100, 101))[:, 102:].all()


def test_a_shadow_falls_along_range_in_its_own_ping_only():
    heights = wall(0.0, 0, 0)
    heights[1, 100:110] = 1.0
    assert SONAR.shadowed(heights).any(1).tolist() == [False, True, False]


def test_a_flat_seabed_is_seen_at_the_grazing_angle():
    flat = torch.zeros(3, SONAR.size, dtype=torch.float64)
    expected = 10 / (10**2 + SONAR.ground_range.square()).sqrt()
    assert torch.allclose(SONAR.facing(flat), expected.expand(3, -1), atol=1e-12)


def test_a_slope_that_rises_to_meet_the_sound_is_seen_at_full_strength_and_one_that_falls_away_not_at_all():
    sonar = SideScan(altitude=1e4, near=1e4 - 20.0, pixel=0.05, size=800)  # the sound comes at 45 degrees, all over
    ramp = sonar.ground_range.expand(3, -1) - 1e4
    assert torch.allclose(sonar.facing(ramp), torch.ones(3, 800, dtype=torch.float64), atol=1e-4)
    assert float(sonar.facing(-2 * ramp).max()) == 0
    sideways = torch.arange(3, dtype=torch.float64)[:, None].expand(3, 800) * 0.05
    assert torch.allclose(sonar.facing(sideways), torch.full((3, 800), 0.5, dtype=torch.float64), atol=2e-3)


@pytest.mark.parametrize("decay", [0.0, 1.5, -0.5])
def test_a_flat_seabed_falls_with_slant_range_as_the_gain_leaves_it(decay):
    flat = torch.zeros(3, SONAR.size, dtype=torch.float64)
    echo = SONAR.echo(flat, torch.full_like(flat, 0.25), decay)
    slant = (10**2 + SONAR.ground_range.square()).sqrt()
    assert torch.allclose(echo[0], 0.25 * (slant[400] / slant).pow(decay))


def test_a_wall_is_brightest_on_the_side_of_the_sonar_and_dark_behind():
    heights = wall(1.0, 100, 120)
    echo = SONAR.echo(heights, torch.ones_like(heights), 0.0)
    near, far = echo[0, 99:101].max(), echo[0, 121]
    assert float(near) > 1.5
    assert float(far) == 0
    assert (echo[SONAR.shadowed(heights)] == 0).all()
