"""What two comparisons of the same question have in common: all but the time that they took."""

from xaivision.report.summary import comparison_summary


def numbers(comparison):
    """Everything that a report says, but how long it took."""

    def timeless(value):
        if isinstance(value, dict):
            return {name: timeless(part) for name, part in value.items() if name != "seconds"}
        return [timeless(part) for part in value] if isinstance(value, list) else value

    return timeless(comparison_summary(comparison))
