"""The `tocsin` command: every subcommand in a file of its own, its work imported only when it runs."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from alerting.cli import backtest, check, demo, drill, history, incidents, kafka, produce, serve, simulate, topics
from alerting.cli.exits import Exit, complain

app = typer.Typer(
    name="tocsin",
    help="Real-time crisis and virality alerting: mention streams in, one explained page out.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong use, 3 wrong configuration, 4 unreachable, 5 refused.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("score")(serve.score)
app.command("detect")(serve.detect)
app.command("alert")(serve.alert)
app.add_typer(kafka.app, name="kafka")
app.command("produce")(produce.produce)
app.command("simulate")(simulate.simulate)
app.add_typer(history.app, name="history")
app.command("backtest")(backtest.backtest)
app.command("check")(check.check)
app.command("topics")(topics.topics)
app.add_typer(incidents.app, name="incidents")
app.command("drill")(drill.drill)


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
