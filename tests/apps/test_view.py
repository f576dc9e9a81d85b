"""How maps are looked at: the pixels, the bar and the sentences are those of the report for the same scale, clip and ink."""

import base64
import io

import numpy as np
import pytest
from compared import METHODS, compared, done
from PIL import Image

from desk.view import panels, wall
from xaivision.core.errors import InputError
from xaivision.report.photo import map_pixels
from xaivision.report.scale import scaled_values, scales_for
from xaivision.report.view import View


def pixels(uri):
    """(H, W, 3) of a picture inside the page."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB"))


def shown():
    return panels(done(compared()), METHODS)


def seen(view):
    return wall(compared().query, shown(), view)


@pytest.mark.parametrize("view", [View("shares", 90, 0.0), View("shared_raw", 99, 0.3), View("each", 100, 0.8)])
def test_the_pixels_are_the_librarys_for_this_scale_clip_and_ink(view):
    maps = [panel.map for panel in shown()]
    scales = scales_for(maps, view.scaling, view.percentile)
    image = compared().query.inputs[0]
    plain = [one for one in shown() if one.map.segments is None]
    assert plain
    cards = {card.panel.label: card for card in seen(view).cards}
    for panel in plain:
        wanted = map_pixels(image, scaled_values(panel.map, view.scaling), scales.of(panel.map), view.ink)
        assert np.array_equal(pixels(cards[panel.label].picture.uri), wanted)


def test_without_ink_no_photo_shows_and_with_more_it_is_darker():
    without, some, much = (pixels(seen(View(ink=ink)).cards[0].picture.uri).mean() for ink in (0.0, 0.5, 1.0))
    assert without > some > much


def test_a_lower_percentile_has_a_lower_limit_and_the_bar_says_it():
    low, high = (seen(View("shared_raw", percentile)).bar for percentile in (90, 100))
    scales = {
        percentile: scales_for([panel.map for panel in shown()], "shared_raw", percentile).shared for percentile in (90, 100)
    }
    assert (low.low, low.high) == (scales[90].tick(-scales[90].limit), scales[90].tick(scales[90].limit))
    assert (high.low, high.high) == (scales[100].tick(-scales[100].limit), scales[100].tick(scales[100].limit))
    assert scales[90].limit < scales[100].limit


def test_raw_values_are_in_their_units_and_shares_in_percent():
    shares, raw = seen(View("shares")).bar, seen(View("shared_raw")).bar
    assert shares.unit == "share of the map's total absolute attribution"
    assert shares.high.endswith("%")
    assert "logit" in raw.unit
    assert not raw.high.endswith("%")


def test_maps_on_scales_of_their_own_have_no_bar_and_the_page_says_so():
    own = seen(View("each"))
    assert own.bar is None
    assert "Each map has a scale of its own" in own.statements[0]
    assert all(any("own scale" in line for line in card.lines) for card in own.cards)
    assert "One symmetric scale" in seen(View("shares")).statements[0]


def test_nobody_has_answered():
    assert wall(None, (), View()) == ((), None, ())


@pytest.mark.parametrize(("wrong", "said"), [({"ink": 1.5}, "`ink`"), ({"percentile": 101}, "`percentile`")])
def test_a_look_out_of_range_is_refused(wrong, said):
    with pytest.raises(InputError, match=said):
        View(**wrong)


@pytest.mark.parametrize("ink", [0, 85])
def test_the_widgets_say_the_share_of_the_photo_in_percent(visit, ink):
    page = visit("photos", photos_methods=["saliency"], photos_judge="false", photos_ink=str(ink), photos_clip="95.0").settled()
    result = page.job.result
    (wanted,) = wall(result.query, panels(done(result), ["saliency"]), View("shares", 95.0, ink / 100)).cards
    (card,) = page.data("gallery")["cards"]
    assert card["picture"]["uri"] == wanted.picture.uri
