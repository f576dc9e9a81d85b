"""Faults for simulated users and for studies with people: what is asked, what is shown, what is counted, and what came back."""

from pathlib import Path
from tempfile import TemporaryDirectory

import test_simulatability as simulated
import test_study_with_people as people
from mutating import Mutant


def in_a_folder(test):
    """The test in a new folder."""

    def check():
        with TemporaryDirectory() as folder:
            test(Path(folder))

    return check


def of_studies(test, *told):
    """The test with studies that were exported after the fault was made."""
    return in_a_folder(lambda folder: test(*told, people.studies(folder / "studies"), folder))


def of_pages(test, *told):
    """The same, of what was exported alone."""
    return in_a_folder(lambda folder: test(*told, people.studies(folder / "studies")))


MUTANTS = (
    Mutant("rows of every cell", "cells", "((self.numbers == cell) & free)", "free",
           people.test_without_labels_as_many_are_of_either_class),
    Mutant("equal rows are all free", "cells", "first[group] == torch.arange(len(table), device=\"cpu\")", "first[group] >= 0",
           people.test_of_equal_rows_one_may_be_explained_or_asked_about_and_not_another),
    Mutant("a label gives the answer away", "cells", "if len(classes) == 2 and labels is not None:", "if False:",
           of_pages(people.test_items_are_balanced_over_right_and_wrong_predictions)),
    Mutant("a row that was shown as alike is asked about", "questions",
           "free & ~among(pool.rows.cpu(), shown_rows(parts))", "free",
           people.test_no_row_that_is_asked_about_was_explained_or_shown_as_alike),
    Mutant("what was explained is asked about", "questions", "free[explained] = False", "pass",
           people.test_of_equal_rows_one_may_be_explained_or_asked_about_and_not_another),
    Mutant("nothing turns", "questions", "device=\"cpu\") % 2)", "device=\"cpu\") % 1)",
           people.test_changed_rows_have_the_right_answer_and_half_of_them_turn),
    Mutant("a changed row that was shown is asked about", "questions", "[shown_rows(parts), _rows(pool, numbers).cpu()]",
           "[shown_rows(parts)[:0]]", people.test_no_changed_row_is_one_that_an_explanation_shows),
    Mutant("the number of edits gives the answer away", "items", "(edits == size) & flips", "flips",
           simulated.test_pairs_differ_in_the_decision_and_in_nothing_that_gives_it_away),
    Mutant("kept and turned are mixed up", "items", ".cpu() != predicted[number]", ".cpu() == predicted[number]",
           simulated.test_pairs_differ_in_the_decision_and_in_nothing_that_gives_it_away),
    Mutant("barred rows are handed out", "items", "drawn = drawn[~among(drawn, barred.cpu())]", "pass",
           people.test_no_changed_row_is_one_that_an_explanation_shows),
    Mutant("the score must fall below the rival's", "decoding", "(own + rival) / 2", "rival",
           simulated.test_a_full_explanation_is_decoded_right_and_swapped_columns_are_decoded_wrong),
    Mutant("one edit of a way is enough", "decoding", "(moved | ~edits).all(1)", "(moved & edits).any(1)",
           simulated.test_a_way_says_so_where_all_its_edits_are_there),
    Mutant("a shuffled rule is read as it was", "decoding",
           "misses if order is None else bool(moved[index, one.feature])", "misses",
           simulated.test_a_rule_breaks_where_its_column_leaves_it),
    Mutant("an order may change nothing", "shuffling", "(_unmoved(said, order) & ~alone).nonzero()", "alone[:0]",
           simulated.check_what_is_shuffled_is_never_as_it_was),
    Mutant("nothing is told to be beyond shuffling", "shuffling", "return Shuffle(order, alone)",
           "return Shuffle(order, alone & False)",
           simulated.check_what_is_shuffled_is_never_as_it_was),
    Mutant("a rule says nothing of its columns", "shuffling", "for one in rule.conditions]] = True",
           "for one in rule.conditions]] = False",
           simulated.check_each_kind_of_explanation_says_something_of_some_columns),
    Mutant("the control changes places with what was told", "simulating", "right(kept, turned), shuffled, alone",
           "shuffled, right(kept, turned), alone",
           simulated.check_what_is_true_of_a_linear_model_helps_and_shuffled_it_does_not),
    Mutant("students of the control see what is true", "simulating", "bins[asked], control.order),", "bins[asked]),",
           simulated.check_what_is_true_of_a_linear_model_helps_and_shuffled_it_does_not),
    Mutant("what is turned is right where it is kept", "simulating",
           "return (1 - kept + turned) / 2", "return (1 - turned + kept) / 2",
           simulated.check_what_is_true_of_a_linear_model_helps_and_shuffled_it_does_not),
    Mutant("what stays is counted among all", "simulating", "(2 - kept - turned).sum()", "(2 - 0 * kept).sum()",
           simulated.check_of_what_is_told_to_stay_it_is_counted_what_does),
    Mutant("students read explanations upside down", "students", "_looked_up(means, asked) > cut",
           "_looked_up(means, asked) < cut",
           simulated.check_what_is_true_of_a_linear_model_helps_and_shuffled_it_does_not),
    Mutant("the control is measured from what was told", "simulated", "float((self.shuffled - self.before).mean())",
           "float((self.after - self.shuffled).mean())", simulated.test_intervals_are_over_blocks),
    Mutant("every column is said of itself", "parts", "places.roll(1, 1)", "places",
           people.test_shuffled_explanations_say_of_each_column_what_is_true_of_another),
    Mutant("one more is in the control", "design", "[: self.users // 2]", "[: self.users // 2 + 1]",
           people.check_half_of_the_users_are_the_control_drawn_by_chance),
    Mutant("the row's own class is right", "marking", "answer = self.classes[right]", "answer = self.classes[own]",
           of_pages(people.test_items_are_balanced_over_right_and_wrong_predictions)),
    Mutant("a key that was changed is read", "key", "if whole.get(\"digest\") != _digest(content):", "if False:",
           in_a_folder(people.test_a_key_that_is_missing_or_was_changed_is_refused)),
    Mutant("the second of two answers counts", "sheets", "if place in answers:", "if False:",
           of_studies(people.test_answers_that_are_wrong_missing_or_double_are_refused)),
    Mutant("sheets of another study are read", "sheets", "if study != key.study:", "if False:",
           of_studies(people.test_answers_that_are_wrong_missing_or_double_are_refused)),
    Mutant("answers are marked by the place on the page", "study", "key.items[item].right", "key.items[place - 1].right",
           of_studies(people.test_who_is_right_afterwards_gains_what_was_wrong_before, "forward")),
    Mutant("the control is among those who were told", "study", "if reader.arm == arm and user in came", "if user in came",
           of_studies(people.test_the_control_is_held_apart)),
    Mutant("users are not drawn", "answered", "((items @ change) * users).sum(1)", "(items @ change).sum(1)",
           people.test_intervals_are_over_items_and_over_users),
    Mutant("two arms have the same users", "answered", "_resampled(other, drawn, OTHERS)", "_resampled(other, drawn, USERS)",
           people.test_each_arm_of_a_difference_has_users_of_its_own_and_few_of_them_make_it_wide),
    Mutant("each arm has items of its own", "answered", "_resampled(other, drawn, OTHERS)",
           "_resampled(other, resample_counts(items, 3), OTHERS)",
           people.test_the_difference_of_two_arms_knows_that_they_share_their_items),
)  # fmt: skip
