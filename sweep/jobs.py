"""The jobs of one command line: each is run, and an index says where the results of each are."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from sweep.command import Ended, sweep
from sweep.errors import IMPRECISE, ConfigError, DamageError, InUseError, StorageError, ending
from sweep.plan import digest
from sweep.screen import Screen, path_shown
from sweep.store import MOST_TEXT, Folder, MultirunJob, place, write_multirun

if TYPE_CHECKING:
    from sweep.composition import Job
    from sweep.store import Where

__all__ = ["differing", "run_jobs", "worst"]

# From the worst to the best.
_CODES = (DamageError.code, StorageError.code, InUseError.code, ConfigError.code, IMPRECISE, 0)


def differing(jobs: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """Of each job's overrides, KEY=VALUE, those that not all jobs have alike."""
    rows = [
        {key.lstrip("+~"): value[:MOST_TEXT] for key, _, value in (each.partition("=") for each in job)} for job in jobs
    ]
    keys = dict.fromkeys(key for row in rows for key in row)
    apart = [key for key in keys if len({row.get(key) for row in rows}) > 1]
    return [{key: row[key] for key in apart if key in row} for row in rows]


def worst(codes: Sequence[int]) -> int:
    """The exit code of several jobs: the first there is of failed, unwritable, in use, bad input, imprecise."""
    return min(codes, key=lambda code: _CODES.index(code) if code in _CODES else -1, default=0)


def run_jobs(jobs: "Sequence[Job]", screen: Screen) -> int:
    """Run jobs one after another; returns the exit code of the worst.

    Of several, one that fails ends alone, and an index of all is written in the end, also on an interrupt. Raises
    ConfigError and OSError of a single job.
    """
    if len(jobs) == 1:
        return _code(_run(jobs[0], screen))
    overrides = differing([job.overrides for job in jobs])
    ended: list[tuple[Ended | None, MultirunJob]] = []
    try:
        for number, (job, own) in enumerate(zip(jobs, overrides, strict=True)):
            named = " ".join(f"{key}={value}" for key, value in own.items())
            screen.facts["job"] = number
            screen.print(f"\njob {number} ({number + 1} of {len(jobs)}): {named}", markup=False)
            try:
                found = _run(job, screen)
            except BrokenPipeError:
                raise
            except (ConfigError, OSError) as error:
                text, code = ending(error)
                print(f"sweep: job {number} ({named}): {text}", file=sys.stderr, flush=True)
                screen.event("error", text=text, code=code)
                ended.append((None, MultirunJob(overrides=own, code=code, message=text[:MOST_TEXT])))
            else:
                ended.append((found, MultirunJob(overrides=own, code=_code(found))))
    finally:
        screen.facts.clear()
        left = overrides[len(ended) :]
        _write_index(jobs, [*ended, *((None, MultirunJob(overrides=own)) for own in left)], screen)
    return worst([job.code or 0 for _, job in ended])


def _run(job: "Job", screen: Screen) -> Ended:
    found = sweep(job.config, job.overrides, job.text, job.notice, screen)
    screen.result(found.at)
    return found


def _code(found: Ended) -> int:
    return 0 if found.precise else IMPRECISE


def _write_index(jobs: "Sequence[Job]", ended: Sequence[tuple[Ended | None, MultirunJob]], screen: Screen) -> None:
    """Write the index into the folder that all stores are in, be it on a disk or in a bucket."""
    stores = [_path(found.at) if found else None for found, _ in ended]
    folder = _common([store for store in stores if store]) if any(stores) else _stated(jobs[0].config)
    if folder is None:
        screen.notice("no index of these jobs is written: their stores are in no folder together")
        return
    entries = [
        job.model_copy(update={"store": store.removeprefix(f"{folder}/")}) if store else job
        for store, (_, job) in zip(stores, ended, strict=True)
    ]
    path = f"{folder}/multirun-{digest([job.overrides for job in jobs])[:8]}.json"
    write_multirun(path, entries)
    failed = sum(job.code is None or job.store is None for job in entries)
    told = f", {failed} of them without results" if failed else ""
    screen.print(f"\nindex:  {path_shown(path)} ({len(jobs)} jobs{told})", markup=False, soft_wrap=True)
    screen.result(path)
    screen.event("index", path=path, jobs=len(jobs), failed=failed)


def _path(at: "Where") -> str:
    """Path or URL of a store, without steps up: an index leads down alone."""
    found = str(at)
    return os.path.realpath(found) if isinstance(at, Folder) and ".." in at.path.parts else found


def _common(stores: Sequence[str]) -> str | None:
    """The folder or prefix that all are in, None where that is only the root of the file system, or nothing."""
    # Of lists of parts, not of texts.
    shared = os.path.commonprefix([store.split("/")[:-1] for store in stores])  # noqa: RUF071
    return "/".join(shared) if any(shared[1:]) else None


def _stated(config: Mapping[str, object]) -> str | None:
    """Where stores would have gone, None where that is nowhere."""
    settings = config.get("store")
    folder = settings.get("folder") if isinstance(settings, Mapping) else None
    with suppress(ConfigError):
        return str(place(folder)) if isinstance(folder, str) else None
    return None
