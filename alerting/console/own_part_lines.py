"""Our own part in an incident, made ready for its page: every value here is text, made harmless."""

from dataclasses import dataclass
from datetime import datetime

from alerting.console import words
from alerting.console.words import LONGEST_TEXT
from alerting.incidents.own_part import Backlash, Helping, OwnPart, Said, Template
from alerting.incidents.own_part_words import backlash_line, canned_line, helping_line, waits_line
from alerting.notifiers.escaping import one_line


@dataclass(frozen=True, slots=True)
class SaidLine:
    """One answer in its own words; `about` says what it is."""

    text: str
    about: str
    url: str


@dataclass(frozen=True, slots=True)
class OwnPartBlock:
    """One thing that is told, with what shows it."""

    name: str
    told: str
    said: tuple[SaidLine, ...] = ()


def own_part_blocks(part: OwnPart | None, now: datetime) -> tuple[OwnPartBlock, ...]:
    """What there is to tell, the worst first; empty where nobody looked."""
    if part is None:
        return ()
    blocks = [_backlash(one, now) for one in part.backlash]
    if part.replies is None:
        blocks.append(OwnPartBlock("Our answers", "ours are not in the stream: whom we answered is not known"))
    if part.waits is not None:
        longest = [f"{one_line(one.mention, 80)} since {words.clock(one.since, now)}" for one in part.waits.waiting]
        named = f"; waits longest: {', '.join(longest)}" if longest else ""
        blocks.append(OwnPartBlock("Our answers", waits_line(part.waits, now) + named))
    if part.canned is not None and canned_line(part.canned):
        templates = tuple(_template(one, now) for one in part.canned.templates)
        blocks.append(OwnPartBlock("Canned", canned_line(part.canned), templates))
    if part.helping is not None and part.helping.helped:
        blocks.append(_helping(part.helping, now))
    return tuple(blocks)


def _backlash(one: Backlash, now: datetime) -> OwnPartBlock:
    drew = f"; what it answers drew {one.original:,} answers itself" if one.original else ""
    said = (_said(one.reply, "ours", now), *(_said(example, "to it", now) for example in one.examples))
    return OwnPartBlock("Backlash", backlash_line(one) + drew, said)


def _template(one: Template, now: datetime) -> SaidLine:
    named = f"template {one_line(one.declared, 60)}, " if one.declared else ""
    return _said(one.example, f"{named}{one.here:,} times since it began, {one.today:,} in the last day, first", now)


def _helping(helping: Helping, now: datetime) -> OwnPartBlock:
    return OwnPartBlock(
        "Customers help", helping_line(helping), tuple(_said(one, "a customer", now) for one in helping.examples)
    )


def _said(one: Said, about: str, now: datetime) -> SaidLine:
    where = [about, one_line(one.mention, 80), words.clock(one.at, now)]
    return SaidLine(one_line(one.text, LONGEST_TEXT) or "(no text)", ", ".join(where), one_line(one.url or "", 120))
