"""A run on one page: configure → sample → plan → execute → seal."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweep import __version__, executors, plan, store
from sweep.disk import bytes_needed, check_space
from sweep.draw_table import RANDOMNESS, draw_table, levers, sampled
from sweep.errors import ConfigError
from sweep.kernel.economy import Economy
from sweep.kernel.fingerprint import kernel_hash
from sweep.kernel.instruments import DOSES
from sweep.kernel.outcomes import OUTCOMES
from sweep.provenance import git_revision, versions
from sweep.regions import load_regions, region_hash, source_notes
from sweep.study import Study

__all__ = ["Progress", "Report", "TaskRunner", "prepare", "run"]

# Cell-steps a second and core that a sweep plans with: only to choose an executor.
_CELL_STEPS_PER_SECOND = 5e7


def _economy(study: Study) -> Economy:
    return load_regions(study.regions, study.regions_path, study.baseline_year)


@dataclass(frozen=True)
class Report:
    """What became of one task."""

    task: plan.Task
    failed: dict[str, int]
    seconds: float


Progress = Callable[[Report], None]


@dataclass(frozen=True)
class TaskRunner:
    """Makes workers: each samples, simulates and writes whole tasks; pure but for the store."""

    study: Study
    path: Path

    def __call__(self) -> Callable[[plan.Task], Report]:
        """A worker that holds the economy and the compiled kernel."""
        from sweep.kernel.compiled import compile_kernel, simulate

        economy = _economy(self.study)
        compile_kernel("float32")
        policies = {policy.name: policy for policy in self.study.policies}
        names = [item.parameter.name for item in sampled(self.study)]
        names += ["regime", *(key for key, _, _ in levers(self.study.policies))]

        def work(task: plan.Task) -> Report:
            start = time.perf_counter()
            draws = draw_table(self.study, economy.regions, task.start, task.stop - task.start)
            wanted = [policies[name].instruments(draws) for name in task.policies if name != "none"]
            block = simulate(economy, draws, wanted, self.study.years, outputs=self.study.outputs)
            if "none" not in task.policies:
                block = {name: values[1:] for name, values in block.items()}
            failed = store.write_task(self.path, task, {name: draws[name] for name in names}, block)
            return Report(task, failed, time.perf_counter() - start)

        return work


def _variables(study: Study) -> tuple[store.Variable, ...]:
    outcomes = [
        store.Variable(
            outcome.name,
            ("policy", "draw", "region", "year") if outcome.regional else ("policy", "draw", "year"),
            "f4",
            {"units": outcome.units, "long_name": outcome.long_name, "kind": "outcome"},
        )
        for outcome in OUTCOMES
        if outcome.part in study.outputs
    ]
    regime = {
        "long_name": "AI adoption regime",
        "flag_values": list(range(len(study.regimes))),
        "flag_meanings": " ".join(study.regimes),
        "weights": list(study.regime_weights),
        "kind": "input",
    }
    inputs = [store.Variable("regime", ("draw",), "i1", regime)]
    for item in sampled(study):
        evidence, _, source = item.evidence.partition("; ")
        attributes = {
            "units": item.parameter.unit,
            "long_name": item.parameter.meaning,
            "symbol": item.parameter.symbol,
            "distribution": " | ".join(dict.fromkeys(str(d) for d in item.distributions)),
            "grade": evidence,
            "source": source,
            "kind": "input",
        }
        dims = ("draw", "region") if item.parameter.per == "region" else ("draw",)
        inputs.append(store.Variable(item.parameter.name, dims, "f8", attributes))
    for key, dose, distribution in levers(study.policies):
        about = {"units": DOSES[dose], "long_name": dose.replace("_", " "), "distribution": str(distribution)}
        inputs.append(store.Variable(key, ("draw",), "f8", {**about, "kind": "lever"}))
    return (*outcomes, *inputs)


def _attributes(study: Study, identity: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": f"{study.title}: {study.years} years of AI and policy",
        "publishers": study.publishers,
        "plan_hash": plan.digest(identity),
        "identity": json.dumps(identity, ensure_ascii=False),
        "config": study.config_text,
        "seed": study.seed,
        "design": study.design,
        "outputs": list(study.outputs),
        "scenaria_version": __version__,
        "versions": json.dumps(versions()),
        "git_revision": git_revision(),
        "region_source": source_notes(study.regions, study.regions_path),
        "policy_labels": json.dumps({policy.name: policy.label for policy in study.policies}, ensure_ascii=False),
        "policy_definitions": json.dumps({policy.name: policy.definition() for policy in study.policies}),
        "complete": False,
    }


def prepare(study: Study) -> tuple[Path, list[plan.Task]]:
    """The store's path, made or grown as needed, and the tasks that it lacks.

    Raises ConfigError when the path holds something else, or a sweep of another configuration, or the disk is full.
    """
    if study.execution.address is not None:
        executors.check_address(study.execution.address)
    identity = plan.identity(study, kernel_hash(), region_hash(study.regions, study.regions_path), RANDOMNESS)
    settings = study.store
    name = settings.path or str(Path(settings.folder) / plan.store_name(study, identity))
    path = Path(name).absolute()
    wanted = _attributes(study, identity)
    stored = store.read_attributes(path, parsed=("identity", "policy_labels", "policy_definitions"))
    if stored is None:
        check_space(path, bytes_needed(study, study.draws * len(study.policies), study.draws))
        economy = _economy(study)
        years = tuple(range(economy.first_year, economy.first_year + study.years + 1))
        chunk = plan.draws_per_chunk(settings.draws_per_chunk, study.draws)
        names = tuple(policy.name for policy in study.policies)
        layout = store.Layout(names, study.draws, economy.regions, years, chunk, _variables(study), wanted)
        store.create(path, layout)
    else:
        _grow(study, path, stored, wanted)
    finished, chunk = store.done(path)
    draws = max(study.draws, len(next(iter(finished.values()))))
    left = list(plan.tasks(draws, chunk, study.policies, finished))
    check_space(path, bytes_needed(study, sum(task.runs for task in left), 0))
    return path, left


def _grow(study: Study, path: Path, stored: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Check that a store belongs to this study, and make room for new draws and policies."""
    if stored["plan_hash"] != wanted["plan_hash"]:
        lines = plan.difference(stored["identity"], json.loads(wanted["identity"]))
        shown = "\n  ".join(lines[:5])
        raise ConfigError(f"{path} holds a sweep of another configuration:\n  {shown}\nchoose another store.path")
    labels, definitions = stored["policy_labels"], stored["policy_definitions"]
    for name, definition in json.loads(wanted["policy_definitions"]).items():
        if name in definitions and definitions[name] != definition:
            lines = plan.difference(definitions[name], definition, f"policy.{name}")
            shown = "\n  ".join(lines[:5])
            raise ConfigError(f"{path} holds another {name}:\n  {shown}\nchoose another store.path or policy name")
    if list(stored.get("outputs", [])) != list(study.outputs):
        raise ConfigError(
            f"outputs: {path} holds {', '.join(stored.get('outputs', []))}, got {', '.join(study.outputs)}; "
            "choose another store.path"
        )
    finished, chunk = store.done(path)
    if study.store.draws_per_chunk not in (None, chunk):
        raise ConfigError(f"store.draws_per_chunk: {path} has {chunk}, got {study.store.draws_per_chunk}")
    names = tuple(dict.fromkeys((*finished, *(policy.name for policy in study.policies))))
    draws = len(next(iter(finished.values())))
    if study.draws > draws or len(names) > len(finished):
        after = max(study.draws, draws)
        check_space(path, bytes_needed(study, after * len(names) - draws * len(finished), after - draws))
        labels |= json.loads(wanted["policy_labels"])
        definitions |= json.loads(wanted["policy_definitions"])
        merged = {
            "policy_labels": json.dumps(labels, ensure_ascii=False),
            "policy_definitions": json.dumps(definitions),
            **{name: wanted[name] for name in ("config", "versions", "git_revision")},
        }
        store.grow(path, names, after, merged, _variables(study))
    elif not json.loads(wanted["policy_labels"]).items() <= labels.items():
        labels |= json.loads(wanted["policy_labels"])
        store.annotate(path, {"policy_labels": json.dumps(labels, ensure_ascii=False)})


def _seconds(study: Study, tasks: list[plan.Task]) -> float:
    economy = _economy(study)
    cell_steps = 12 * study.years * economy.employment.size
    return sum(task.runs for task in tasks) * cell_steps / _CELL_STEPS_PER_SECOND


def run(study: Study, path: Path, tasks: list[plan.Task], progress: Progress) -> tuple[str, dict[str, int]]:
    """Execute tasks and seal the store; returns the executor's name and the failed runs by policy.

    progress: called with the report of each task.
    """
    execution = study.execution
    name, executor = executors.choose(execution.name, execution.workers, execution.address, _seconds(study, tasks))
    failed: dict[str, int] = {}
    for report in executor(TaskRunner(study, path), tasks):
        for policy, count in report.failed.items():
            failed[policy] = failed.get(policy, 0) + count
        progress(report)
    finished, _ = store.done(path)
    if all(row.all() for row in finished.values()):
        store.seal(path)
    return name, failed
