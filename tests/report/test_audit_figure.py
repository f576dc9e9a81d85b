from dataclasses import replace

import pytest
from audit_reports import checklist_changed, picture_report, table_report

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.report.audit_figure import CLEAR, UNCLEAR, audit_figure


def plots(figure):
    return [child for axes in figure.axes for child in [*axes.child_axes, axes] if child.get_label() == "gains"]


def dots(axes):
    return [line for line in axes.lines if line.get_marker() == "o"]


def words(figure):
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")) if text.get_text()]


def test_there_is_a_panel_for_each_metric_that_decides_and_none_for_others():
    assert len(plots(audit_figure(table_report()))) == 1  # sparseness and max_sensitivity decide nothing
    assert len(plots(audit_figure(picture_report()))) == 3
    said = words(audit_figure(picture_report()))
    assert {"deletion", "insertion", "parameter_randomization"} <= set(said)
    assert "sparseness" not in words(audit_figure(table_report()))


def test_each_method_has_a_dot_at_its_gain_over_the_control_hardest_to_beat():
    report = table_report()
    drawn = dots(plots(audit_figure(report))[0])
    for row, label in enumerate(report.methods):
        hardest = min(report.findings.of("deletion", label).comparisons, key=lambda one: one.mean)
        assert drawn[row].get_xdata()[0] == pytest.approx(hardest.mean)
        assert drawn[row].get_ydata()[0] == row
        assert hardest.opponent in words(audit_figure(report))


def test_only_what_is_clearly_better_is_green():
    report = table_report()
    colors = {label: dot.get_color() for label, dot in zip(report.methods, dots(plots(audit_figure(report))[0]), strict=True)}
    assert colors == {"wrong": UNCLEAR, "shapley": CLEAR}


def test_zero_and_every_interval_are_inside_of_the_panel():
    for axes in plots(audit_figure(picture_report())):
        low, high = axes.get_xlim()
        assert low < 0 < high
        for line in axes.lines:
            assert all(low <= x <= high for x in line.get_xdata() if x == x)


def test_one_item_has_dots_without_intervals():
    figure = audit_figure(table_report(1))
    assert len(dots(plots(figure)[0])) == 2
    assert "0 of 2 methods believable on 1 item" in words(figure)


def test_the_figure_says_how_many_are_believable_and_that_it_does_not_say_all():
    said = " ".join(words(audit_figure(table_report())))
    assert "0 of 2 methods believable, 1 unvalidated, on 16 items" in said
    assert "Nothing about inputs unlike the 16 items" in said


def test_where_nothing_was_compared_the_figure_says_so():
    report = table_report()
    nobody = tuple(replace(one, comparisons=()) for one in report.findings.found)
    figure = audit_figure(replace(report, findings=replace(report.findings, found=nobody)))
    assert "nothing was compared with a control" in words(figure)
    assert plots(figure) == []


def test_foreign_names_are_drawn_as_they_are_written():
    report = table_report()
    figure = audit_figure(checklist_changed(report, subject=replace(report.checklist.subject, name="a$_{b}$\n<c>")))
    assert any("a$_{b}$ <c>" in text.replace("\\", "") for text in words(figure))
    figure.savefig("/dev/null", format="png")  # mathematical text of a broken name would raise here


def test_show_gives_the_figure_and_a_notebook_gets_the_fragment():
    report = table_report()
    assert plots(report.show())
    assert "unvalidated" in report._repr_html_()
    with pytest.raises(InputError, match="`show` draws"):
        report.show(0)
    assert xv.__version__
