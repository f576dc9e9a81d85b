"""Searches on functions whose answers are known, and what is made of what they find."""

import pytest
import torch
from counterfactual_rooms import ONLY, ROW, answered, held, mixed_space, numbers_space, vector

from xaivision.engines.counterfactuals import (
    crowds,
    density_paths,
    diversity,
    edit_paths,
    evolution,
    random_changes,
    rooms,
    searching,
    shells,
    transplants,
    undoing,
)
from xaivision.engines.counterfactuals.rooms import by_owner
from xaivision.engines.counterfactuals.space import Room
from xaivision.engines.counterfactuals.undoing import alone


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def plane(rows):
    """Holds where the first two columns together reach 2."""
    return rows[:, 0] + rows[:, 1] - 2


def origin(columns=4, norm=1.0):
    return Room(numbers_space(columns, norm), torch.zeros(columns, dtype=torch.float64))


def several(*each):
    return rooms.Rooms(each)


def kinds():
    """Rooms with everything free, with a number and a category at the end of the only way they may go, and with a frozen part."""
    space = mixed_space(direction=vector(0, 1, 0, 1, 0, 0))
    rows = [ROW, torch.tensor([0.5, 10.0, 0.25, 2.0, 1.0, 3.0]), torch.tensor([-1.0, 4.5, 0.5, 0.0, 0.0, 7.0])]
    return rooms.Rooms([Room(space, row) for row in rows])


def check_random_changes_grow_in_number_and_end_with_enough():
    inside = origin(7)
    given, _ = answered(random_changes.random_changes(several(inside), ONLY, 500, 10_000, generator()), several(inside), plane)
    counts = [inside.changed(one.rows).sum(1) for one in given]
    assert [len(one) for one in counts] == [100] * 5
    assert [int(one.max()) for one in counts[:3]] == [1, 2, 3]
    assert set(counts[4].tolist()) == {4, 5, 6, 7}
    few, _ = answered(random_changes.random_changes(several(inside), ONLY, 500, 5, generator()), several(inside), plane)
    assert len(few) == 1


def test_random_changes_grow_in_number_and_end_with_enough():
    check_random_changes_grow_in_number_and_end_with_enough()


def check_the_nearest_case_is_asked_about_first():
    inside = several(Room(mixed_space(), ROW))
    far, near = torch.tensor([2.0, 9.0, 0.9, 2.0, 1.0, 3.0]), torch.tensor([0.6, 3.0, 0.7, 1.0, 0.0, 1.0])
    order = transplants.by_distance(inside, ONLY, torch.stack([far, near, ROW]))
    assert torch.equal(order[0], torch.stack([near, far]))  # the row itself changes nothing
    given, _ = answered(transplants.transplants(inside, ONLY, order, 1), inside, lambda rows: rows[:, 0])
    assert given[0].rows[0].tolist() == pytest.approx([0.6, 3.0, 0.25, 1.0, 0.0, 1.0])


def test_the_nearest_case_is_asked_about_first():
    check_the_nearest_case_is_asked_about_first()


def check_a_sparse_case_comes_first_where_sparsity_counts():
    cases = torch.stack([vector(3, 0, 0, 0), vector(0.5, 0.5, 0.5, 0.5)])
    for weight, first in ((0.0, 1), (1.0, 0)):
        order = transplants.by_distance(several(origin()), ONLY, cases, weight)[0]
        assert torch.equal(order, cases[[first, 1 - first]])


def test_a_sparse_case_comes_first_where_sparsity_counts():
    check_a_sparse_case_comes_first_where_sparsity_counts()


def check_evolution_comes_near_and_ends():
    """Half of all seeds come within a fifth of the nearest; a single one says little."""
    inside, nearest = several(origin()), []
    plan = evolution.Evolution(100, 500, 0.01, 0.5, 0.2)
    for seed in range(12):
        given, _ = answered(evolution.evolved(inside, ONLY, [vector(9, 9, 9, 9)[None]], plan, generator(seed)), inside, plane)
        nearest.append(float(held(given)[1][0]))
        assert 2 <= len(given) < 100
        assert [len(one.rows) for one in given] == [100] * len(given)
        assert len(given[0].rows.unique(dim=0)) == 100
    assert sorted(nearest)[6] < 2.4


def test_evolution_comes_near_and_ends():
    check_evolution_comes_near_and_ends()


def check_spheres_shrink_to_the_border():
    inside = origin(5, norm=2.0)
    given, _ = answered(shells.shrinking_spheres(inside, 200, generator()), inside, plane)
    assert len(given) >= 3
    exact = 2**0.5
    assert exact <= held(given)[1][0] <= 1.25 * exact
    assert not bool((given[-1].merits[given[-1].costs < held(given)[1][0]] > 0).any())


def test_spheres_shrink_to_the_border():
    check_spheres_shrink_to_the_border()


def check_rows_on_spheres_have_their_distance():
    for norm in (1.0, 2.0, torch.inf):
        inside = origin(5, norm)
        radii = torch.linspace(0.5, 9, 50, dtype=torch.float64)
        assert torch.allclose(inside.cost(shells.on_spheres(inside, radii, generator())), radii)


def test_rows_on_spheres_have_their_distance():
    check_rows_on_spheres_have_their_distance()


def check_undoing_leaves_only_what_is_needed():
    inside = origin(6)
    start = torch.tensor([[1.5, 1.5, 3.0, -4.0, 2.0, 1.0], [2.5, 0.0, 3.0, 0.0, 0.0, 1.0]], dtype=torch.float64)
    given, _ = answered(undoing.undone(alone(inside, start)), inside, plane)
    found = {tuple(row) for one in given for row in one.rows[one.merits > 0].tolist()}
    assert (1.5, 1.5, 0, 0, 0, 0) in found
    assert (2.5, 0, 0, 0, 0, 0) in found
    assert len(given) <= 5


def test_undoing_leaves_only_what_is_needed():
    check_undoing_leaves_only_what_is_needed()


def check_only_what_may_be_undone_is_tried():
    inside = origin(3)
    allowed = torch.tensor([[False, True, False]])
    given, _ = answered(undoing.undone(alone(inside, vector(3, 1, 5)[None]), allowed), inside, plane)
    tried = torch.cat([one.rows for one in given])
    assert bool((tried[:, [0, 2]] == vector(3, 5)).all())


def test_only_what_may_be_undone_is_tried():
    check_only_what_may_be_undone_is_tried()


def check_tightening_comes_within_a_thousandth_of_the_border():
    inside = origin(4, norm=2.0)
    given, _ = answered(undoing.tightened(alone(inside, vector(4, 4, 0, 0)[None])), inside, plane)
    rows, _ = held(given)
    assert 0 < plane(rows)[0] < 4e-3 * 2
    assert rows[0, 0] == pytest.approx(rows[0, 1].item())


def test_tightening_comes_within_a_thousandth_of_the_border():
    check_tightening_comes_within_a_thousandth_of_the_border()


def check_tightening_comes_within_a_section_of_a_section_where_merits_are_steps():
    """Such as those of a forest: nothing between two places says where the border is."""
    inside = origin(4, norm=2.0)
    given, _ = answered(undoing.tightened(alone(inside, vector(4, 4, 0, 0)[None])), inside, lambda rows: plane(rows).sign())
    assert 0 < plane(held(given)[0])[0] < 8 / undoing.SECTIONS / 10


def test_tightening_comes_within_a_section_of_a_section_where_merits_are_steps():
    check_tightening_comes_within_a_section_of_a_section_where_merits_are_steps()


def check_single_numbers_are_tightened_where_costs_add_up():
    inside = origin(4, norm=1.0)

    def holds(rows):
        return torch.minimum(rows[:, :2].sum(1) - 1.9, rows[:, 2] - 0.3)

    given, _ = answered(undoing.tightened(alone(inside, vector(1, 1, 3, 0)[None])), inside, holds)
    # The third column goes back alone from 2.85, as far as it is asked about.
    assert 2.2 <= held(given)[1][0] < 2.2 + 3 / (undoing.SECTIONS + 1)


def test_single_numbers_are_tightened_where_costs_add_up():
    check_single_numbers_are_tightened_where_costs_add_up()


def check_of_wide_tables_a_few_rows_are_made_at_a_time_and_the_same_is_found():
    """Between two helpings the clock is asked: a search that made all its rows at once ended long after its time."""
    inside, rows = origin(6), vector(2, 2, 1, 1, 1, 1)[None].repeat(8, 1)
    whole, _ = answered(undoing.undone(alone(inside, rows)), inside, plane)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "HELPING", 60)  # ten rows of six columns
        searches = (
            undoing.undone(alone(inside, rows)),
            shells.shrinking_spheres(inside, 200, generator()),
            random_changes.random_changes(several(inside), ONLY, 200, 10_000, generator()),
            edit_paths.few_edits(inside, rows, 200, 4, generator()),
        )
        given = [
            answered(one, place, plane)[0] for one, place in zip(searches, (inside, inside, several(inside), inside), strict=True)
        ]
    assert all(len(one.rows) <= 10 for asked in given for one in asked)
    assert len(given[2]) == 20
    assert torch.equal(held(given[0])[0].unique(dim=0), held(whole)[0].unique(dim=0))


def test_of_wide_tables_a_few_rows_are_made_at_a_time_and_the_same_is_found():
    check_of_wide_tables_a_few_rows_are_made_at_a_time_and_the_same_is_found()


def check_diversity_is_zero_for_twins_and_for_one_and_grows_with_distance():
    twins = torch.zeros(2, 2)
    assert diversity.diversity(twins) == 0
    assert diversity.diversity(torch.zeros(1, 1)) == 0
    apart = [diversity.diversity(d * (1 - torch.eye(3))) for d in (0.5, 2.0, 50.0)]
    assert apart == sorted(apart)
    assert apart[2] > 0.99
    k = 1 / 3
    assert diversity.diversity(2.0 * (1 - torch.eye(3))) == pytest.approx(1 - 3 * k**2 + 2 * k**3)


def test_diversity_is_zero_for_twins_and_for_one_and_grows_with_distance():
    check_diversity_is_zero_for_twins_and_for_one_and_grows_with_distance()


def choice(points, k, proximity, diverse):
    costs = points.norm(p=1, dim=1)

    def distances(one):
        return (points - points[one]).norm(p=1, dim=1)[None]

    return diversity.diverse_choice(costs[None], distances, k, proximity, diverse)[0].tolist()


def check_without_diversity_the_nearest_are_chosen_and_with_it_more_different_ones():
    points = 1 + torch.rand(60, 2, generator=generator(), dtype=torch.float64)
    assert sorted(choice(points, 4, 1.0, 0.0)) == sorted(points.norm(p=1, dim=1).argsort()[:4].tolist())

    def measured(weight):
        rows = points[choice(points, 4, 0.5, weight)]
        return diversity.diversity((rows[:, None] - rows[None]).norm(p=1, dim=2))

    values = [measured(weight) for weight in (0.0, 1.0, 20.0)]
    assert values[0] < values[1] <= values[2]
    assert choice(points, 4, 0.5, 20.0)[0] == int(points.norm(p=1, dim=1).argmin())


def test_without_diversity_the_nearest_are_chosen_and_with_it_more_different_ones():
    check_without_diversity_the_nearest_are_chosen_and_with_it_more_different_ones()


def check_paths_go_around_a_gap():
    """Two clusters and a bridge: the case across the gap is near, the way to it is long."""
    inside = Room(numbers_space(2), vector(0, 0))
    bridge = torch.stack([torch.linspace(0.2, 3, 15), torch.zeros(15)], 1).double()
    beyond = torch.tensor([[0.0, 2.0], [0.1, 2.0], [3.2, 0.0], [3.3, 0.0], [0.2, 2.1]], dtype=torch.float64)
    cases = torch.cat([bridge, beyond])
    lengths = density_paths.path_lengths(inside, cases, 2)
    assert lengths[17] < lengths[15]
    wished = torch.tensor([False] * 15 + [True] * 5)
    given, _ = answered(density_paths.densest_paths(inside, cases, wished, 2, 5), inside, lambda rows: rows.sum(1))
    assert [one.rows.tolist() for one in given] == [[[3.2, 0.0], [3.3, 0.0]]]  # no path leads to the others


def test_paths_go_around_a_gap():
    check_paths_go_around_a_gap()


def check_only_cases_that_the_row_may_become_are_on_a_path():
    inside = Room(mixed_space(), ROW)
    same = torch.tensor([1.0, 4.0, 0.25, 2.0, 1.0, 3.0])
    frozen, sunk = same.clone(), same.clone()
    frozen[2], sunk[1] = 0.5, 2.0
    assert density_paths.feasible(inside, torch.stack([same, frozen, sunk])).tolist() == [True, False, False]


def test_only_cases_that_the_row_may_become_are_on_a_path():
    check_only_cases_that_the_row_may_become_are_on_a_path()


def check_a_crowd_knows_its_own_and_no_stranger():
    cases = torch.randn(200, 3, generator=generator(), dtype=torch.float64)
    crowd = crowds.Crowd(numbers_space(3), cases, 5, 0.9)
    near = crowd.slack(cases) > 0
    assert 0.9 <= near.double().mean() <= 1
    assert crowd.slack(vector(8, 8, 8)[None]) < 0
    assert crowd.slack(vector(0, 0, 0)[None]) > 0


def test_a_crowd_knows_its_own_and_no_stranger():
    check_a_crowd_knows_its_own_and_no_stranger()


def check_a_set_with_fewer_members_gives_what_it_has_and_its_neighbors_do_not_matter():
    points = 1 + torch.rand(2, 30, 2, generator=generator(), dtype=torch.float64)
    costs = points.norm(p=1, dim=2)
    costs[1, 3:] = torch.inf

    def distances(one):
        return (points - points[torch.arange(2), one][:, None]).norm(p=1, dim=2)

    both = diversity.diverse_choice(costs, distances, 5, 0.5, 1.0)
    assert both[0].tolist() == choice(points[0], 5, 0.5, 1.0)
    assert both[1].tolist() == [*choice(points[1, :3], 5, 0.5, 1.0), 30, 30]
    assert diversity.diverse_choice(torch.full((1, 4), torch.inf), lambda _one: torch.zeros(1, 4), 2, 0.5, 1.0).tolist() == [
        [4, 4]
    ]


def test_a_set_with_fewer_members_gives_what_it_has_and_its_neighbors_do_not_matter():
    check_a_set_with_fewer_members_gives_what_it_has_and_its_neighbors_do_not_matter()


def hunts(*each):
    """What is found in rooms of their own spaces."""
    costs = by_owner([one.cost for one in each])
    return searching.Hunts(torch.stack([one.row for one in each]), by_owner([one.final for one in each]), costs)


def check_searches_side_by_side_are_answered_in_one_pass_and_keep_apart():
    each = [Room(numbers_space(2), vector(0, 0)), Room(numbers_space(2), vector(0, 5))]
    found = hunts(*each)
    searches = [searching.of_one(0, shortly(vector(3, 1))), searching.of_one(1, shortly(vector(3, 1), vector(4, 1)))]
    calls = []

    def answer(owners, rows, slopes):
        calls.append((owners.tolist(), rows[:, 0].tolist(), slopes))
        return searching.Answered(owners.double(), None)

    found.drive(searching.side_by_side(searches), answer)
    assert calls == [([0, 1], [3, 3], False), ([1], [4], False)]
    assert [found.found(owner).costs.tolist() for owner in (0, 1)] == [[], [7.0, 8.0]]
    assert found.found().owners.tolist() == [1, 1]


def check_rows_with_more_changes_than_one_that_was_found_go_as_long_as_enough_are_left():
    each = [Room(numbers_space(3), vector(0, 0, 0)), Room(numbers_space(3), vector(0, 0, 0))]
    rows = (vector(2, 0, 0), vector(2, 1, 0), vector(2, 0, 1), vector(0, 3, 0), vector(1, 3, 0), vector(5, 0, 1))

    def found():
        made = hunts(*each)
        searches = [searching.of_one(owner, shortly(*rows)) for owner in (0, 1)]
        made.drive(searching.side_by_side(searches), lambda owners, asked, _: searching.Answered(torch.ones(len(asked)).double()))
        return made

    def left(made, owner):
        return made.found(owner).rows.tolist()

    made = found()
    idle = made.found(0).taken(torch.tensor([made.found(0).rows.tolist().index([2, 1, 0])]))
    assert made.shed(idle, 1).tolist() == [0]
    # What holds (2, 0, 0) and more is gone; (1, 3, 0) was not looked into, and (5, 0, 1) is of another value.
    assert sorted(left(made, 0)) == sorted([[2, 0, 0], [0, 3, 0], [1, 3, 0], [5, 0, 1]])
    assert sorted(left(made, 1)) == sorted(row.tolist() for row in rows)
    needed = made.found(0).taken(torch.tensor([left(made, 0).index([2, 0, 0])]))
    assert made.shed(needed, 1).tolist() == []
    made = found()
    assert made.shed(idle, len(rows)).tolist() == []
    assert len(left(made, 0)) == len(rows)
    # (2, 1, 0) and (2, 0, 1) cost the same, and (2, 1, 7) most: where one may go it is that one.
    made = hunts(*each)
    dear = (vector(2, 0, 0), vector(2, 1, 0), vector(2, 0, 1), vector(2, 1, 7))
    made.drive(searching.of_one(0, shortly(*dear)), lambda _, asked, __: searching.Answered(torch.ones(len(asked)).double()))
    assert made.shed(idle, 3).tolist() == []
    assert sorted(left(made, 0)) == sorted(row.tolist() for row in dear[:3])


def test_rows_with_more_changes_than_one_that_was_found_go_as_long_as_enough_are_left():
    check_rows_with_more_changes_than_one_that_was_found_go_as_long_as_enough_are_left()


def check_of_rows_that_cost_the_same_the_one_of_fewest_changes_comes_first():
    inside = Room(numbers_space(2, norm=torch.inf), vector(0, 0))
    made = hunts(inside)
    searches = searching.of_one(0, shortly(vector(3, 3), vector(3, 1), vector(3, 0), vector(2, 2)))
    made.drive(searches, lambda owners, asked, _: searching.Answered(torch.ones(len(asked)).double()))
    assert made.found(0).rows.tolist() == [[2, 2], [3, 0], [3, 3], [3, 1]]


def test_of_rows_that_cost_the_same_the_one_of_fewest_changes_comes_first():
    check_of_rows_that_cost_the_same_the_one_of_fewest_changes_comes_first()


def shortly(*rows):
    for row in rows:
        yield searching.Ask(row[None])


def test_searches_side_by_side_are_answered_in_one_pass_and_keep_apart():
    check_searches_side_by_side_are_answered_in_one_pass_and_keep_apart()


def check_what_was_answered_before_time_was_up_is_kept():
    cases = torch.tensor([[3.0, 1.0], [4.0, 1.0], [5.0, 1.0]], dtype=torch.float64)
    found, ended = hunts(origin(2)), []

    def search():
        yield searching.Ask(cases)
        ended.append(True)

    found.drive(search(), lambda _owners, rows, _slopes: searching.Answered(rows[:2, 0], None))
    assert found.found().rows.tolist() == [[3.0, 1.0], [4.0, 1.0]]
    assert not ended


def check_where_time_is_up_every_input_has_got_something():
    """The first row of each is asked about before the second of any."""
    owners, asked = torch.tensor([0, 0, 0, 1, 1, 2]), []

    def search():
        yield searching.Ask(torch.arange(6.0)[:, None].expand(-1, 2), owners=owners)

    def answer(mine, rows, _slopes):
        asked.append((mine.tolist(), rows[:, 0].tolist()))
        return searching.Answered(torch.ones(4, dtype=torch.float64), None)

    found = hunts(*[origin(2)] * 3)
    found.drive(search(), answer)
    assert asked == [([0, 1, 2, 0, 1, 0], [0, 3, 5, 1, 4, 2])]
    assert found.found().owners.tolist() == [0, 0, 1, 2]


def test_where_time_is_up_every_input_has_got_something():
    check_where_time_is_up_every_input_has_got_something()


def test_what_was_answered_before_time_was_up_is_kept():
    check_what_was_answered_before_time_was_up_is_kept()


def check_equal_rows_are_found_once():
    """With slopes and without, nearest first, and of each input by itself."""
    rows = torch.tensor([[2.0, 0.0], [1.0, 0.0], [2.0, -0.0], [-3.0, 0.0]], dtype=torch.float64)

    def search():
        yield searching.Ask(rows, slopes=True)
        yield searching.Ask(rows)
        yield searching.Ask(rows, slopes=True)

    def answer(_owners, wanted, slopes):
        return searching.Answered(wanted[:, 0], wanted if slopes else None)

    found = hunts(origin(2), origin(2))
    found.drive(searching.of_one(1, search()), answer)
    assert found.found(1).rows.tolist() == [[1.0, 0.0], [2.0, 0.0]]
    assert not len(found.found(0).rows)


def check_where_more_is_asked_what_still_holds_is_kept_once_and_the_other_input_is_left_alone():
    rows, limit, asked = torch.tensor([[1.0, 0.0], [3.0, 0.0]], dtype=torch.float64), [0.0], []

    def answer(_owners, wanted, _slopes):
        asked.append(len(wanted))
        return searching.Answered(wanted[:, 0] - limit[0], None)

    def both():
        yield searching.Ask(torch.cat([rows, rows]), owners=torch.tensor([0, 0, 1, 1]))

    found = hunts(origin(2), origin(2))
    found.drive(both(), answer)
    limit[0] = 2.0
    found.renew(torch.tensor([1]), lambda one: one.rows[:, 0] > limit[0])
    assert found.found(0).rows.tolist() == rows.tolist()
    assert found.found(1).rows.tolist() == [[3.0, 0.0]]
    found.drive(both(), answer)
    assert asked == [4, 2]
    assert found.found(0).rows.tolist() == rows.tolist()
    assert found.found(1).rows.tolist() == [[3.0, 0.0]]


def test_where_more_is_asked_what_still_holds_is_kept_once_and_the_other_input_is_left_alone():
    check_where_more_is_asked_what_still_holds_is_kept_once_and_the_other_input_is_left_alone()


def check_no_row_is_asked_about_twice():
    inside, asked, told = origin(2), [], []
    rows = torch.tensor([[1.0, 2.0], [3.0, 0.0], [1.0, 2.0]], dtype=torch.float64)

    def search():
        told.append((yield searching.Ask(rows)))
        told.append((yield searching.Ask(torch.cat([rows.flip(0), rows[:1] + 1]))))
        told.append((yield searching.Ask(rows[1:])))

    def answer(_owners, wanted, _slopes):
        asked.append(wanted)
        return searching.Answered(wanted[:, 0] - wanted[:, 1], None)

    found = hunts(inside)
    found.drive(search(), answer)
    assert [one.tolist() for one in asked] == [[[1.0, 2.0], [3.0, 0.0]], [[2.0, 3.0]]]
    assert [one.merits.tolist() for one in told] == [[-1.0, 3.0, -1.0], [-1.0, 3.0, -1.0, -1.0], [3.0, -1.0]]
    assert all(torch.equal(one.rows[:, 0] - one.rows[:, 1], one.merits) for one in told)
    assert all(torch.equal(one.costs, inside.cost(one.rows)) for one in told)
    assert found.found().rows.tolist() == [[3.0, 0.0]]


def test_no_row_is_asked_about_twice():
    check_no_row_is_asked_about_twice()


def test_equal_rows_are_found_once():
    check_equal_rows_are_found_once()


def sloped(rows):
    return rows[:, :2].sum(1) - 1.2 + 0.3 * rows[:, 3]


def each_asked(search, inside, count):
    """Of each of so many rooms the rows that a search asked about, in their order."""
    asked = [[] for _ in range(count)]
    told = None
    try:
        while True:
            ask = search.send(told)
            rows = inside.final(ask.rows, ask.owners)
            for owner in range(count):
                asked[owner].append(rows[ask.owners == owner])
            told = searching.Asked(rows, sloped(rows.double()), inside.cost(rows, ask.owners))
    except StopIteration:
        return [torch.cat(one) for one in asked]


def check_what_is_asked_about_an_input_does_not_depend_on_its_neighbors():
    """Three inputs of which different parts may move, together and each alone, by every search that is for several."""
    together = kinds()
    cases = together.final(12 * torch.rand(60, 6, generator=generator(1)).double() - 5, torch.zeros(60).long())
    plan = evolution.Evolution(20, 60, 0.0, 0.5, 0.2)
    made = {
        "random": lambda inside, owners: random_changes.random_changes(inside, owners, 100, 30, generator()),
        "evolved": lambda inside, owners: evolution.evolved(inside, owners, first(inside, owners), plan, generator()),
        "transplants": lambda inside, owners: transplants.transplants(inside, owners, first(inside, owners), 3),
        "undone": lambda inside, owners: undoing.undone(rows_of(inside, owners)),
        "tightened": lambda inside, owners: undoing.tightened(rows_of(inside, owners)),
    }

    def first(inside, owners):
        return [rows[: 4 + 3 * len(rows) % 7] for rows in transplants.by_distance(inside, owners, cases, 0.5)]

    def rows_of(inside, owners):
        every = owners.repeat_interleave(len(cases))
        return undoing.Rows(inside, inside.final(cases.repeat(len(owners), 1), every), every)

    for search in made.values():
        whole = each_asked(search(together, torch.arange(3)), together, 3)
        for owner, room in enumerate(together.each):
            mine = each_asked(search(rooms.Rooms([room]), ONLY), rooms.Rooms([room]), 1)[0]
            assert len(mine)
            assert torch.equal(mine.unique(dim=0), whole[owner].unique(dim=0))


def test_what_is_asked_about_an_input_does_not_depend_on_its_neighbors():
    check_what_is_asked_about_an_input_does_not_depend_on_its_neighbors()


def check_rooms_together_are_the_rooms_by_themselves():
    together = kinds()
    rows = 12 * torch.rand(300, 6, generator=generator(), dtype=torch.float64) - 5
    owners = torch.arange(300) % 3
    final, shares = together.final(rows, owners), torch.rand(300, 5, generator=generator(), dtype=torch.float64)
    placed = together.placed(shares, owners)
    for owner, one in enumerate(together.each):
        mine = owners == owner
        own = one.final(rows[mine])
        assert torch.equal(final[mine], own)
        assert torch.equal(together.cost(own, owners[mine]), one.cost(own))
        movable = together.movable[owner]
        changed = together.changed(own, owners[mine])
        assert torch.equal(changed[:, movable], one.changed(own))
        assert not bool(changed[:, ~movable].any())
        kept = torch.rand(len(own), 5, generator=generator()) < 0.5
        assert torch.equal(together.mixed(own, kept, owners[mine]), one.mixed(own, kept[:, movable]))
        assert int(movable.sum()) == len(one)
        low, high = one.low, one.high
        inside = placed[mine][:, one.numbers]
        assert torch.allclose(inside, low + shares[mine][:, :3][:, movable[:3]] * (high - low))
        patterned = movable[3:]  # every pattern that may change has changed
        assert bool(together.changed(placed[mine].to(own.dtype), owners[mine])[:, 3:][:, patterned].all())


def test_rooms_together_are_the_rooms_by_themselves():
    check_rooms_together_are_the_rooms_by_themselves()
