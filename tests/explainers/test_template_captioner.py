import pytest
import torch
from narrative_stages import echo as scene

from xaivision.core.errors import InputError
from xaivision.explainers.narratives.captions import WordScorer
from xaivision.explainers.narratives.region_words import percent, place_words
from xaivision.explainers.narratives.template_captioner import TemplateCaptioner


def said(image, mask, wording="photo", **more):
    return TemplateCaptioner(wording, **more).caption(image, mask, "wreck" if more else None).text


def test_sonar_is_told_by_highlight_shadow_and_range():
    image, mask = scene()
    assert said(image, mask, "sonar") == (
        "The outlined region is a highlight, up to 2.9 times as bright as the seabed, with an acoustic shadow on its right, "
        "away from a sonar on the left. It lies at 25 % of the range shown and covers 2 % of the picture."
    )
    image, mask = scene(2)
    assert "with an acoustic shadow on its left, away from a sonar on the right. It lies at 25 % of the range" in said(
        image, mask, "sonar"
    )


def test_a_region_that_holds_its_own_shadow_is_called_so():
    image, mask = scene(3)
    shadow = torch.zeros_like(mask)
    shadow[20:34, 28:36] = True
    assert "holds a highlight, up to 2.9 times as bright as the seabed, and the acoustic shadow below it, away from" in said(
        image, mask | shadow, "sonar"
    )


def test_a_region_of_seabed_or_of_shadow_is_called_so():
    image, mask = scene()
    seabed, shadow = torch.zeros_like(mask), torch.zeros_like(mask)
    seabed[50:60, 40:60] = True
    shadow[29:35, 22:33] = True
    assert "holds no highlight: it is about as bright as the seabed. It lies in the lower right and covers" in said(
        image, seabed, "sonar"
    )
    assert "is mostly acoustic shadow, where no echo comes back" in said(image, shadow, "sonar")


def test_photos_are_told_by_place_size_and_colors():
    image, mask = torch.full((3, 40, 40), 0.9), torch.zeros(40, 40, dtype=torch.bool)
    mask[10:30, 10:30] = True
    image[:, mask] = torch.tensor([[0.1], [0.2], [0.8]])
    assert said(image, mask) == (
        "The outlined region lies in the center of the picture and covers 25 % of it. "
        "It is mostly blue, and darker than what surrounds it."
    )
    assert said(image, torch.ones_like(mask)) == (
        "The outlined region fills most of the picture (100 %). It is mostly white, with some blue."
    )
    assert said(image[:1], mask).endswith("It is dark, and darker than what surrounds it.")
    assert said(image, mask, label_in_prompt=True).startswith("What is labeled wreck lies in the center")


def test_a_region_in_several_pieces_says_so_in_both_wordings():
    image, mask = torch.full((3, 40, 40), 0.9), torch.zeros(40, 40, dtype=torch.bool)
    mask[2:20, 2:10] = mask[30:36, 30:36] = True
    assert said(image, mask).startswith(
        "The outlined region is in 2 pieces, the largest in the upper left of the picture, and covers 11 % of it."
    )
    image, mask = scene()
    mask[50:54, 50:54] = True
    image[0, 50:54, 50:54] = 0.9
    assert said(image, mask, "sonar").endswith("and covers 2 % of the picture in 2 pieces.")


def test_with_the_label_the_prompt_is_how_the_words_begin():
    image, mask = scene()
    told = TemplateCaptioner(label_in_prompt=True).caption(image, mask, "wreck")
    assert told.prompt == "What is labeled wreck"
    assert told.text.startswith(told.prompt)
    assert TemplateCaptioner().caption(image, mask, None).prompt == ""


def test_shares_and_places_in_words():
    assert [percent(share, 1) for share in (0.0004, 0.0214, 0.9999)] == ["under 0.1 %", "2.1 %", "over 99.9 %"]
    assert [percent(share) for share in (0, 0.004, 0.22, 0.996, 1)] == ["0 %", "under 1 %", "22 %", "over 99 %", "100 %"]
    assert place_words(0.1, 0.9) == "in the upper right"
    assert place_words(0.99, 0.5) == "at the bottom"
    assert place_words(1.0, 1.0) == "in the lower right"


def test_what_the_words_are_made_of_scores_them():
    image, mask = scene()
    captioner = TemplateCaptioner("sonar")
    assert isinstance(captioner, WordScorer)
    versions = torch.stack([image, torch.where(mask, 0.3, image)])
    scores = captioner.word_scores(captioner.caption(image, mask, None), image, versions, mask)
    assert scores.shape == (2, 1)
    assert float(scores[0, 0]) == 1.0
    assert float(scores[1, 0]) < 0.7


def test_there_are_two_wordings():
    with pytest.raises(InputError, match="`wording` must be one of 'photo', 'sonar'"):
        TemplateCaptioner("radar")
