"""The `tocsin` command: every subcommand in a file of its own, its work imported only when it runs."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from alerting.cli.audit import app as audit
from alerting.cli.backtest import backtest
from alerting.cli.cases import app as cases
from alerting.cli.check import check
from alerting.cli.contacts import app as contacts
from alerting.cli.dead_letters import app as dead_letters
from alerting.cli.demo import demo
from alerting.cli.doctor import doctor
from alerting.cli.drafts import app as drafts
from alerting.cli.drill import drill
from alerting.cli.erase import erase
from alerting.cli.exits import Exit, complain
from alerting.cli.explain import explain
from alerting.cli.feedback import app as feedback
from alerting.cli.feeds import feeds
from alerting.cli.history import app as history
from alerting.cli.holds import app as holds
from alerting.cli.incidents import app as incidents
from alerting.cli.kafka import app as kafka
from alerting.cli.keys import app as keys
from alerting.cli.labels import app as labels
from alerting.cli.notices import app as notices
from alerting.cli.on_call import app as on_call
from alerting.cli.produce import produce
from alerting.cli.reload import reload
from alerting.cli.replay_decisions import replay_decisions
from alerting.cli.report import app as report
from alerting.cli.routes import app as routes
from alerting.cli.score_labels import score_labels
from alerting.cli.serve import alert, detect, score, serve
from alerting.cli.silences import app as silences
from alerting.cli.simulate import simulate
from alerting.cli.topics import app as topics

app = typer.Typer(
    name="tocsin",
    help="Real-time crisis and virality alerting: mention streams in, one explained page out.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong use, 3 wrong configuration, 4 unreachable, 5 refused.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("demo")(demo)
app.command("serve")(serve)
app.command("score")(score)
app.command("detect")(detect)
app.command("alert")(alert)
app.add_typer(kafka, name="kafka")
app.command("produce")(produce)
app.command("simulate")(simulate)
app.add_typer(history, name="history")
app.command("backtest")(backtest)
app.command("score-labels")(score_labels)
app.command("explain")(explain)
app.command("replay-decisions")(replay_decisions)
app.command("check")(check)
app.add_typer(topics, name="topics")
app.add_typer(incidents, name="incidents")
app.add_typer(silences, name="silences")
app.add_typer(notices, name="notices")
app.add_typer(contacts, name="contacts")
app.add_typer(feedback, name="feedback")
app.add_typer(report, name="report")
app.add_typer(labels, name="labels")
app.add_typer(drafts, name="drafts")
app.add_typer(holds, name="holds")
app.add_typer(cases, name="cases")
app.command("feeds")(feeds)
app.add_typer(dead_letters, name="dead-letters")
app.command("doctor")(doctor)
app.add_typer(routes, name="routes")
app.add_typer(on_call, name="on-call")
app.command("drill")(drill)
app.add_typer(keys, name="keys")
app.command("erase")(erase)
app.command("reload")(reload)
app.add_typer(audit, name="audit")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tocsin {version('tocsin')}")
        raise typer.Exit


@app.callback()
def _root(
    show: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Real-time crisis and virality alerting: mention streams in, one explained page out."""


def main() -> None:
    """Run the command line; a closed pipe or Ctrl-C is no traceback."""
    from streams.log import set_up_logging

    set_up_logging(level="WARNING", json=False)
    try:
        app()
    except KeyboardInterrupt:
        complain("interrupted")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(Exit.FAILED)


if __name__ == "__main__":
    main()
