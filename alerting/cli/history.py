"""`tocsin history`: teach detectors a past."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from alerting.cli.exits import Exit, complain, explained
from alerting.cli.options import ColumnOption, ConfigOption, SourceOption, open_source, settings_from

if TYPE_CHECKING:
    from streams.events import PartialCount

_MOST_REFUSALS: Final = 20
_AHEAD: Final = timedelta(hours=1)  # what clocks may be apart
_FUTURE: Final = "in the future; a past that reaches beyond the present would be forgotten as a whole"

app = typer.Typer(help="Teach detectors a past before they page.", no_args_is_help=True)


@app.command("load")
def load(
    files: Annotated[list[Path], typer.Argument(help="Mentions (.jsonl, .csv, .gz) or, with --topic, counts (.csv).")],
    topic: Annotated[str | None, typer.Option(help="FILES are counts of this topic: timestamp,value,...")] = None,
    config: ConfigOption = None,
    source: SourceOption = "files",
    column: ColumnOption = None,
) -> None:
    """Load past mentions or counts: the detectors learn from them, nobody is paged about them.

    Load a topic's history once, before its first live mention; what comes later is passed over.
    """
    from streams.broker.registry import open_broker
    from streams.clock import SystemClock
    from streams.count_table import read_counts
    from streams.errors import InvalidInput
    from streams.history import partials_of_counts, partials_of_mentions
    from streams.matching import TopicMatcher
    from streams.mention import Mention
    from streams.produce import load_history
    from streams.sentiment.registry import scorer_of

    def partials() -> "Iterator[PartialCount]":
        if topic is not None:
            for file in files:
                rows = read_counts(file)
                if rows[-1].at > latest.timestamp():
                    last = datetime.fromtimestamp(rows[-1].at, UTC)
                    raise InvalidInput((f"{file}: the last row is dated {last:%Y-%m-%d %H:%M} UTC, {_FUTURE}",))
                for _, partial in partials_of_counts(known[topic], rows):
                    yield partial
            return
        mentions: list[Mention] = []
        refused = ahead = 0
        for item in chain.from_iterable(open_source(source, file, column).read() for file in files):
            if isinstance(item, Mention) and item.published_at > latest:
                ahead += 1
            elif isinstance(item, Mention):
                mentions.append(item)
            else:
                refused += 1
                if refused <= _MOST_REFUSALS:
                    complain(item.reason)
        if refused:
            complain(f"{refused} unreadable mentions are left out")
        if ahead:
            complain(f"{ahead} mention{'s'[: ahead != 1]} left out: dated {_FUTURE}")
        mentions.sort(key=lambda mention: mention.published_at)
        yield from partials_of_mentions(
            mentions,
            matcher=TopicMatcher(settings.topic_values()),
            scorer=scorer_of(settings.score),
            settings=settings,
        )

    async def work() -> int:
        async with open_broker(settings.kafka) as broker:
            return await load_history(partials(), broker, settings)

    with explained():
        latest = SystemClock().now() + _AHEAD
        settings = settings_from(config)
        known = {value.id: value for value in settings.topic_values()}
        if topic is not None and topic not in known:
            complain(f"there is no topic {topic!r}; known are {', '.join(sorted(known)) or 'none'}")
            raise SystemExit(Exit.USAGE)
        count = asyncio.run(work())
    typer.echo(f"{count} counted minutes loaded into {settings.kafka.partials}")
