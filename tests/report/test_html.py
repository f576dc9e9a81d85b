import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from report_results import (
    attribution,
    comparison,
    doubted,
    every_explanation,
    examples,
    image_query,
    losing,
    origin,
    refused,
    table_query,
    zero,
)

from xaivision.report.html import html_fragment, html_page, write_html
from xaivision.report.photo import map_pixels
from xaivision.report.scale import scales_for
from xaivision.report.signed_map import signed_map

VOID = {"meta", "img", "br", "wbr", "link", "input", "hr"}
SVG_LEAVES = {"polyline", "polygon", "path"}
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}&lt;"


class Page(HTMLParser):
    """Every tag with its attributes, every text, and whether tags are closed in order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.words, self._open, self.broken = [], [], [], []
        self.feed(text)
        self.broken += self._open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self._open or self._open.pop() != tag:
            self.broken.append(tag)

    def handle_data(self, data):
        self.words.append(data)

    def all(self, *names):
        return [attributes for tag, attributes in self.tags if tag in names]

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


def mixed(query):
    found = {type(one).__name__: one for one in every_explanation(query)}
    return found | {"doubtful": doubted(query), "broken": refused(query), "zero": zero(query)}


def everything():
    return [
        ("photos", comparison(image_query(2), mixed(image_query(2)), failures={"lime": "no segments", "deletion of zero": "no"})),
        ("rows", comparison(table_query(1), mixed(table_query(1)))),
    ]


@pytest.fixture(scope="module")
def page():
    return html_page(everything())


def test_tags_are_closed_in_order(page):
    assert Page(page).broken == []


def test_a_page_asks_no_network_and_runs_no_script(page):
    parsed = Page(page)
    assert "http:" not in page
    assert "https:" not in page
    assert "url(" not in page
    assert "@import" not in page
    assert parsed.all("script", "link", "iframe", "object", "embed", "form", "base") == []
    for tag, attributes in parsed.tags:
        assert not any(name.startswith("on") for name in attributes), tag
        for name in ("src", "href", "srcset", "data", "action", "poster", "xlink:href"):
            assert attributes.get(name, "#").startswith(("data:image/png;base64,", "#")), (tag, name)


def test_the_pages_own_policy_forbids_scripts_and_addresses(page):
    policy = next(a["content"] for a in Page(page).all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_every_picture_is_told_in_words_and_is_a_whole_png(page):
    pictures = Page(page).all("img")
    assert len(pictures) > 10
    for picture in pictures:
        assert len(picture["alt"]) > 5
        content = base64.b64decode(picture["src"].partition(",")[2], validate=True)
        Image.open(io.BytesIO(content)).verify()


def test_every_drawing_is_told_in_words_or_hidden_from_readers(page):
    for drawing in Page(page).all("svg"):
        assert drawing.get("aria-hidden") == "true" or (drawing["role"] == "img" and drawing["aria-label"])


def test_every_heading_of_a_table_has_a_scope_and_every_anchor_a_target(page):
    parsed = Page(page)
    assert all(heading.get("scope") in ("row", "col") for heading in parsed.all("th"))
    anchors = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(anchors) == len(set(anchors))
    assert {link["href"][1:] for link in parsed.all("a")} <= set(anchors)


def test_a_page_shows_every_method_with_verdict_scores_controls_and_costs(page):
    text = Page(page).text
    for title, made in everything():
        assert title in text
        for label in made.explanations:
            assert label in text
        value = float(made.scores["deletion"]["doubtful"].values[0])
        assert f"deletion {value:.3f} (beats " in text
    for part in (
        "it did not converge",
        "the hook never fired",
        "no segments",
        "zero everywhere",
        "64 model calls",
        "500 ms",
        "! warn",
        "lower is better",
    ):
        assert part in text


def test_a_page_says_what_it_cannot_say_and_how_to_read_it(page):
    text = Page(page).text
    for part in (
        "What this report cannot say",
        "Controls ignore the model",
        "may be wrong together",
        "One symmetric scale",
        "How to read it",
    ):
        assert part in text


def test_a_page_can_be_asked_where_its_numbers_come_from(page):
    text = Page(page).text
    for part in ("Provenance", '{"steps": 3}', "xaivision 0.1.0, torch 2.15.0"):
        assert part in text


def test_several_inputs_get_intervals_and_one_gets_none():
    several = Page(html_page([("a", comparison(image_query(3)))])).text
    one = Page(html_page([("a", comparison(image_query(1)))])).text
    assert "All 3 inputs together" in several
    assert re.search(r"0\.\d+ \[0\.\d+, 0\.\d+\]", several)
    assert "Input 2 of 3" in several
    assert "inputs together" not in one
    assert "there is no interval" in one


def test_a_method_that_loses_to_a_control_is_doubted_on_its_card_in_its_rows_and_over_all_inputs():
    text = Page(html_page([("a", losing(image_query(2)))])).text
    assert text.count("no better than `sobel` on deletion (-0.25)") == 2 * 2  # a card and a row for each input
    assert text.count("no better than `sobel` on deletion (-0.25 [-0.25, -0.25])") == 1
    assert "321 model calls, 12 gradient calls, 1.50 s" in text
    assert "ranking reversed" in text


def test_the_agreement_of_methods_is_a_table_with_their_names():
    made = comparison(table_query(2))
    text = Page(html_page([("a", made)])).text
    mean = made.agreement.mean(0)
    assert "Spearman rank correlation" in text
    assert f"{float(mean[0, 2]):.2f}".replace("-", "\N{MINUS SIGN}") in text


def test_foreign_text_of_every_kind_stays_text():
    query = replace(table_query(2), class_names=(EVIL, EVIL), feature_names=tuple(f"{EVIL}{n}" for n in range(12)))
    evil = replace(doubted(query, EVIL, EVIL), origin=replace(origin(EVIL, **{"a": EVIL}), library_versions={EVIL: EVIL}))
    methods = {EVIL: evil, "broken": refused(query, reason=EVIL), "ex": examples(query)}
    made = comparison(query, methods, failures={f"no {EVIL}": EVIL})
    renamed = {EVIL: replace(made.scores["deletion"][EVIL], metric=EVIL, unit=EVIL, notes=(EVIL,))}
    made = replace(made, scores={EVIL: renamed}, controls=(), agreement_labels=(EVIL, *made.agreement_labels[1:]))
    for text in (html_page([(EVIL, made)], title=EVIL), html_fragment(made), html_fragment(evil), html_fragment(renamed[EVIL])):
        parsed = Page(text)
        assert parsed.all("script") == []
        assert all("onerror" not in attributes for _, attributes in parsed.tags)
        assert all(picture["src"].startswith("data:") for picture in parsed.all("img"))
        assert "<script>alert(1)</script>" in parsed.text + " ".join(picture["alt"] for picture in parsed.all("img"))
        assert "49" not in re.sub(r"[\d.]*49[\d.]+|[\d.]+49", "", parsed.text)  # no template inside a name is filled in
        assert parsed.broken == []


def test_long_names_may_be_broken_after_each_underscore_and_stay_escaped():
    made = comparison(image_query(), {"integrated_gradients": attribution(image_query()), "a_<b>": attribution(image_query())})
    text = html_page([("photo", made)])
    assert text.count("<strong>integrated_<wbr>gradients</strong>") == 1
    assert '<th scope="row">integrated_<wbr>gradients</th>' in text
    assert "a_<wbr>&lt;b&gt;" in text
    assert "<b>" not in text


def test_a_map_in_a_page_is_the_map_pixel_by_pixel():
    query = image_query()
    made = comparison(query, {"saliency": attribution(query)}, ())
    picture = next(p for p in Page(html_page([("a", made)])).all("img") if p["alt"].startswith("Map by saliency"))
    drawn = np.array(Image.open(io.BytesIO(base64.b64decode(picture["src"].partition(",")[2]))))
    shown = signed_map(made.explanations["saliency"], 0)
    scale = scales_for([shown], "shares").of(shown)
    assert np.array_equal(drawn, map_pixels(query.inputs[0], shown.shares, scale))


def test_a_refused_map_is_in_no_picture_of_the_page():
    query = image_query()
    made = comparison(query, {"broken": refused(query)}, ())
    pictures = [p["alt"] for p in Page(html_page([("a", made)])).all("img")]
    assert pictures == ["Input picture. Explained: cat (logit 1.000)."]


def test_a_zero_map_is_in_no_picture_of_the_page():
    query = image_query()
    parsed = Page(html_page([("a", comparison(query, {"zero": zero(query)}, ()))]))
    assert len(parsed.all("img")) == 1
    assert "zero everywhere" in parsed.text


def test_bars_of_a_table_have_lengths_in_proportion():
    query = table_query()
    text = html_page([("a", comparison(query, {"saliency": attribution(query)}, ()))])
    widths = [float(width) for width in re.findall(r"width:([\d.]+)%", text)]
    expected = np.sort(np.abs(attribution(query).values[0].numpy()))[::-1][:10]
    assert widths == pytest.approx((50 * expected / expected[0]).tolist(), abs=0.01)


def test_a_page_is_written_whole(tmp_path):
    path = write_html(tmp_path / "r.html", everything())
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert [one.name for one in tmp_path.iterdir()] == ["r.html"]


def test_a_fragment_shows_each_result_in_a_notebook():
    query = image_query(2)
    for result in (*every_explanation(query), comparison(query), comparison(query).scores["deletion"]["saliency"]):
        parsed = Page(html_fragment(result))
        assert parsed.broken == []
        assert parsed.all("script", "style", "link") == []
        assert all(picture["alt"] for picture in parsed.all("img"))
        assert len(parsed.all("img")) >= 1


def test_a_fragment_names_verdict_and_reason_and_what_it_leaves_out():
    query = table_query(6)
    assert "warn" in Page(html_fragment(doubted(query))).text
    assert "it did not converge" in Page(html_fragment(doubted(query))).text
    assert "2 more inputs are not shown here" in Page(html_fragment(doubted(query))).text


def test_scores_in_a_notebook_stand_next_to_their_controls():
    made = comparison(image_query(2)).scores["deletion"]["saliency"]
    text = Page(html_fragment(made)).text
    assert "lower is better" in text
    assert "random (control)" in text
    assert f"{made.mean:.3f}" in text
