"""Faults for the earth mover's distance as a score of maps."""

import test_earth_movers
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "mass that is not one",
        "earth_movers",
        "surplus = (values / total - mask / wanted).numpy()",
        "surplus = (values - mask / wanted).numpy()",
        test_earth_movers.check_it_is_the_distance_that_scipy_computes_between_the_distributions,
    ),
    Mutant(
        "signs count",
        "earth_movers",
        "for one in (values.abs(), masks)",
        "for one in (values.clamp_min(0), masks)",
        test_earth_movers.check_a_map_that_is_the_truth_is_as_near_as_can_be_whatever_its_scale_and_sign,
    ),
    Mutant(
        "over the sides instead of the diagonal",
        "earth_movers",
        "np.hypot(height - 1, width - 1)",
        "float(height + width - 2)",
        test_earth_movers.check_mass_in_the_corner_opposite_to_the_truth_is_as_far_as_can_be,
    ),
    Mutant(
        "a diagonal that is a pixel too long",
        "earth_movers",
        "np.hypot(height - 1, width - 1)",
        "np.hypot(height, width)",
        test_earth_movers.check_mass_that_is_one_cell_off_is_one_cell_over_the_diagonal_away,
    ),
    Mutant(
        "distances along the sides",
        "earth_movers",
        "np.linalg.norm(sources[:, None] - sinks[None], axis=-1)",
        "np.abs(sources[:, None] - sinks[None]).sum(-1).astype(float)",
        test_earth_movers.check_it_is_the_distance_that_scipy_computes_between_the_distributions,
    ),
    Mutant(
        "demands of other places",
        "earth_movers",
        "np.concatenate([one.supply, one.demand])[:-1]",
        "np.concatenate([one.supply, one.demand[::-1]])[:-1]",
        test_earth_movers.check_it_is_the_distance_that_scipy_computes_between_the_distributions,
    ),
    Mutant(
        "the works of other maps",
        "earth_movers",
        "for cost, plan in zip(costs, plans, strict=True)",
        "for cost, plan in list(zip(costs, plans, strict=True))[::-1]",
        test_earth_movers.check_every_map_has_the_nearness_that_it_has_alone,
    ),
    Mutant(
        "cells of one pixel only",
        "earth_movers",
        'place = torch.arange(side, device="cpu") * MOST_CELLS // side',
        'place = torch.arange(side, device="cpu") % MOST_CELLS',
        test_earth_movers.check_large_maps_are_compared_between_cells,
    ),
)
