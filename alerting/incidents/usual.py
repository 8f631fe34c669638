"""What was usual, as a number that people read."""

from alerting.incidents.wording import count


def usual(expected: float) -> str:
    """So many mentions as were expected; two figures of a few, since few may be far less than one.

    >>> usual(0.0412), usual(3.91), usual(42.4), usual(2723.6)
    ('0.041', '3.9', '42', '2,724')
    """
    return f"{expected:.2g}" if expected < 10 else count(expected)
