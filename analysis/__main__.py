"""The command `analyze`: a report of a finished sweep, a table of its estimates, how two differ, or other formats."""

import argparse
import gc
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.report.write import LANGUAGES
from sweep.errors import ConfigError, nearest

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["main"]

MOST_LINES = 8
# Of `export`, what each makes.
_FORMATS = {"ema": "NAME.tar.gz (ema: EMA Workbench)"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0, or 2 after an error, which is told in a few lines."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser, commands = _parser()
    # What is no command is a store, whose report is wanted.
    if given and not given[0].startswith("-") and given[0] not in commands:
        if given[0].isidentifier() and not Path(given[0]).exists():
            parser.error(f"{given[0]}: no such command, and no such store; {nearest(given[0], commands)}")
        given.insert(0, "report")
    options = parser.parse_args(given)
    # Matrices are so small that threads for them would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # By default a tenth of the time goes into searching what libraries load for garbage.
    gc.set_threshold(100_000, 10, 10)
    try:
        with _warnings_told():
            text = options.run(options)
        print(text, flush=True)
    except BrokenPipeError:
        # Whoever reads, as `head` does, has seen enough; the rest goes nowhere, also when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
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
    parser = argparse.ArgumentParser(
        prog="analyze",
        description="Make something of a sweep's store.",
        epilog="`analyze STORE` is `analyze report STORE`, and `analyze COMMAND --help` tells more of a command. Exit "
        "codes: 0 done, 2 an error, which is told in a few lines.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    report = commands.add_parser(
        "report", parents=[shared], help="write a page of results", description="Write a report: one HTML file."
    )
    report.add_argument("--out", type=Path, metavar="FILE", help="file of the report (default: beside the store)")
    report.add_argument("--language", choices=LANGUAGES, default="en", help="language of the report (default: en)")
    report.set_defaults(run=_report)
    table = commands.add_parser(
        "table",
        parents=[shared],
        help="write a table of estimates and differences, with their errors",
        description="Estimates and differences to a policy in the same draw, with Monte Carlo standard errors, as CSV.",
    )
    _add_choices(table, "all", "LaTeX; default: CSV is printed)")
    table.add_argument("--policies", nargs="+", metavar="NAME", help="policies that it is of (default: all)")
    table.add_argument("--to", default="none", metavar="POLICY", help="what others are compared with (default: none)")
    table.set_defaults(run=_table)
    compare = commands.add_parser(
        "compare",
        parents=[shared],
        help="tell how two sweeps differ, in configuration and beyond noise in results",
        description="Two sweeps side by side: what differs in configuration, and which estimates differ beyond noise.",
    )
    compare.add_argument("second", metavar="STORE", help="the other store")
    _add_choices(compare, "the last that both have", "LaTeX), besides what is printed")
    compare.set_defaults(run=_compare)
    export = commands.add_parser(
        "export",
        parents=[shared],
        help="write the results for another tool",
        description="Write inputs and outcomes of all draws and policies in the format of another tool.",
    )
    export.add_argument("file", type=Path, metavar="FILE", help=f"file to write: {', '.join(_FORMATS.values())}")
    export.add_argument("--format", required=True, choices=_FORMATS, help="the tool to write for")
    export.add_argument("--outcomes", nargs="+", metavar="NAME", help="outcomes to write (default: all national ones)")
    export.add_argument("--policies", nargs="+", metavar="NAME", help="policies to write (default: all)")
    export.set_defaults(run=_export)
    return parser, set(commands.choices)


def _add_choices(command: argparse.ArgumentParser, years: str, told: str) -> None:
    """What a table is of, and where it goes."""
    command.add_argument("--out", type=Path, metavar="FILE", help=f"file to write: .csv, .parquet or .tex ({told}")
    command.add_argument("--outcomes", nargs="+", metavar="NAME", help="outcomes (default: all national ones)")
    command.add_argument("--years", nargs="+", type=int, metavar="YEAR", help=f"years (default: {years})")
    command.add_argument(
        "--by",
        nargs="+",
        default=(),
        choices=("regime", "region"),
        help="by regime (else pooled by their weights), by region (then of regional outcomes)",
    )


def _report(options: argparse.Namespace) -> Path:
    """Write the report."""
    from analysis import write_report

    return write_report(options.store, options.out, language=options.language)


def _table(options: argparse.Namespace) -> str:
    """A table as text, or the path of its file."""
    from analysis import load, tabulated, write_table
    from analysis.export import csv_text

    chosen = options.policies and list(dict.fromkeys([options.to, *options.policies]))
    data = load(options.store, chosen)
    outcomes = _outcomes(options, data)
    found = tabulated(data, outcomes, options.years, options.to, pooled="regime" not in options.by)
    if options.policies:
        found = found.sel(policy=options.policies)
    return csv_text(found).rstrip("\n") if options.out is None else str(write_table(found, options.out))


def _compare(options: argparse.Namespace) -> str:
    """How two stores differ, as text, and in a file if one is asked for."""
    from analysis import compared, load, write_table
    from analysis.telling import comparison_told

    first, second = load(options.store), load(options.second)
    outcomes = _outcomes(options, first, second)
    found = compared(first, second, outcomes, options.years, pooled="regime" not in options.by)
    told = comparison_told(found, (options.store, options.second))
    return told if options.out is None else f"{told}\n\n{write_table(found, options.out)}"


def _export(options: argparse.Namespace) -> str:
    """The path of a file for another tool."""
    from analysis import load, write_ema
    from analysis.ema import refuse_archive

    # Before a minute of reading.
    refuse_archive(options.file)
    return str(write_ema(load(options.store, options.policies), options.file, options.outcomes))


def _outcomes(options: argparse.Namespace, *stores: "xr.Dataset") -> list[str] | None:
    """The outcomes asked for, None for all national ones, in all stores. Raises ConfigError where --by is of others."""
    from analysis.export import refuse_file
    from analysis.statistics import outcome_names

    if options.out is not None:
        # Before a minute of work.
        refuse_file(options.out)
    by_region, regional = "region" in options.by, [outcome_names(data, regional=True) for data in stores]
    if options.outcomes is None:
        shared = [name for name in regional[0] if name in regional[-1]]
        if by_region and not shared:
            raise ConfigError("--by region: expected regional outcomes, and there are none: leave out --by region")
        return shared if by_region else None
    for name in options.outcomes:
        national = name in outcome_names(stores[0], regional=False)
        if by_region and national:
            raise ConfigError(f"--outcomes: {name} is national, and has no regions: leave out --by region")
        if not by_region and name in regional[0]:
            raise ConfigError(f"--outcomes: {name} is regional: add --by region")
    return list(options.outcomes)


@contextmanager
def _warnings_told() -> Iterator[None]:
    """Tell warnings of a store and of what was found in it as plain lines."""
    from analysis import StoreWarning
    from analysis.caution import AnalysisWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", StoreWarning)
        warnings.simplefilter("always", AnalysisWarning)
        yield
    for text in dict.fromkeys(str(warning.message) for warning in caught):
        print(f"warning: {text}", file=sys.stderr)


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
