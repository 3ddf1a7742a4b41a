"""The command `analyze`: `analyze report STORE` writes the report of a finished sweep and prints where the page is."""

import argparse
import gc
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from analysis.report.write import LANGUAGES
from sweep.errors import ConfigError

__all__ = ["main"]

MOST_LINES = 8


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0, or 2 after an error, which is told in a few lines."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser, commands = _parser()
    # What is no command is a store, whose report is wanted.
    if given and not given[0].startswith("-") and given[0] not in commands:
        given.insert(0, "report")
    options = parser.parse_args(given)
    # By default a tenth of the time goes into searching what libraries load for garbage.
    gc.set_threshold(100_000, 10, 10)
    try:
        print(options.run(options))
    except Exception as error:
        if options.traceback:
            raise
        _complain(error, options.store)
        return 2
    return 0


def _parser() -> tuple[argparse.ArgumentParser, set[str]]:
    """The parser, and the names of its commands; what a command's `run` returns is printed."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("store", metavar="STORE", help="path or URL of the store, such as results/NAME.zarr")
    shared.add_argument("--traceback", action="store_true", help="show where an error arose, for reports of bugs")
    parser = argparse.ArgumentParser(prog="analyze", description="Make something of a sweep's store.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    report = commands.add_parser(
        "report", parents=[shared], help="write a page of results", description="Write a report: one HTML file."
    )
    report.add_argument("--out", type=Path, metavar="FILE", help="file of the report (default: beside the store)")
    report.add_argument("--language", choices=LANGUAGES, default="en", help="language of the report (default: en)")
    report.set_defaults(run=_report)
    return parser, set(commands.choices)


def _report(options: argparse.Namespace) -> Path:
    """Write the report and repeat warnings about the store as plain lines."""
    from analysis import StoreWarning, write_report

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", StoreWarning)
        page = write_report(options.store, options.out, language=options.language)
    for warning in caught:
        print(f"warning: {warning.message}", file=sys.stderr)
    return page


def _complain(error: Exception, store: str) -> None:
    """Tell an error in a few lines: the message of an expected one, else also what to do next."""
    if isinstance(error, ConfigError):
        lines = str(error).splitlines()
    elif isinstance(error, OSError):
        lines = [f"{error.filename or store}: {error.strerror or error}"]
    else:
        lines = [f"{store} can't be analyzed: {type(error).__name__}: {error}".splitlines()[0]]
        lines.append("add --traceback to see where this arose")
    print("\n".join(["analyze: " + lines[0], *lines[1:MOST_LINES]]), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
