from xaivision.evaluation.standing import Margin, Standing
from xaivision.report.standing import controls_text, interval_text, margin_text, value_text

NAN = float("nan")
NO_INTERVAL = (NAN, NAN)


def stands(mean, *margins, interval=NO_INTERVAL):
    return Standing(mean, interval, 2, 0, True, tuple(Margin(name, value, NO_INTERVAL) for name, value in margins))


def test_the_interval_is_said_only_where_there_is_one():
    assert value_text(stands(0.5)) == "0.500"
    assert value_text(stands(0.5, interval=(0.4, 0.6))) == "0.500 [0.400, 0.600]"


def test_controls_are_counted_where_they_are_worse_on_average_and_a_tie_is_not_a_win():
    assert controls_text(stands(0.5, ("a", 0.1), ("b", -0.1))) == "1/2"
    assert controls_text(stands(0.5, ("a", 0.0))) == "0/1"
    assert controls_text(stands(0.5)) == ""


def test_nothing_is_said_of_controls_where_the_method_has_no_value():
    nothing = stands(NAN, ("a", 0.1))
    assert (value_text(nothing), controls_text(nothing), margin_text(nothing)) == ("undefined", "", "")


def test_the_margin_is_that_over_the_hardest_control_and_names_it():
    assert margin_text(stands(0.5, ("a", 0.5), ("b\x1b", 0.25))) == "+0.25 against b\ufffd"
    with_interval = Standing(0.5, NO_INTERVAL, 2, 0, True, (Margin("a", 0.25, (-0.5, 1.0)),))
    assert margin_text(with_interval) == "+0.25 [\N{MINUS SIGN}0.50, +1.0] against a"


def test_intervals_are_written_only_where_they_exist():
    assert interval_text((NAN, NAN)) == ""
    assert interval_text((-0.5, 0.25), with_sign=True) == "[\N{MINUS SIGN}0.50, +0.25]"
