"""Faults for the engines behind LIME on tables: bins, draws and the pick."""

import test_submodular_pick
import test_table_bins
import test_table_draws
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "a value on a cut lies above it",
        "table_bins",
        "torch.searchsorted(bins.upper.contiguous(), table.T.contiguous()).T",
        "torch.searchsorted(bins.upper.contiguous(), table.T.contiguous(), right=True).T",
        test_table_bins.check_a_value_on_a_cut_lies_below_it,
    ),
    Mutant(
        "quartiles of all columns together",
        "table_bins",
        'torch.quantile(table, torch.tensor(QUARTILES, dtype=torch.float64, device="cpu"), dim=1).T.contiguous()',
        "torch.quantile(table, torch.tensor(QUARTILES, dtype=torch.float64)).expand(len(table), -1).contiguous()",
        lambda: test_table_bins.check_bins_of_numbers_are_cut_at_quartiles(0, False),
    ),
    Mutant(
        "the sample's spread instead of the bin's",
        "table_bins",
        "squares) / sizes.clamp_min(1)",
        "squares) / (sizes - 1).clamp_min(1)",
        lambda: test_table_bins.check_bins_of_numbers_are_cut_at_quartiles(0, False),
    ),
    Mutant(
        "a category that is not known is the next one",
        "table_bins",
        "torch.where(bins.categorical & ~met, -1, places)",
        "places",
        test_table_bins.check_categories_are_their_own_bins_with_their_shares,
    ),
    Mutant(
        "all categories are as likely",
        "table_bins",
        "spread, counts / len(column)], 1)",
        "spread, counts / counts / len(counts)], 1)",
        test_table_bins.check_categories_are_their_own_bins_with_their_shares,
    ),
    Mutant(
        "empty bins pass for known",
        "table_bins",
        "gather(1, places.clamp_min(0).T).T == 0)",
        "gather(1, places.clamp_min(0).T).T < 0)",
        test_table_bins.check_a_bin_that_nothing_of_the_background_lies_in_is_empty,
    ),
    Mutant(
        "the last bin has an end",
        "table_bins",
        'f"{name} > {cuts[-1]:.4g}"',
        'f"{name} <= {cuts[-1]:.4g}"',
        test_table_bins.check_bins_are_said_in_words,
    ),
    Mutant(
        "all bins are as likely",
        "table_draws",
        "ends = bins.share.cumsum(1)",
        "ends = (bins.share > 0).double().cumsum(1)",
        test_table_draws.check_bins_come_by_their_shares,
    ),
    Mutant(
        "uniform inside a bin",
        "table_draws",
        "values = torch.addcmul(bins.mean.gather(1, places), steps, unit.gather(1, places))",
        "part = (chance - starts.gather(1, places)) / (ends - starts).gather(1, places)\n"
        "    values = torch.lerp(bins.low.gather(1, places), bins.high.gather(1, places), part)",
        test_table_draws.check_values_in_a_bin_are_a_normal_distribution_cut_at_its_ends,
    ),
    Mutant(
        "normal beyond the ends and pushed back to them",
        "table_draws",
        "torch.addcmul((below - starts * slope).gather(1, places), chance, slope.gather(1, places))",
        "2 * (chance - starts.gather(1, places)) / (ends - starts).gather(1, places) - 1",
        test_table_draws.check_values_in_a_bin_are_a_normal_distribution_cut_at_its_ends,
    ),
    Mutant(
        "one chance for all columns",
        "table_draws",
        'torch.rand(len(bins.share), count, generator=generator, dtype=torch.float64, device="cpu")',
        "torch.rand(1, count, generator=generator, dtype=torch.float64).expand(len(bins.share), -1).contiguous()",
        test_table_draws.check_columns_are_independent_of_each_other,
    ),
    Mutant(
        "a bin of one value is filled with 0, as lime does",
        "table_draws",
        "    return values.clamp(bins.low.gather(1, places), bins.high.gather(1, places))",
        "    one = bins.low.gather(1, places) == bins.high.gather(1, places)\n"
        "    return values.clamp(bins.low.gather(1, places), bins.high.gather(1, places)).masked_fill(one, 0)",
        test_table_draws.check_a_bin_of_one_value_gives_that_value,
    ),
    Mutant(
        "values that leave their bin",
        "table_draws",
        "unit = sqrt(2) * bins.spread",
        "unit = 2 * bins.spread",
        test_table_draws.check_values_in_a_bin_are_a_normal_distribution_cut_at_its_ends,
    ),
    Mutant(
        "noise that is not scaled",
        "table_draws",
        "center + noise * spread",
        "center + noise",
        test_table_draws.check_normal_rows_have_center_and_spread,
    ),
    Mutant(
        "the sum of sizes without its root",
        "submodular_pick",
        ".abs().sum(0).sqrt()",
        ".abs().sum(0)",
        test_submodular_pick.check_importance_is_the_root_of_the_sum_of_sizes,
    ),
    Mutant(
        "what is covered counts again",
        "submodular_pick",
        "open_columns = open_columns * (1 - shown[best])",
        "open_columns = open_columns * (1 - shown[best] / 2)",
        test_submodular_pick.check_equal_rows_are_picked_in_their_order,
    ),
    Mutant(
        "the row that covers least",
        "submodular_pick",
        "best = int(gains.argmax())",
        "best = int(gains.masked_fill(gains == 0, torch.inf).argmin())",
        test_submodular_pick.check_the_first_pick_covers_most_and_each_more,
    ),
    Mutant(
        "rows that add nothing are picked too",
        "submodular_pick",
        "if not float(gains[best]) > 0:",
        "if len(rows) == len(weights):",
        test_submodular_pick.check_equal_rows_are_picked_in_their_order,
    ),
    Mutant(
        "values of a place cancel",
        "submodular_pick",
        ".double().abs().cpu(), cells)",
        ".double().cpu(), cells)",
        test_submodular_pick.check_places_are_cells_row_by_row_by_size,
    ),
    Mutant(
        "the smallest values are kept",
        "submodular_pick",
        "descending=True, stable=True",
        "descending=False, stable=True",
        test_submodular_pick.check_only_the_largest_of_each_row_are_kept,
    ),
)
