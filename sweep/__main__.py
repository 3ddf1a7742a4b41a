"""The command `sweep`: Hydra composes the configuration, and a run follows from it."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

# Hydra catches errors to print a traceback of its own; with this set it hands them on to `main`.
os.environ["HYDRA_FULL_ERROR"] = "1"

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from sweep.composition import explain
from sweep.errors import ConfigError

__all__ = ["BAD_INPUT", "INTERRUPTED", "config_folder", "main"]

BAD_INPUT, INTERRUPTED = 2, 130


def config_folder() -> Path:
    """The configuration: sweep/conf in an installed wheel, conf beside the package in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


def _compose(folder: Path) -> list[tuple[dict[str, Any], list[str], str]]:
    """Composed configurations, one a job, with their overrides and their text. Raises ConfigError."""
    jobs: list[tuple[DictConfig, list[str]]] = []

    def collect(config: DictConfig) -> None:
        jobs.append((config, list(HydraConfig.get().overrides.task)))

    # The work comes after Hydra is done: inside, it would print its own report of every error. Whatever goes wrong
    # here, by whichever exception of Hydra's, is the configuration's fault.
    try:
        hydra.main(version_base="1.3", config_path=str(folder), config_name="config")(collect)()
        return [(_plain(config), overrides, OmegaConf.to_yaml(config)) for config, overrides in jobs]
    except Exception as error:
        raise explain(error, folder, sys.argv[1:]) from error


def _plain(config: DictConfig) -> dict[str, Any]:
    container: Any = OmegaConf.to_container(config, resolve=True)
    return dict(container)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Entry point of the console script; exit codes are in `sweep --help`."""
    signal.signal(signal.SIGTERM, _stop)
    folder = config_folder()
    try:
        jobs = _compose(folder)
        if jobs:
            from sweep.command import sweep

            for job in jobs:
                sweep(*job)
    except KeyboardInterrupt:
        print("\nsweep: interrupted; the same command continues", file=sys.stderr, flush=True)
        sys.stdout.flush()
        # All work is dropped or written by now, and Ray's leftover threads can abort an orderly exit.
        os._exit(INTERRUPTED)
    except ConfigError as error:
        print(f"sweep: {error}", file=sys.stderr)
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
