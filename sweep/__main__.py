"""The command `sweep`: a configuration is composed, and a run follows from it."""

import gc
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from sweep.errors import IMPRECISE, ConfigError, ending
from sweep.usage import LOG_JSON, QUIET, usage

__all__ = ["BAD_INPUT", "FAILED", "IMPRECISE", "config_folder", "main"]

FAILED, BAD_INPUT = 1, ConfigError.code


def config_folder() -> Path:
    """The configuration: sweep/conf in an installed wheel, conf beside the package in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


# Ray raises a KeyboardInterrupt of its own in place of the handler's.
_received: list[int] = []


def _stop(number: int, frame: FrameType | None) -> None:
    """Stop in order on the first signal, at once on the second: what is stored lasts either way."""
    _received.append(number)
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: os._exit(128 + number))
    print("\nsweep: stopping after the tasks under way; Ctrl-C again stops at once", file=sys.stderr, flush=True)
    raise KeyboardInterrupt


def _sweep(folder: Path, arguments: list[str]) -> int:
    if arguments[:1] in (["describe"], ["plan"]):
        from sweep.composition import compose

        jobs = compose(folder, arguments[1:])
        if arguments[0] == "plan":
            from sweep.preview import show_plan as show
        else:
            from sweep.description import describe as show
        for job in jobs:
            show(job.config, job.overrides, job.text, job.notice)
        return 0
    if arguments[:1] == ["check-model"]:
        from sweep.check_model import check_model

        if len(arguments) != 2:
            raise ConfigError("check-model: expected one model, as in `sweep check-model my_model.py`")
        text, code = check_model(arguments[1])
        print(text)
        return code
    if arguments and not set(arguments[0]) & set("=+~-"):
        from sweep.inspection import inspect

        text, code = inspect(*arguments)
        print(text)
        return code
    # Help and bad input must not wait for the packages that a run needs.
    from sweep.composition import compose

    jobs = compose(folder, [each for each in arguments if each not in (QUIET, LOG_JSON)])
    if jobs:
        from sweep.allocator import hold_little
        from sweep.jobs import run_jobs
        from sweep.screen import Screen

        hold_little()
        return run_jobs(jobs, Screen(QUIET in arguments, sys.stdout if LOG_JSON in arguments else None))
    return 0


def _complain(text: str, arguments: list[str], **facts: object) -> None:
    """Say what ended the command, to the log too where events go to one."""
    print(f"sweep: {text}", file=sys.stderr, flush=True)
    if LOG_JSON in arguments:
        from sweep.screen import Screen

        Screen(log=sys.stdout).event("error", text=text, **facts)


def main() -> None:
    """Entry point of the console script; exit codes are in `sweep --help`."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    # By default a tenth of a short run goes into searching what libraries load for garbage.
    gc.set_threshold(100_000, 10, 10)
    folder, arguments = config_folder(), sys.argv[1:]
    if {"--help", "-h"} & set(arguments) or arguments == ["help"]:
        print(usage(folder, arguments), end="")
        return
    try:
        sys.exit(_sweep(folder, arguments))
    except KeyboardInterrupt:
        code = 128 + (_received or [signal.SIGINT])[0]
        _complain("interrupted; the same command continues", arguments, code=code)
        sys.stdout.flush()
        # All work is dropped or written by now, and Ray's leftover threads can abort an orderly exit.
        os._exit(code)
    except BrokenPipeError:
        # Whoever reads, as `head` does, has seen enough.
        os._exit(FAILED)
    except (ConfigError, OSError) as error:
        text, code = ending(error)
        _complain(text, arguments, code=code)
        sys.exit(code)


if __name__ == "__main__":
    main()
