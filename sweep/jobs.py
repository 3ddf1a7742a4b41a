"""The jobs of one command line: each is run, and an index says where the results of each are."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sweep.command import Ended, sweep
from sweep.errors import IMPRECISE, ConfigError, DamageError, InUseError, StorageError, ending
from sweep.plan import digest
from sweep.screen import Screen, path_shown
from sweep.store import MOST_TEXT, Folder, MultirunJob, write_multirun

if TYPE_CHECKING:
    from sweep.composition import Job

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
    """Write the index into the folder that all stores are in, where they are in one."""
    stores = [found.at.path if found and isinstance(found.at, Folder) else None for found, _ in ended]
    if any(found and store is None for (found, _), store in zip(ended, stores, strict=True)):
        screen.notice("no index of these jobs is written: not all of their stores are on a disk")
        return
    there = [store.parent for store in stores if store]
    folder = _common(there) if there else _stated(jobs[0].config)
    if folder is None:
        screen.notice("no index of these jobs is written: their stores are in no folder together")
        return
    entries = [
        job.model_copy(update={"store": store.relative_to(folder).as_posix()}) if store else job
        for (_, job), store in zip(ended, stores, strict=True)
    ]
    path = folder / f"multirun-{digest([job.overrides for job in jobs])[:8]}.json"
    write_multirun(path, entries)
    failed = sum(job.code is None or job.store is None for job in entries)
    told = f", {failed} of them without results" if failed else ""
    screen.print(f"\nindex:  {path_shown(path)} ({len(jobs)} jobs{told})", markup=False, soft_wrap=True)
    screen.result(path)
    screen.event("index", path=str(path), jobs=len(jobs), failed=failed)


def _common(folders: Sequence[Path]) -> Path | None:
    """The folder that all are in, None where only the root of the file system is."""
    found = Path(os.path.commonpath(folders))
    return found if len(found.parts) > 1 else None


def _stated(config: Mapping[str, object]) -> Path | None:
    """Where stores would have gone, None where that is no folder."""
    settings = config.get("store")
    folder = settings.get("folder") if isinstance(settings, Mapping) else None
    return Path(folder).absolute() if isinstance(folder, str) and "://" not in folder else None
