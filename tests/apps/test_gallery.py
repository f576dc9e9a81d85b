"""The cards of a page: the verdict with its reasons beside each map, and what each is when there is none."""

from compared import METHODS, compared, done, doubted

from desk.gallery import gallery_data
from desk.job import Job
from desk.view import panels, wall
from xaivision.report.view import View

VIEW = View()


def drawn(comparison, waiting=()):
    """What the component is handed, and its cards by their names."""
    shown = wall(comparison.query, panels(done(comparison), METHODS), VIEW)
    data = gallery_data(comparison.query.inputs, shown, waiting)
    return data, {card["label"]: card for card in data["cards"]}


def test_a_doubt_stands_beside_the_map_that_it_is_about_and_nowhere_else():
    data, cards = drawn(doubted("occlusion", "warn", "it is `not` finished", "nor whole"))
    assert [card["label"] for card in data["cards"]] == [*METHODS, "random", "sobel"]
    assert (cards["occlusion"]["badge"], cards["occlusion"]["mark"]) == ("warn", "!")
    assert cards["occlusion"]["reasons"][:2] == ["it is `not` finished", "nor whole"]
    assert cards["occlusion"]["picture"]
    assert not {"it is `not` finished", "nor whole"} & {one for name in ("saliency", "random") for one in cards[name]["reasons"]}


def test_each_reason_is_the_verdicts_own():
    comparison = compared()
    data, _ = drawn(comparison)
    shown = panels(done(comparison), METHODS)
    assert [card["badge"] for card in data["cards"]] == [panel.badge for panel in shown]
    assert [card["reasons"] for card in data["cards"]] == [list(panel.verdict.reasons) for panel in shown]
    assert [card["notes"] for card in data["cards"]] == [list(panel.remarks) for panel in shown]


def test_what_is_refused_has_its_reason_in_place_of_a_map_and_only_there():
    _, cards = drawn(doubted("saliency", "refuse", "the hook never fired"))
    card = cards["saliency"]
    assert (card["badge"], card["picture"]) == ("refuse", None)
    assert "the hook never fired" in card["absence"]
    assert card["reasons"] == []


def test_a_control_that_nothing_speaks_against_is_called_what_it_is():
    _, cards = drawn(compared())
    assert {cards[name]["badge"] for name in ("random", "sobel")} == {"control"}
    assert {cards[name]["mark"] for name in ("random", "sobel")} == {"\N{WHITE CIRCLE}"}
    assert "control" not in {cards[name]["badge"] for name in METHODS}


def test_a_verdict_from_before_the_controls_were_asked_says_that_it_is_the_maps_own():
    comparison = doubted("occlusion", "warn", "it is not finished")
    asking = Job(lambda job: job.answers.update(comparison.explanations))
    assert asking.wait(20)
    shown = wall(comparison.query, panels(asking, METHODS), VIEW)
    early = gallery_data(comparison.query.inputs, shown, ["rise"], judged=False)
    assert [(card["badge"], card["word"]) for card in early["cards"]] == [
        ("ok", "own: ok"),
        ("warn", "warn"),
        ("waiting", "waiting"),
    ]
    late, _ = drawn(comparison)
    assert [card["word"] for card in late["cards"]] == [card["badge"] for card in late["cards"]]


def test_who_has_not_answered_has_an_empty_card_behind_the_others():
    data, _ = drawn(compared(), ["rise"])
    assert (data["cards"][-1]["label"], data["cards"][-1]["badge"]) == ("rise", "waiting")
    assert data["cards"][-1]["absence"] == "asking the model"
    assert data["cards"][-1]["picture"] is None


def test_a_card_says_what_the_report_says_of_its_panel():
    comparison = compared()
    data, _ = drawn(comparison)
    for card, panel in zip(data["cards"], panels(done(comparison), METHODS), strict=True):
        assert card["lines"] == list(panel.lines)
        assert (card["picture"]["width"], card["picture"]["height"]) == (16, 16)
        assert panel.answer in card["picture"]["alt"]
