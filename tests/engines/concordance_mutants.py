"""Faults for the engine that says whether orders agree."""

import test_concordance
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "ties are not corrected",
        "concordance",
        "(signs / lengths)",
        "(signs / signs.shape[1] ** 0.5 + 0 * lengths)",
        test_concordance.check_tau_counts_pairs,
    ),
    Mutant(
        "a value that is missing is tied",
        "concordance",
        ".masked_fill(rows.isnan().any(1, keepdim=True).cpu(), torch.nan)",
        ".nan_to_num(0.0)",
        test_concordance.check_what_has_no_order_has_no_tau,
    ),
    Mutant(
        "one column agrees with itself",
        "concordance",
        "if first.shape[1] < 2:",
        "if first.shape[1] < 0:",
        test_concordance.check_what_has_no_order_has_no_tau,
    ),
    Mutant(
        "a row is compared with itself",
        "concordance",
        "alike = (counts @ orders).square().sum(1) - itself",
        "alike = (counts @ orders).square().sum(1)",
        test_concordance.check_the_mean_tau_is_that_of_every_two_rows,
    ),
    Mutant(
        "a row that counts three times is three rows",
        "concordance",
        "itself = counts.square().sum(1)",
        "itself = counts.sum(1)",
        test_concordance.check_the_mean_tau_is_that_of_every_two_rows,
    ),
    Mutant(
        "ties take nothing from W",
        "concordance",
        "within = ranks.square().sum()",
        "within = judges * (things**3 - things) / 12",
        test_concordance.check_w_is_one_where_all_agree_and_its_formula_elsewhere,
    ),
    Mutant(
        "rounding is an order",
        "concordance",
        "differences(rows[:, first], rows[:, second], finest).sign()",
        "(rows[:, first] - rows[:, second]).sign()",
        test_concordance.check_rounding_is_no_order,
    ),
    Mutant(
        "rounding is a rank",
        "concordance",
        "differences(rows[:, :, None], rows[:, None, :], finest).sign()",
        "(rows[:, :, None] - rows[:, None, :]).sign()",
        test_concordance.check_rounding_is_no_order,
    ),
    Mutant(
        "the finest difference of the second judge is that of the first",
        "concordance",
        "pair_orders(second, finest[1])",
        "pair_orders(second, finest[0])",
        test_concordance.check_rounding_is_no_order,
    ),
    Mutant(
        "W of one judge",
        "concordance",
        "if judges < 2 or things < 2",
        "if things < 2",
        test_concordance.check_w_is_one_where_all_agree_and_its_formula_elsewhere,
    ),
)
