import numpy as np
import pytest
import torch
from surrogate_subjects import linear_box, schema_of, seen_by, table

from xaivision.core.errors import CapabilityError, InputError
from xaivision.data.feature import Feature
from xaivision.surrogates.growing import Growth, grown
from xaivision.surrogates.leaf_counterfactuals import LeafCounterfactuals, follow_rate
from xaivision.surrogates.leaf_entries import LeafEntries
from xaivision.surrogates.reading import columns_of
from xaivision.surrogates.surrogate import Surrogate
from xaivision.surrogates.tree_path import SurrogatePath, paths

WEIGHTS = (4, -3, 2, 0, 0, 0)


def tree_of(weights=WEIGHTS, schema=None, inputs=None, features=(0, 1, 2), **settings):
    model = linear_box(weights, schema=schema)
    seen = seen_by(model, table(300) if inputs is None else inputs)
    stand_in = grown("tree", seen.rows, seen.probabilities, features, Growth(**settings))
    return Surrogate(stand_in, model, columns_of(model, 6), kind="tree"), model, seen


def test_a_counterfactual_always_turns_the_surrogate_and_is_made_of_known_values():
    surrogate, _, seen = tree_of()
    rows = table(60, seed=5)
    found = LeafCounterfactuals(seen.inputs).explain(surrogate, rows)
    assert bool(found.found.all())
    after = found.counterfactuals[:, 0]
    assert bool((surrogate(after).argmax(1) != surrogate(rows).argmax(1)).all())
    changed = after != rows
    assert not bool(changed[:, 3:].any())
    for number, column in changed.nonzero().tolist():
        assert float(after[number, column]) in seen.inputs[:, column].tolist()


def test_the_first_answer_is_the_cheapest_of_all_leaves():
    surrogate, _, seen = tree_of(depth=3)
    rows = table(30, seed=6)
    found = LeafCounterfactuals(seen.inputs).explain(surrogate, rows)
    entries = LeafEntries(surrogate, seen.rows)
    answers = zip(rows.numpy(), found.counterfactuals[:, 0].numpy(), surrogate(rows).argmax(1), found.costs[:, 0], strict=True)
    for row, one, now, told in answers:
        # Slowly: every known value of every column at the threshold next to it, leaf by leaf.
        cheapest = np.inf
        for leaf in surrogate.tree.leaves:
            if surrogate.tree.values[leaf].argmax() == now:
                continue
            other = row.copy()
            for condition in surrogate.tree.conditions_of(leaf):
                low = -np.inf if condition.low is None else condition.low
                high = np.inf if condition.high is None else condition.high
                value = float(row[condition.feature])
                if not low < value <= high:
                    known = seen.rows[:, condition.feature]
                    inside = known[(known > low) & (known <= high)]
                    other[condition.feature] = inside[np.abs(inside - value).argmin()]
            cheapest = min(cheapest, entries.cost(row, other))
        assert entries.cost(row, one) == pytest.approx(cheapest)
        assert float(told) == pytest.approx(cheapest)
    assert found.cost_unit == "median absolute deviations"


def test_the_black_box_follows_more_often_where_it_is_asked_and_who_does_not_is_told():
    surrogate, model, seen = tree_of(weights=(2, -2, 1, 2, 2, 0))
    rows = table(80, seed=7)
    alone = LeafCounterfactuals(seen.inputs).explain(surrogate, rows)
    asked = LeafCounterfactuals(seen.inputs, model).explain(surrogate, rows)
    before, after = follow_rate(model, alone)[0], follow_rate(model, asked)[0]
    assert after.value > before.value + 0.1
    flags = follow_rate(model, asked)[1]
    silent = {i for note in asked.diagnostics.notes if "does not follow" in note.text for i in note.inputs}
    goes = model(asked.counterfactuals[:, 0]).argmax(1) == asked.goals
    assert silent == set((~goes).nonzero().flatten().tolist())
    assert not set(flags.nonzero().flatten().tolist()) & silent


def test_what_may_not_change_does_not_and_the_class_to_reach_is_the_one_that_is_asked_for():
    schema = schema_of(6, x0=Feature("x0", mutable=False, dtype="float32"))
    surrogate, _, seen = tree_of(schema=schema)
    rows = table(40, seed=8)
    found = LeafCounterfactuals(seen.inputs).explain(surrogate, rows)
    assert torch.equal(found.counterfactuals[:, 0, 0], rows[:, 0])
    asked = LeafCounterfactuals(seen.inputs).explain(surrogate, rows, 1)
    assert set(asked.goals.tolist()) == {1}
    already = surrogate(rows).argmax(1) == 1
    assert not bool(asked.found[already].any())
    assert torch.equal(asked.costs.isnan(), ~asked.found)


def test_codes_of_categories_stay_codes():
    inputs = table(300)
    inputs[:, 0] = (inputs[:, 0] > 0).float() * 2
    schema = schema_of(6, x0=Feature("x0", categories=("a", "b", "c"), low=0, high=2, dtype="object"))
    surrogate, _, seen = tree_of(inputs=inputs, weights=(3, 0.2, 0, 0, 0, 0))
    surrogate.schema = schema
    found = LeafCounterfactuals(seen.inputs).explain(surrogate, inputs[:30])
    assert set(found.counterfactuals[:, 0, 0].tolist()) <= {0.0, 2.0}
    assert found.cost_unit == "median absolute deviations, and 1 a changed category"


def test_contributions_on_the_path_add_up_and_lie_on_the_columns_that_were_asked():
    surrogate, _, _ = tree_of()
    rows = table(25, seed=9)
    found = SurrogatePath().explain(surrogate, rows, 1)
    root = surrogate.tree.values[0, 1]
    assert torch.allclose(found.values.sum(1), surrogate(rows)[:, 1] - root, atol=1e-6)
    for way, values in zip(paths(surrogate, rows), found.values, strict=True):
        assert set(values.nonzero().flatten().tolist()) <= {step.condition.feature for step in way}
        assert way[0].before == tuple(surrogate.tree.values[0].tolist())
        for step in way:
            low, high = step.condition.low, step.condition.high
            assert low is None or step.value > low
            assert high is None or step.value <= high
        by_column = {column: 0.0 for column in range(6)}
        for step in way:
            by_column[step.condition.feature] += step.after[1] - step.before[1]
        assert values.tolist() == pytest.approx(list(by_column.values()), abs=1e-6)


def test_other_models_and_kinds_without_leaves_are_refused():
    _, model, seen = tree_of()
    with pytest.raises(CapabilityError, match="reads the tree of a surrogate"):
        SurrogatePath().explain(model, table(2))
    forest = Surrogate(
        grown("forest", seen.rows, seen.probabilities, [0], Growth(trees=2)), model, columns_of(model, 6), kind="forest"
    )
    with pytest.raises(CapabilityError, match=r"need a surrogate of kind 'tree'. Got 'forest'"):
        LeafCounterfactuals(seen.inputs).explain(forest, table(2))


@pytest.mark.parametrize("setting", [{"background": torch.zeros(0, 6)}, {"background": torch.zeros(3, 6), "tries": 0}])
def test_settings_that_mean_nothing_are_named(setting):
    with pytest.raises(InputError, match="must be"):
        LeafCounterfactuals(**setting)
