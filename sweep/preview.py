"""What `sweep plan` says before a run: where results go, how much there is to do, and what that takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sweep import executors, plan, store
from sweep.config import build_study
from sweep.designs import FIXED
from sweep.disk import bytes_needed, check_space, least_bytes, readable_bytes, size_told
from sweep.errors import ConfigError
from sweep.factors import blocks_told
from sweep.fixed_designs import told
from sweep.memory import driver_bytes, worker_bytes
from sweep.precision import aims
from sweep.run import core_seconds, layout, located
from sweep.screen import path_shown, span_told
from sweep.search.telling import announced
from sweep.study import Study

__all__ = ["ANALYSES", "Preview", "allowed", "preview", "show_plan"]

# What analyses take of each design, as README's table has it; a test finds it by doing it.
ANALYSES = ("estimates, boxes", "decisions", "given data", "shapley_effects", "sobol_indices", "morris_screening")
_DRAWN, _CHOSEN = ("yes", "yes", "yes", "no", "no", "no"), ("warns", "no", "no", "no", "no", "no")
_ALLOWED = {
    "monte_carlo": ("yes", "yes", "yes", "yes", "no", "no"),
    **dict.fromkeys(("halton", "latin_hypercube", "sobol"), _DRAWN),
    **dict.fromkeys(("factorial", "table"), _CHOSEN),
    "saltelli": (*_CHOSEN[:4], "yes", "no"),
    "morris": (*_CHOSEN[:4], "no", "yes"),
}


def allowed(design: str) -> dict[str, str]:
    """Whether analyses take draws of a design: yes, warns, or no, by kind of analysis."""
    return dict(zip(ANALYSES, _ALLOWED[design], strict=True))


@dataclass(frozen=True)
class Preview:
    """What a run would do, found without writing anything.

    state: new, to be extended, to be continued, or complete; layout: of the store once all is done; tasks: that are
    left; files: of the whole store; seconds: core-seconds that the executor is chosen by.
    """

    study: Study
    at: store.Place
    state: str
    layout: store.Layout
    tasks: tuple[plan.Task, ...]
    files: int
    seconds: float
    executor: str

    @property
    def runs(self) -> int:
        """Runs that are left, draws × policies."""
        return sum(task.runs for task in self.tasks)

    @property
    def draws(self) -> int:
        """Draws of which some run is left."""
        return sum(task.stop - task.start for task in self.tasks)

    @property
    def workers(self) -> int | None:
        """Workers on this machine, None where a cluster decides."""
        execution = self.study.execution
        return execution.workers or (executors.cores() if execution.address is None else None)

    @property
    def estimate(self) -> float | None:
        """Seconds that the executor is planned to take, None on a cluster, whose cores aren't known."""
        found = executors.predicted(self.study.execution.workers, self.seconds)
        return found[self.executor] if self.workers and self.study.execution.address is None else None

    @property
    def worker_bytes(self) -> float:
        """Memory of one worker, roughly."""
        return worker_bytes(self.study, self.layout.chunk, len(self.layout.regions), self.executor)

    @property
    def driver_bytes(self) -> float:
        """Memory of the command, with threads where it has some, roughly."""
        return driver_bytes(self.study, self.layout.chunk, len(self.layout.regions), self.executor, self.files)


def preview(study: Study) -> Preview:
    """What a run of a study would do.

    Raises ConfigError where its store holds something else, as the run would.
    """
    if study.execution.address is not None:
        executors.check_address(study.execution.address)
    at, conflict = located(study)
    if conflict:
        raise ConfigError(conflict)
    wanted = layout(study, at)
    state, tasks = _left(study, at, wanted)
    seconds = core_seconds(study, sum(task.runs for task in tasks))
    name, _ = executors.choose(study.execution.name, study.execution.workers, study.execution.address, seconds)
    return Preview(study, at, state, wanted, tasks, _files(wanted), seconds, name)


def _left(study: Study, at: store.Place, wanted: store.Layout) -> tuple[str, tuple[plan.Task, ...]]:
    """The state of a store, and the tasks that a run would find left in it."""
    stored = store.extent(at)
    if stored is None:
        return "new", tuple(plan.tasks(wanted.draws, wanted.chunk, study.policies, {}))
    found = store.survey(at)
    room = np.zeros(wanted.draws, dtype=bool)
    done = {name: np.concatenate([row, room[len(row) :]]) for name, row in found.finished.items()}
    more_outputs = set(wanted.attributes["outputs"]) != set(stored["outputs"])
    # A last, partly filled chunk, and all chunks of more outputs, are computed again.
    tasks = list(plan.tasks(wanted.draws, wanted.chunk, study.policies, {} if more_outputs else done))
    if found.counting is not None:
        tasks = [plan.Task(task.start, task.stop, wanted.policies) for task in tasks]
    grown = (wanted.draws, wanted.policies) != (stored["draws"], tuple(stored["policies"])) or more_outputs
    if not tasks and not grown and store.read_seal(at):
        return "complete", ()
    return "to be extended" if grown else "to be continued", tuple(tasks)


def _files(wanted: store.Layout) -> int:
    """Files of a store that keeps its draws: of each chunk its arrays' and a marker, and those of the frame."""
    chunks = -(-wanted.sizes["draw"] // wanted.chunk)
    by_policy = sum("policy" in variable.dims for variable in wanted.variables) + 1
    others = len(wanted.variables) + 1 - by_policy
    # Each coordinate has two files, the group one, and COMPLETE comes last.
    coordinates = 5 if wanted.groups else 4
    return chunks * (by_policy * len(wanted.policies) + others + 1) + len(wanted.variables) + 1 + coordinates * 2 + 2


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _executor_told(found: Preview) -> str:
    """Which executor would run, with how many workers, and why."""
    execution, workers = found.study.execution, found.workers
    number = "a worker a core of the cluster" if workers is None else _count(workers, "worker")
    if execution.name != "auto":
        return f"{found.executor}, {number}: as executor={execution.name} says"
    if execution.address is not None:
        return f"{found.executor}, {number}: a cluster is named, {execution.address}"
    times = executors.predicted(execution.workers, found.seconds)
    return f"{found.executor}, {number}: threads would take some {_time(times['serial'])}, Ray {_time(times['ray'])}"


def _time(seconds: float) -> str:
    for size, unit in ((3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.2g} {unit}" if seconds < 10 * size else f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"


def _time_told(found: Preview) -> str:
    if not found.runs:
        return "none to compute"
    if found.estimate is None:
        return f"some {_time(found.seconds)} over the number of the cluster's cores (rough)"
    from sweep.kernel.compiled import is_compiled

    first = (
        ""
        if found.study.model or is_compiled()
        else "; before that the model is compiled, once, which takes most of a minute"
    )
    return f"some {_time(found.estimate)} (rough, of the runs alone, without the report){first}"


def _memory_told(found: Preview) -> str:
    """Memory of the command and of workers."""
    own, each = readable_bytes(found.driver_bytes), readable_bytes(found.worker_bytes)
    if found.executor == "serial":
        return f"some {own} in one process, {each} of it a thread"
    return f"some {each} a worker, and {own} of the command and Ray's own processes beside them"


def _analyses_told(study: Study) -> str:
    design = "monte_carlo" if study.random_sample else study.design
    by_kind: dict[str, list[str]] = {}
    for name, answer in allowed(design).items():
        by_kind.setdefault(answer, []).append(name)
    words = {"yes": "{}", "warns": "with a warning {}", "no": "not {}"}
    parts = [text.format(", ".join(by_kind[answer])) for answer, text in words.items() if answer in by_kind]
    extends = "" if study.design not in FIXED else f"; can't be extended: {FIXED[study.design]}"
    return f"design={study.design} takes {'; '.join(parts)}{extends}"


def _lines(found: Preview) -> Iterator[tuple[str, str]]:
    """What a plan says, by name."""
    study, policies = found.study, len(found.layout.policies)
    holder = store.owner(found.at)
    yield "store", f"{path_shown(found.at)} ({found.state}{f'; in use by {holder}' if holder else ''})"
    total = f"{found.layout.draws:,} draws × {policies} {'policy' if policies == 1 else 'policies'}"
    whole = found.layout.draws * policies
    left = "all to do" if found.runs == whole else f"{found.runs:,} of them to do" if found.runs else "all done"
    yield "runs", f"{total} = {_count(whole, 'run')}, {left}; {span_told(study)}"
    if design := blocks_told(study) or told(study):
        yield "design", design
    if study.precision:
        yield "precision", f"{aims(study.precision)}. This is the plan of the first ones."
    chunks = -(-found.layout.draws // found.layout.chunk)
    about = f"{_count(chunks, 'chunk')} of {_count(found.layout.chunk, 'draw')}, a task each"
    yield "tasks", about if len(found.tasks) == chunks else f"{about}; {len(found.tasks):,} to do"
    free = found.at.free_bytes()
    room = "no limit known" if free is None else f"{readable_bytes(free)} free"
    more = bytes_needed(study, found.runs, found.draws) if found.runs else 0
    new = "" if found.state == "new" else f", at most {readable_bytes(more)} of it still to come"
    files = f"{found.files:,} files, " if study.keep == "draws" else ""
    yield "disk", f"{files}{size_told(study)}{new}; {room}"
    if found.runs:
        yield "executor", _executor_told(found)
    yield "time", _time_told(found)
    yield "memory", _memory_told(found)
    yield "analyses", _analyses_told(study)


def _search_lines(study: Study) -> Iterator[tuple[str, str]]:
    """What can be said of a search, whose runs depend on what it finds."""
    search = study.search
    assert search is not None
    at, conflict = located(study)
    if conflict:
        raise ConfigError(conflict)
    yield "store", f"{path_shown(at)} ({'new' if store.extent(at) is None else 'to be continued, or complete'})"
    yield "search", announced(study)
    candidates = search.population * search.generations + 1
    runs = study.draws * candidates + search.fresh_draws * (search.population + 1)
    yield "runs", f"at most {runs:,}: candidates that come again are not run again"
    size = readable_bytes(bytes_needed(study, runs, study.draws + search.fresh_draws))
    yield "disk", f"up to {size} in two stores"
    # Each generation is given to an executor by itself.
    part = core_seconds(study, study.draws * search.population)
    name, _ = executors.choose(study.execution.name, study.execution.workers, study.execution.address, part)
    if study.execution.address is None:
        each = executors.predicted(study.execution.workers, part)[name]
        whole = each * runs / (study.draws * search.population)
        yield "time", f"at most some {_time(whole)} (rough), by the {name} executor: {_time(each)} a generation"


def show_plan(config: dict[str, Any], overrides: list[str], config_text: str, notice: str = "") -> None:
    """Print what a composed configuration would do; nothing is written, and no draw is simulated.

    Raises ConfigError on bad input, and StorageError where the disk has too little room, as the run would.
    """
    study, console = build_study(config, overrides, config_text), Console()
    found = None if study.search else preview(study)
    if notice:
        console.print(f"[red]{escape(notice)}[/red]")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in _lines(found) if found else _search_lines(study):
        table.add_row(name, escape(text))
    console.print(table)
    if found and found.runs:
        check_space(found.at, least_bytes(study, found.runs, found.draws))
