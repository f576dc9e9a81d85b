"""The page, the figures, the table and the numbers of a gallery of prototypes."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import torch
from matplotlib.patches import Rectangle
from prototype_cells import Cells

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.prototypes.prototype_scores import PartScore, PrototypeScores
from xaivision.models.construction import construction
from xaivision.models.prototypes.encoders import TableEncoder
from xaivision.models.prototypes.layer_plan import layer_plan
from xaivision.models.prototypes.prototype_network import PrototypeNetwork
from xaivision.models.prototypes.prototype_sources import PrototypeSources
from xaivision.report.certificate_words import radius_words
from xaivision.report.examples_figure import profiles
from xaivision.report.gallery_figure import columns_of, gallery_figure, prototype_lines
from xaivision.report.gallery_files import gallery_html, gallery_summary
from xaivision.report.gallery_page import gallery_page
from xaivision.report.gallery_table import gallery_table, matches_table
from xaivision.report.markup import profile_points
from xaivision.report.prototype_scores_table import prototype_scores_summary, prototype_scores_table
from xaivision.report.table import as_text

NAMES = ("<b>warm", "cold")
BOXES = [[0, 0, 4, 4], [0, 4, 4, 8], [4, 0, 8, 4], [2, 2, 8, 6]]


def sourced(network, shape):
    inputs = torch.rand(4, *shape, generator=torch.Generator().manual_seed(0))
    places, boxes = torch.zeros(4).long(), torch.tensor(BOXES)
    network.set_sources(PrototypeSources(inputs, torch.tensor([7, 5, 9, 2]), network.reasoning.owners, places, boxes))
    return network.eval()


@pytest.fixture(scope="module")
def gallery():
    with construction(0):
        network = PrototypeNetwork(Cells(), layer_plan("proto_part", 4, 3, 2), (3, 8, 8))
    model = TorchClassifier(sourced(network, (3, 8, 8)), 2, class_names=NAMES)
    pictures = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    return xv.prototype_gallery(model, pictures, ["hue", "shape"], k=2, name="mine <script>")


@pytest.fixture(scope="module")
def rows():
    with construction(0):
        network = PrototypeNetwork(TableEncoder(3), layer_plan("rbf", 4, 3, 2), (3,))
    model = TorchClassifier(sourced(network, (3,)), 2, domain="tabular", score_unit="probability", class_names=NAMES)
    return xv.prototype_gallery(model, torch.rand(2, 3, generator=torch.Generator().manual_seed(1)))


class Read(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_page_shows_every_prototype_once_and_every_pair(gallery):
    page = Read(gallery_html(gallery))
    anchors = [one["id"] for one in page.all("image")]
    assert sorted(anchor for anchor in anchors if anchor[0] == "p") == ["p0", "p1", "p2", "p3"]
    assert len([anchor for anchor in anchors if anchor[0] == "i"]) == 2 * 2 * 2  # inputs, pairs of each, and two sides
    assert len(set(anchors)) == len(anchors)
    assert "This looks like that" in page.text
    assert "Why they are alike" in page.text
    assert f"{float(gallery.matches.similarity[0, 0]):.3g}"[:3] in page.text


def test_rows_are_shown_before_the_training_rows_they_are_like(rows):
    matches, page = rows.matches, gallery_page(rows)
    assert [len(case.pairs) for case in page.cases] == [matches.examples.shape[1]] * len(matches.query)
    first = page.cases[1].pairs[0]
    together = profiles(matches.query.inputs[1], matches.examples[1], matches.spread)
    assert (first.row.points, first.row.behind) == (profile_points(together.row), profile_points(together.others[0]))
    assert first.lines[0] == f"training row {int(matches.indices[1, 0])}"
    text = Read(gallery_html(rows)).text
    assert "This looks like that" in text
    assert first.lines[2] in text


def test_the_page_runs_nothing_and_shows_foreign_names_as_text(gallery):
    text = gallery_html(gallery)
    assert "<script" not in text
    assert "<b>warm" not in text
    assert "&lt;b&gt;warm" in text
    assert "default-src 'none'" in text
    assert "http" not in text.replace("http-equiv", "")


def test_a_box_is_where_the_prototype_is(gallery):
    page = gallery_page(gallery)
    shown = {one.title: one for section in page.classes for one in section.shown}
    picture = shown["Prototype 3: picture 2"].picture
    assert picture.box == (2.0, 2.0, 4.0, 6.0)  # left, top, width, height
    assert picture.crop == "2 2 4 6"
    assert picture.crop_size == ("0.6667", "1")


def test_the_table_of_characteristics_holds_every_score_and_size(gallery):
    why = gallery_page(gallery).why
    found = gallery.characteristics
    assert [name for name, _ in why.heads] == ["hue", "shape"]
    assert [size for _, size in why.heads] == [f"{size:.3f}" for size in found.sizes.mean(0).tolist()]
    assert len(why.rows) == 4
    unknown = replace(found, overall=torch.full_like(found.overall, float("nan")))
    cells = gallery_page(replace(gallery, characteristics=unknown)).why.rows[0][2]
    assert {text for text, _, _ in cells} == {"\N{EN DASH}"}
    assert "falls most" not in " ".join(prototype_lines(replace(gallery, characteristics=unknown), 0))


def test_a_prototype_is_told_by_the_changes_under_which_it_falls_most_of_all(gallery):
    ranked = replace(gallery.characteristics, overall=torch.tensor([[0.5, 0.1], [0.4, 0.2], [-1.0, 0.3], [0.1, 0.0]]))
    told = [
        [line for line in prototype_lines(replace(gallery, characteristics=ranked), one) if "falls" in line] for one in range(4)
    ]
    assert told == [
        ["of all prototypes it falls most with hue (0.50)"],
        [],
        ["of all prototypes it falls most with shape (0.30)"],
        [],
    ]


def test_what_hardly_speaks_for_another_class_is_not_said(gallery):
    assert [line.split()[-1] for line in prototype_lines(gallery, 0)[:2]] == ["<b>warm", "cold"]
    quiet = replace(gallery, weights=torch.tensor([[1.0, -0.001]]).expand(4, 2))
    assert len([line for line in prototype_lines(quiet, 0) if " for " in line]) == 1


def test_a_figure_has_a_picture_and_a_box_for_each_prototype_of_the_class(gallery):
    figure = gallery_figure(gallery, 1)
    drawn = [axes for axes in figure.axes if axes.images]
    assert len(drawn) == 2
    boxes = [patch for patch in drawn[0].patches if isinstance(patch, Rectangle)]
    first = gallery.of_class(1)[0]
    top, left, bottom, right = BOXES[first]
    assert boxes[-1].get_bbox().bounds == (left - 0.5, top - 0.5, right - left, bottom - top)


def test_a_class_without_prototypes_has_no_figure_and_says_so_on_the_page(gallery):
    pruned = replace(gallery, owners=torch.zeros(4).long())
    with pytest.raises(InputError, match=r"The class must have prototypes\. 'cold' has none\."):
        gallery_figure(pruned, 1)
    assert "No prototype of this class is left." in gallery_html(pruned)


def test_rows_of_tables_are_shown_column_by_column(rows):
    page = Read(gallery_html(rows))
    columns = 3 * (4 + rows.matches.indices.numel())
    assert len([one for one in page.all("span") if one.get("class") == "apart"]) == columns
    assert (page.all("image"), page.all("polyline")) == ([], [])
    assert len(gallery_figure(rows, 0).axes) == 2
    first = columns_of(rows, 2)[0]
    apart = (rows.sources.inputs[2] - rows.means) / rows.spread
    assert first.apart == pytest.approx(float(apart[apart.abs().argmax()]))
    assert first.name == f"feature {int(apart.abs().argmax())}"


def test_what_is_proven_of_an_input_stands_on_the_page_in_the_table_and_in_the_numbers(rows, gallery):
    radius = float(rows.certificate.radii[1])
    [_, told] = gallery_summary(rows)["inputs"]
    assert (told["certified_radius"], told["space"]) == (pytest.approx(radius), "standardized columns")
    assert [one["index"] for one in told["matches"]] == rows.matches.indices[1].tolist()
    assert radius_words(rows.certificate, 1)[0] in gallery_page(rows).cases[1].rest
    assert "certified radius" in as_text(matches_table(rows))
    wrong = replace(rows.certificate, radii=-rows.certificate.radii)
    assert "No move is proven" in radius_words(wrong, 1)[0]
    assert gallery.certificate is None
    assert "Proven" not in gallery_html(gallery)
    assert "certified" not in as_text(matches_table(gallery))
    assert matches_table(replace(gallery, matches=None)) is None


def scores(parts=True):
    """Of four prototypes, two of each class: one is always at the part, the others never."""
    each, middle = torch.tensor([1.0, 0, 0, 0]), torch.zeros(4)
    part = PartScore(each, middle) if parts else None
    overlap = torch.tensor([0.5, 0.7, float("nan"), 0.6])
    owners, pictures = torch.tensor([0, 0, 1, 1]), torch.tensor([3, 3, 0, 2])
    return PrototypeScores(
        part, part, part, each[:, None] if parts else None, overlap, owners, pictures, NAMES, ("head",) * parts
    )


def test_whether_each_means_one_part_stands_in_the_table_on_the_page_and_in_the_numbers(gallery):
    text = as_text(prototype_scores_table(scores()))
    rows_ = {line.split()[1]: line.split() for line in text.splitlines() if line.strip().startswith("prototype ")}
    assert rows_["0"][-8:] == ["100", "%", "100", "%", "100", "%", "50", "%"]
    assert rows_["2"][-1] == "undefined"
    assert "(parts: head)" in text
    page = Read(gallery_html(gallery, scores()))
    assert "Does each mean one part?" in page.text
    assert "&lt;b&gt;warm" in gallery_html(gallery, scores())
    told = gallery_summary(gallery, scores())["judged"]
    assert told["consistency"] == {"each": [1.0, 0.0, 0.0, 0.0], "mean": 0.25, "middle": 0.0}
    assert told["box_overlap"] == {"each": pytest.approx([0.5, 0.7, None, 0.6]), "mean": pytest.approx(0.6)}
    assert "Does each mean" not in gallery_html(gallery)
    assert "judged" not in gallery_summary(gallery)


def test_without_parts_there_is_the_overlap_of_boxes_alone():
    text = as_text(prototype_scores_table(scores(parts=False)))
    assert "(no parts known)" in " ".join(text.split())
    assert ["class", "pictures", "box", "overlap"] in [line.split() for line in text.splitlines()]
    assert [line.split() for line in text.splitlines() if line.strip().startswith("mean")] == [["mean", "60", "%"]]
    told = prototype_scores_summary(scores(parts=False))
    assert set(told) == {"box_overlap", "part_names", "part_shares"}


def test_the_table_has_a_row_for_each_prototype(gallery, rows):
    text = as_text(gallery_table(gallery))
    assert "mine <script>" in text
    assert [line.split()[0] for line in text.splitlines() if line.strip()[:1].isdigit()][1:] == [
        str(one) for label in (0, 1) for one in gallery.of_class(label)
    ]
    assert "hue" in text
    assert "hue" not in as_text(gallery_table(rows))


def test_it_is_shown_saved_and_put_into_notebooks_as_every_result(gallery, rows, tmp_path):
    assert gallery.show(1).axes
    page = gallery.save(tmp_path / "folder")
    assert {one.name for one in page.parent.iterdir()} == {
        "prototypes.html",
        "prototypes.json",
        "prototypes_0.png",
        "prototypes_1.png",
    }
    told = json.loads((page.parent / "prototypes.json").read_text())
    assert told == json.loads(json.dumps(gallery_summary(gallery)))
    assert [one["training_input"] for one in told["prototypes"]] == [7, 5, 9, 2]
    assert [one["box"] for one in told["prototypes"]] == BOXES
    assert gallery_summary(rows)["prototypes"][0]["box"] is None
    assert gallery._repr_html_().count("<img") == 2
