"""Faults for rules: bounds, conditions, and the search among conjunctions."""

import test_anchor_search as search
from engine_mutants import Mutant


def fault(name, engine, before, after, check):
    return Mutant(name, f"rules.{engine}", before, after, check)


MUTANTS = (
    fault("the share itself as its bound", "kl_bounds",
          "fits = divergence(share, middle) <= level", "fits = level > 99",
          search.check_bounds_of_a_sure_share_are_known_in_closed_form),
    fault("the divergence the other way round", "kl_bounds", "return p * (p / q).log() + (1 - p) * ((1 - p) / (1 - q)).log()",
          "return q * (q / p).log() + (1 - q) * ((1 - q) / (1 - p)).log()",
          search.check_bounds_of_a_sure_share_are_known_in_closed_form),
    fault("bounds that are too narrow", "kl_bounds",
          "divergence(share, middle) <= level", "divergence(share, middle) <= level / 9",
          search.check_bounds_hold_as_often_as_they_say),
    fault("rounds that do not count", "kl_bounds", "rounds**1.1", "1", search.check_exploration_is_that_of_the_paper_and_grows),
    fault("conditions that the row misses", "table_conditions", "if value <= cut else", "if value > cut else",
          search.check_conditions_are_met_by_the_row_and_not_by_all),
    fault("conditions that say nothing", "table_conditions", "if not bool(one.holds(table[:, one.column]).all())", "if True",
          search.check_conditions_are_met_by_the_row_and_not_by_all),
    fault("one end of a condition is lost", "table_conditions", "max(known.low, one.low)", "one.low",
          search.check_drawn_rows_meet_the_conditions_and_keep_the_rest),
    fault("values that miss are kept", "table_conditions",
          "rows[:, one.column], fitting)", "rows[:, one.column], rows[:, one.column])",
          search.check_drawn_rows_meet_the_conditions_and_keep_the_rest),
    fault("every value is drawn anew", "table_conditions", "(count,), generator=generator, device=\"cpu\")].clone()",
          "(count,), generator=generator, device=\"cpu\")].flip(1)",
          search.check_drawn_rows_meet_the_conditions_and_keep_the_rest),
    fault("the smallest coverage wins", "anchor_search",
          "if coverage(covered, one) > best_coverage and _is_sure",
          "if (coverage(covered, one) < best_coverage or not best) and _is_sure",
          search.check_of_two_that_hold_the_one_that_covers_more_is_taken),
    fault("a share is taken for its bound", "anchor_search",
          "if share >= plan.threshold and low > plan.threshold - plan.slack:",
          "if share >= plan.threshold - 2 * plan.slack:", search.check_what_is_next_to_the_threshold_is_not_taken_for_sure),
    fault("conditions are always asked for", "anchor_search", "if _is_sure(tally, everything, _level(plan, 1)):", "if False:",
          search.check_no_condition_is_asked_for_where_none_is_needed),
    fault("draws without end", "anchor_search",
          "if tally.spent or tally.tried[anchor] >= plan.most_draws // 4:", "if False:", search.check_draws_end),
    fault("the worst go on", "anchor_search",
          "return [anchors[place] for place in chosen.tolist()]", "return [anchors[place] for place in order[-count:].tolist()]",
          search.check_only_the_best_go_on),
)  # fmt: skip
