"""A run on one page: configure → sample → plan → execute → seal."""

import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sweep import __version__, executors, plan, store
from sweep.allocator import give_back
from sweep.designs import BLOCKS, FIXED, REPLICATES
from sweep.disk import check_space, least_bytes
from sweep.draw_table import draw_table, randomness
from sweep.errors import ConfigError, DamageError
from sweep.factors import levers, members, sampled
from sweep.fixed_designs import points_hash
from sweep.isolation import isolated
from sweep.kernel.outcomes import OUTPUT_SETS
from sweep.models import Simulated, model_of
from sweep.provenance import arithmetic, cpu, git_revision, versions
from sweep.statistics import KEPT_DRAWS, counted
from sweep.study import Study
from sweep.variables import variables

__all__ = ["Progress", "Report", "TaskRunner", "begin", "core_seconds", "differences", "execute", "layout", "located"]
__all__ += ["remaining", "run"]

# Reading a store before it is sealed takes this share of computing it; from so many core-seconds on, workers read.
_READING, _LONG_READING = 0.03, 60.0
_MOST_LINES = 5
# Draws by which a pace is found.
_TRIAL = 16
# Times that what is damaged, or not found, is done again within one run.
_AGAIN = 2
_KEEP = (
    "what is kept can't change, and where that isn't draws, neither can policies, outputs and thresholds: "
    "the draws that others would need are gone\n"
)
_YEARS = "years can't be extended: a run begins in the baseline year, and no state of its end is kept\n"


@dataclass(frozen=True)
class Report:
    """What became of one task, on which machine, and how its arithmetic differs from the store's."""

    task: plan.Task
    failures: tuple[store.Failure, ...]
    seconds: float
    host: str = ""
    differences: tuple[str, ...] = ()


Progress = Callable[[Report], None]


@dataclass(frozen=True)
class TaskRunner:
    """Makes workers: each samples, simulates and writes whole tasks; pure but for the store.

    It holds the model, since a worker on another machine may not see the user's own files.
    """

    study: Study
    model: Simulated
    place: store.Where

    def __call__(self) -> Callable[[plan.Task], Report]:
        """A worker that holds the model, made ready, and the open store."""
        from sweep.simulation import counter, simulation

        study, model = self.study, self.model
        # Before the first task, whose time is limited.
        model.warm_up(draw_table(study, model.regions, 0, 1))
        writer = store.TaskWriter(self.place)
        host, unlike = socket.gethostname(), tuple(differences(self.place))
        count = counter(writer)
        kept = {name: array.shape[2:] for name, array in writer.arrays.items() if name in writer.outcomes}
        names = [item.parameter.name for item in sampled(study)]
        names += ["regime", *(key for key, _, _ in levers(study.policies))]

        def work(task: plan.Task) -> Report:
            start = time.perf_counter()
            table = draw_table(study, model.regions, task.start, task.stop - task.start)
            outcomes = simulation(model, study, table, writer.outputs)
            if count:
                stay = max(0, min(task.stop, writer.draws_kept) - task.start)
                found = count.task(outcomes, task, kept, stay)
                failures = found.failures
                inputs = {name: table[name][:stay] for name in names}
                writer.write_counted(task, found.tally, inputs, found.outcomes, found.status, failures)
            else:
                block, reasons = isolated(outcomes, task.stop - task.start, task.policies)
                failures = writer.write(task, {name: table[name] for name in names}, block, reasons)
            return Report(task, failures, time.perf_counter() - start, host, unlike)

        return work


def _attributes(study: Study, identity: dict[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": study.title if study.model else f"{study.title}: {study.years} years of AI and policy",
        "publishers": study.publishers,
        "plan_hash": plan.digest(identity),
        "identity": json.dumps(identity, ensure_ascii=False),
        "config": study.config_text,
        "seed": study.seed,
        "design": study.design,
        **({"design_optimization": study.optimization} if study.optimization else {}),
        **({"random_sample": True} if study.random_sample else {}),
        "outputs": list(study.outputs),
        "scenaria_version": __version__,
        "versions": json.dumps(versions()),
        "cpu": json.dumps(cpu()),
        "git_revision": git_revision(),
        "region_source": model_of(study).sources,
        "policy_labels": json.dumps({policy.name: policy.label for policy in study.policies}, ensure_ascii=False),
        "policy_definitions": json.dumps({policy.name: policy.definition() for policy in study.policies}),
        **_searched(study),
        **({"model": study.model.about} if study.model else {}),
        "complete": False,
        "content_sha256": "",
        **_blocks(study),
        **kept,
    }


def _blocks(study: Study) -> dict[str, Any]:
    """Attributes of a store whose draws come in blocks: what these move, and of how many replicates they are."""
    if study.design not in BLOCKS:
        return {}
    return {"factors": json.dumps(members(study)), "factors_by": study.by, "replicates": REPLICATES}


def _searched(study: Study) -> dict[str, Any]:
    """Attributes of a store that a search fills: what is searched, and the candidates so far."""
    if study.search is None:
        return {}
    return {"search": json.dumps(study.search.definition()), "candidates": json.dumps(dict(study.search.candidates))}


def _identity(study: Study) -> dict[str, Any]:
    (equations, regions), scheme = model_of(study).hashes, randomness(study.design)
    return plan.identity(study, __version__, equations, regions, scheme, members(study), points_hash(study))


def _layout(study: Study, identity: dict[str, Any]) -> store.Layout:
    """The layout of a new store that holds just this study."""
    model = model_of(study)
    kept = KEPT_DRAWS if study.keep == "statistics" else None
    return store.Layout(
        policies=tuple(policy.name for policy in study.policies),
        draws=study.draws,
        regions=model.regions,
        years=model.years,
        groups=next((item.groups for item in sampled(study) if item.groups), ()),
        chunk=_chunk(study, len(model.regions)),
        variables=variables(study, study.outputs),
        attributes=_attributes(study, identity, counted(study, study.computed, len(model.regions), kept)),
        most_kept=kept,
    )


def _chunk(study: Study, regions: int) -> int:
    wanted = study.store.draws_per_chunk
    if study.keep != "draws":
        return plan.draws_per_block(wanted, study.draws)
    return plan.draws_per_chunk(wanted, study.draws, regions * (study.years + 1))


def located(study: Study) -> tuple[store.Place, str]:
    """Where a study's store is or would be, and why what is there can't take the study, "" where it can."""
    identity, settings = _identity(study), study.store
    at = store.place(settings.path or f"{settings.folder.rstrip('/')}/{plan.store_name(study, identity)}")
    conflict = _conflict(study, at, identity)
    if conflict and settings.on_change == "new":
        at = at.beside(plan.beside(at.name, study, identity))
        conflict = _conflict(study, at, identity)
    return at, conflict


def begin(study: Study) -> store.Place:
    """The store's place; the store is made where there is none.

    Raises ConfigError when the path holds something else, or a sweep of another configuration, and StorageError when
    the disk is full.
    """
    if study.execution.address is not None:
        executors.check_address(study.execution.address)
    at, conflict = located(study)
    if not conflict and store.read_attributes(at) is None:
        if study.model:
            model = model_of(study)
            # What breaks its declarations is told before anything is written.
            model.warm_up(draw_table(study, model.regions, 0, 1))
        check_space(at, least_bytes(study, study.draws * len(study.policies), study.draws))
        if not store.create(at, layout(study, at)):
            conflict = _conflict(study, at, _identity(study))
    if conflict:
        raise ConfigError(conflict)
    return at


def _conflict(study: Study, at: store.Place, identity: dict[str, Any]) -> str:
    """Why the store at a path can't take this study, "" where it can or nothing is there."""
    stored = store.extent(at, parsed=("identity", "policy_definitions"))
    if stored is None:
        return ""
    advice = "add store.on_change=new to write beside it, or choose another store.path"
    if stored["plan_hash"] != plan.digest(identity):
        before, now = ({"keep": "draws"} | each for each in (stored["identity"], json.loads(json.dumps(identity))))
        shown = "\n  ".join(plan.difference(before, now)[:_MOST_LINES])
        fixed = any(before.get(key) != now.get(key) for key in ("keep", "policies", "outputs", "thresholds"))
        why = _YEARS if before["years"] != now["years"] else _KEEP if fixed else ""
        if study.design in FIXED and before.get("draws") != now["draws"]:
            why = f"design={study.design} can't be extended: {FIXED[study.design]}\n"
        return f"{at} holds a sweep of another configuration:\n  {shown}\n{why}{advice}"
    added = [part for part in study.outputs if part not in stored["outputs"]]
    if added and study.store.on_change != "recompute":
        return (
            f"{at} holds {', '.join(stored['outputs'])}; {', '.join(added)} would have all its draws computed again: "
            "add store.on_change=recompute to do so, store.on_change=new to write beside it, or choose a store.path"
        )
    for policy in study.policies:
        definition = json.loads(json.dumps(policy.definition()))
        lines = plan.difference(stored["policy_definitions"].get(policy.name, definition), definition)
        if lines:
            shown = "\n  ".join(f"policy.{policy.name}.{line}" for line in lines[:_MOST_LINES])
            return f"{at} holds another {policy.name}:\n  {shown}\n{advice} or policy name"
    return ""


def differences(where: store.Where) -> list[str]:
    """Where this machine's arithmetic isn't that which a store began with: results may differ in their last bits."""
    stored = store.read_attributes(where, parsed=("versions", "cpu")) or {}
    begun = {**stored["versions"], **stored["cpu"]}
    lines = [
        f"{name}: the store began with {begun.get(name, 'none')}, this is {value}"
        for name, value in {**arithmetic(), **cpu()}.items()
        if begun.get(name) != value
    ]
    return [*lines, "results of both may differ in their last bits"] if lines else []


def remaining(study: Study, where: store.Where, held: store.Held = store.unheld) -> list[plan.Task]:
    """The tasks that a store lacks, after it was grown as needed and what is damaged of it was set to missing.

    Raises StorageError when the disk is full.
    """
    at = store.place(where)
    stored = store.stored_layout(at)
    grown = _grown(study, stored)
    more = len(grown.policies) * grown.draws - len(stored.policies) * stored.draws
    check_space(at, least_bytes(study, more, grown.draws - stored.draws) if more else 0)
    store.grow(at, grown, held)
    found = store.survey(at)
    store.reconcile(found, held)
    if found.records.used:
        from sweep.simulation import make_pilot

        # Where it is damaged: what was counted by its grids can't be read without them.
        make_pilot(study, model_of(study), at, held)
    left = list(plan.tasks(grown.draws, grown.chunk, study.policies, found.finished))
    check_space(at, least_bytes(study, sum(task.runs for task in left), 0) if left else 0)
    # What a task counts is of all policies, in the store's order.
    return left if found.counting is None else [replace(task, policies=grown.policies) for task in left]


def layout(study: Study, at: store.Place) -> store.Layout:
    """The layout of a study's store once all of it is done: of a new one, or of what is there, grown."""
    there = store.read_attributes(at) is not None
    return _grown(study, store.stored_layout(at)) if there else _layout(study, _identity(study))


def _grown(study: Study, stored: store.Layout) -> store.Layout:
    """The layout that holds what a store has and what a study wants; outputs, policies and draws only grow."""
    wanted, held = _layout(study, _identity(study)), stored.attributes
    outputs = tuple(part for part in OUTPUT_SETS if part in (*held["outputs"], *study.outputs))
    known = {item.name: item for item in (*stored.variables, *variables(study, outputs))}
    texts = {
        name: json.dumps({**json.loads(held.get(name, "{}")), **json.loads(text)}, ensure_ascii=False)
        for name, text in wanted.attributes.items()
        if name in ("policy_labels", "policy_definitions", "search", "candidates")
    }
    grown = replace(
        wanted,
        policies=tuple(dict.fromkeys((*stored.policies, *wanted.policies))),
        draws=max(study.draws, stored.draws),
        chunk=stored.chunk,
        variables=tuple(known.values()),
        attributes={**held, **texts, "outputs": list(outputs)},
    )
    if (grown.policies, grown.draws, outputs) != (stored.policies, stored.draws, tuple(held["outputs"])):
        return replace(grown, attributes={**grown.attributes, "config": study.config_text})
    return grown


def core_seconds(study: Study, runs: int) -> float:
    """Core-seconds that a sweep plans with for so many runs; it is rough."""
    model = model_of(study)
    return runs * model.seconds_a_run(lambda: draw_table(study, model.regions, 0, min(study.draws, _TRIAL)))


def _readers(study: Study, at: store.Place, name: str) -> store.Readers | None:
    """Who reads a store before it is sealed, None for threads of this process."""
    if name != "ray":
        return None
    stored, execution = store.extent(at) or {}, study.execution
    seconds = _READING * core_seconds(study, stored["draws"] * len(stored["policies"]))
    if seconds < _LONG_READING:
        return None
    return executors.choose(name, execution.workers, execution.address, seconds)[1]


def execute(study: Study, at: store.Where, tasks: list[plan.Task], progress: Progress) -> str:
    """Execute tasks and leave the store unsealed; returns the executor's name."""
    execution, seconds = study.execution, core_seconds(study, sum(task.runs for task in tasks))
    name, executor = executors.choose(execution.name, execution.workers, execution.address, seconds)
    for report in executor(TaskRunner(study, model_of(study), at), tasks):
        progress(report)
    return name


def run(
    study: Study,
    at: store.Where,
    tasks: list[plan.Task],
    progress: Progress,
    held: store.Held = store.unheld,
) -> tuple[str, list[store.Failure]]:
    """Execute tasks and seal the store; returns the executor's name and the runs that failed.

    progress: called with the report of each task; held: makes sure that the store still is this run's. What turns out
    to be damaged, or not to be there, while the store is sealed is done again, twice at most.
    """
    # By policy and draw: what is done again may fail again.
    failures: dict[tuple[str, int], store.Failure] = {}
    about, where = store.counting(store.extent(at) or {}), store.place(at)

    def note(report: Report) -> None:
        failures.update({(each.policy, each.draw): each for each in report.failures})
        progress(report)
        if about:
            store.compact(where, about, held)

    for again in range(_AGAIN + 1):
        if about:
            from sweep.simulation import make_pilot

            make_pilot(study, model_of(study), where, held)
        name = execute(study, at, tasks, note)
        give_back()
        try:
            if store.seal(at, held, _readers(study, where, name)):
                break
        except DamageError:
            if again == _AGAIN:
                raise
        # Not sealed: damaged, or a listing that came without them, or for the want of another study's policies.
        tasks = remaining(study, at, held)
        if not tasks:
            store.seal(at, held)
            break
    else:
        raise DamageError(f"{at}: {len(tasks)} batches are not found though they were written; start the command again")
    return name, list(failures.values())
