"""The command `sweep`: a configuration is composed, and a run follows from it."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from sweep.errors import ConfigError
from sweep.usage import usage

__all__ = ["BAD_INPUT", "FAILED", "INTERRUPTED", "config_folder", "main"]

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


def config_folder() -> Path:
    """The configuration: sweep/conf in an installed wheel, conf beside the package in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _sweep(folder: Path, arguments: list[str]) -> None:
    # Help and bad input must not wait for the packages that a run needs.
    from sweep.composition import compose

    jobs = compose(folder, arguments)
    if jobs:
        from sweep.command import sweep

        for job in jobs:
            sweep(job.config, job.overrides, job.text, job.notice)


def main() -> None:
    """Entry point of the console script; exit codes are in `sweep --help`."""
    signal.signal(signal.SIGTERM, _stop)
    folder, arguments = config_folder(), sys.argv[1:]
    if {"--help", "-h"} & set(arguments):
        print(usage(folder, arguments), end="")
        return
    try:
        _sweep(folder, arguments)
    except KeyboardInterrupt:
        print("\nsweep: interrupted; the same command continues", file=sys.stderr, flush=True)
        sys.stdout.flush()
        # All work is dropped or written by now, and Ray's leftover threads can abort an orderly exit.
        os._exit(INTERRUPTED)
    except ConfigError as error:
        print(f"sweep: {error}", file=sys.stderr)
        sys.exit(BAD_INPUT)
    except OSError as error:
        print(f"sweep: {error}; what is stored stays, and the same command continues", file=sys.stderr)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
