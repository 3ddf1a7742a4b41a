"""The command `analyze STORE`: writes the report of a finished sweep and prints where the page is."""

import argparse
import gc
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from sweep.errors import ConfigError

__all__ = ["main"]

MOST_LINES = 8


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0, or 2 after an error, which is told in a few lines."""
    parser = argparse.ArgumentParser(prog="analyze", description="Write a report page of a sweep's store.")
    parser.add_argument("store", metavar="STORE", help="path or URL of the store, such as results/NAME.zarr")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="folder of the report (default: beside the store)")
    parser.add_argument("--traceback", action="store_true", help="show where an error arose, for reports of bugs")
    options = parser.parse_args(arguments)
    # By default a tenth of the time goes into searching what libraries load for garbage.
    gc.set_threshold(100_000, 10, 10)
    try:
        print(_report(options.store, options.out))
    except Exception as error:
        if options.traceback:
            raise
        _complain(error, options.store)
        return 2
    return 0


def _report(store: str, folder: Path | None) -> Path:
    """Write the report and repeat warnings about the store as plain lines."""
    from analysis import StoreWarning, write_report

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", StoreWarning)
        page = write_report(store, folder)
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
