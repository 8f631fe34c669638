"""Our own part in an incident, with everything in it."""

from datetime import timedelta

from alerting.incidents.own_part import Backlash, Canned, Helping, OwnPart, Said, Template, Waiting, Waits
from tests.fakes.clock import START

US, ANN, TOM = 99, 7, 8
HOSTILE = "<script>alert(1)</script> \x1b[31m=HYPERLINK(1)"


def said(mention: str, author: int, text: str = HOSTILE, **fields: object) -> Said:
    """One answer, two minutes in."""
    return Said(
        mention,
        "x:7",
        START + timedelta(minutes=2),
        text=text,
        author=f"name{author}",
        author_number=author,
        url=f"https://x.example/{mention}",
        **fields,  # type: ignore[arg-type]
    )


def own_part() -> OwnPart:
    """As of ten minutes in: one answer of ours hurts, another is canned, Tom helps."""
    return OwnPart(
        START + timedelta(minutes=10),
        replies=12,
        waits=Waits(400.0, 64, 16, 300.0, 262.0, 331.0, 840.0, (Waiting("x:1", START),)),
        canned=Canned(12, 9, 40, 20, (Template(said("x:t", US), 20, 9),)),
        backlash=(
            Backlash(said("x:bad", US), 51, 50, 40, 0.6, 0.3, 1e-9, likes=3, original=4, examples=(said("x:a", ANN),)),
        ),
        helping=Helping(64, 3, 1, 1, (said("x:h", TOM),)),
    )
