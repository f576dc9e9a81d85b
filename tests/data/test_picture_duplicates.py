from xaivision.data.picture_duplicates import duplicates_of


def test_the_first_of_equal_pictures_is_kept():
    found = duplicates_of(["a", "b", "a", "c", "a"], [0, 0, 0, 1, 0])
    assert found.kept == (0, 1, 3)
    assert found.dropped == ((2, 0), (4, 0))
    assert found.conflicts == ()


def test_a_picture_of_several_classes_is_kept_in_none():
    found = duplicates_of(["a", "b", "a", "b", "c"], [0, 0, 1, 0, 1])
    assert found.kept == (1, 4)
    assert found.dropped == ((3, 1),)
    assert found.conflicts == ((0, 2),)
