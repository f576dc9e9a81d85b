"""Faults for rules: bounds, conditions, and the search among conjunctions."""

import test_anchor_search as search
import test_tally
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
    fault("the last helping replaces those before", "tally", "self._held.get(anchor, 0.0) + held", "held",
          test_tally.check_draws_add_up_over_passes_for_each_conjunction),
    fault("draws are counted once for all conjunctions", "tally", "count * len(anchors)", "count",
          test_tally.check_draws_add_up_over_passes_for_each_conjunction),
    fault("a bound from all draws", "tally", "level / torch.tensor([self._tried[one] for one in anchors]",
          "level / torch.tensor([self.draws for one in anchors]", test_tally.check_bounds_narrow_with_the_draws_of_each),
    fault("rounds that do not count", "kl_bounds", "rounds**1.1", "1", search.check_exploration_is_that_of_the_paper_and_grows),
    fault("conditions that the row misses", "table_conditions", "if value <= cut else", "if value > cut else",
          search.check_conditions_are_met_by_the_row_and_not_by_all),
    fault("conditions that say nothing", "table_conditions", "if not bool(one.holds(table[:, one.column]).all())", "if True",
          search.check_conditions_are_met_by_the_row_and_not_by_all),
    fault("one end of a condition is lost", "table_conditions", "max(known.low, one.low)", "one.low",
          search.check_drawn_rows_meet_the_conditions_and_keep_the_rest),
    fault("values that miss are kept", "table_conditions",
          "rows[:, column], fitting)", "rows[:, column], rows[:, column])",
          search.check_drawn_rows_meet_the_conditions_and_keep_the_rest),
    fault("every value is drawn anew", "table_conditions",
          "(total,), generator=generator, device=\"cpu\")].clone()",
          "(total,), generator=generator, device=\"cpu\")].flip(1)",
          search.check_drawn_rows_meet_the_conditions_and_keep_the_rest),
    fault("one conjunction for all", "table_conditions", "ends[column][0, place], ends[column][1, place] = low, high",
          "ends[column][0], ends[column][1] = low, high", search.check_many_conjunctions_are_drawn_at_once_each_for_itself),
    fault("always the lowest that fits", "table_conditions", "(draws * (end - start)).long()", "(0 * draws).long()",
          search.check_many_conjunctions_are_drawn_at_once_each_for_itself),
    fault("the smallest coverage wins", "anchor_search",
          "if conjunctions.coverage(one) > best_coverage:", "if conjunctions.coverage(one) < best_coverage or not best:",
          search.check_of_two_that_hold_the_one_that_covers_more_is_taken),
    fault("a share is taken for its bound", "anchor_search",
          "held = (share >= plan.threshold) & (low > plan.threshold - plan.slack)",
          "held = share >= plan.threshold - 2 * plan.slack", search.check_what_is_next_to_the_threshold_is_not_taken_for_sure),
    fault("given up at the first share below", "anchor_search", "& (high < plan.threshold))", "& (high < 1))",
          search.check_what_is_just_above_the_threshold_is_found_nearly_always),
    fault("conditions are always asked for", "anchor_search", "if (yield from _sure(tally, [everything], plan, 1)):", "if False:",
          search.check_no_condition_is_asked_for_where_none_is_needed),
    fault("nothing is left out again", "anchor_search", "best = yield from _loosened(tally, conjunctions, best, plan)", "pass",
          search.check_a_condition_that_is_not_needed_is_left_out_again),
    fault("the worst is told", "anchor_search", "finalists[int(low.argmax())]", "finalists[int(low.argmin())]",
          search.check_without_a_sure_rule_the_best_that_is_known_for_sure_is_told),
    fault("the worst go on", "anchor_search",
          "return [anchors[place] for place in chosen.tolist()]", "return [anchors[place] for place in order[-count:].tolist()]",
          search.check_only_the_best_go_on),
    fault("weaker conditions stay beside stricter ones", "conjunctions",
          "for one in anchor if not self._implies[more, one])", "for one in anchor)",
          search.check_a_stricter_condition_takes_the_place_of_a_weaker_one),
    fault("other columns' conditions count as said", "conjunctions", "same & (beyond == 0)", "(beyond == 0)",
          search.check_a_stricter_condition_takes_the_place_of_a_weaker_one),
)  # fmt: skip
