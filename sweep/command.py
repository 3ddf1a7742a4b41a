"""What the command does around a run: say what will happen, show progress, print the table, write the report."""

import gc
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from sweep.allocator import give_back
from sweep.combination import JOINT
from sweep.config import build_study
from sweep.disk import size_told
from sweep.errors import ConfigError, DamageError, InUseError
from sweep.factors import blocks_told
from sweep.fixed_designs import told
from sweep.model_source import loaded
from sweep.outcome_table import print_outcomes
from sweep.precision import aims, next_draws, reached, verdict
from sweep.screen import Pace, Screen, path_shown, span_told
from sweep.study import Study

if TYPE_CHECKING:
    from sweep.plan import Task
    from sweep.run import Report
    from sweep.search.engine import Engine
    from sweep.store import Held, Where

__all__ = ["Ended", "Notices", "Pace", "sweep"]

_MOST_NAMED = 16


class Ended(NamedTuple):
    """What came of a run: where its store is, and whether numbers are as precise as was asked for."""

    at: "Where"
    precise: bool = True


@dataclass
class Notices:
    """Says each line once, whichever machines it is true of."""

    say: Callable[[str], None]
    said: set[str] = field(default_factory=set)

    def add(self, lines: Iterable[str], host: str = "") -> None:
        """Say the new ones of some lines, with the name of another machine."""
        for line in lines:
            if line not in self.said:
                self.said.add(line)
                self.say(f"{host}: {line}" if host else line)


def _extent(draws: int, policies: list[str]) -> str:
    kind = "policy" if len(policies) == 1 else "policies"
    shown = policies if len(policies) <= _MOST_NAMED else [*policies[: _MOST_NAMED - 2], "…", policies[-1]]
    return f"{draws:,} draws × {len(policies)} {kind} ({', '.join(shown)})"


def _announce(study: Study, console: Screen) -> None:
    """Say what the whole study is and takes, before anything heavy is loaded or written."""
    names = [policy.name for policy in study.policies]
    console.event("start", draws=study.draws, policies=names, regions=study.regions, years=study.years, seed=study.seed)
    console.print(f"{_extent(study.draws, names)}, {span_told(study)}: {size_told(study)}")
    if study.model and loaded(study.model).is_scalar:
        console.print("The model takes one draw at a time, by simulate_one: simulate, of a batch, would be faster.")
    if design := blocks_told(study) or told(study):
        console.print(escape(design))
    if study.precision:
        console.print(aims(study.precision))
    for policy in study.policies:
        if policy.starts_after(study.years):
            console.notice(f"{policy.name} starts after the last year: its results are those of none")


def _is_compiled(study: Study) -> bool:
    """Whether nothing is compiled before the first draw; how a model of the user's own does that is its own affair."""
    from sweep.kernel.compiled import is_compiled

    return study.model is not None or is_compiled()


def _execute(study: Study, at: "Where", tasks: "list[Task]", notices: Notices, held: "Held", console: Screen) -> None:
    from sweep.run import run
    from sweep.store import failure_lines

    total = sum(task.stop - task.start for task in tasks)
    names = [policy.name for policy in study.policies if any(policy.name in task.policies for task in tasks)]
    if (total, len(names)) != (study.draws, len(study.policies)):
        console.print(f"To do: {_extent(total, names)}")
    if tasks[-1].stop > study.draws:
        console.print(f"The store has {tasks[-1].stop:,} draws: every policy runs on all of them.")
    pace, failed = Pace(total), 0
    start = time.perf_counter()
    columns = (TextColumn("draws"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("starting", total=total)
        if not _is_compiled(study):
            progress.update(bar, description="compiling the model, the first time only")

        def advance(report: "Report") -> None:
            nonlocal failed
            notices.add(report.differences, report.host)
            draws, failed = report.task.stop - report.task.start, failed + len(report.failures)
            progress.update(bar, advance=draws, description=pace.add(draws, report.seconds))
            console.progress(pace.done, total, pace.rate, failed)

        name, failures = run(study, at, tasks, advance, held)
    end = time.perf_counter()
    waited = (pace.began or end) - start
    console.print(f"{total:,} draws in {end - start:.1f} s, {waited:.1f} s of it to start ({name} executor)")
    for line in failure_lines(failures):
        console.notice(line)


def _refine(study: Study, at: "Where", notices: Notices, held: "Held", console: Screen) -> tuple[bool, bool]:
    """Add draws until numbers are as precise as asked for, or there are the most allowed.

    Returns whether any were added, and whether numbers are now as precise.
    """
    if study.precision is None:
        return False, True
    from sweep.run import remaining

    start, (found, draws) = time.perf_counter(), reached(study, at)
    first = draws
    while True:
        for each in found:
            console.print(f"[{'green' if each.met else 'yellow'}]{escape(str(each))}[/] ({draws:,} draws)")
        more = next_draws(found, draws, study.precision.most_draws)
        if more == draws:
            break
        console.print(f"Extending to {more:,} draws.")
        larger = replace(study, draws=more)
        _execute(larger, at, remaining(larger, at, held), notices, held, console)
        found, draws = reached(study, at)
    met = all(each.met for each in found)
    told = verdict(found, draws, draws - first, time.perf_counter() - start)
    console.event("precision", met=met, text=told)
    console.print(f"[{'default' if met else 'red'}]{told}[/]")
    return draws > first, met


def _summary_table(data: Any, jobless: Any) -> Table:
    """Median and 5–95 % of unemployment by policy, medians by regime, and the jobless rate beside them.

    The jobless rate stands there because a policy can lower unemployment by drawing people out of the labor force.
    """
    # One blank between columns and none around them: a name of 24 letters and four regimes fit into 80.
    table = Table(box=box.SIMPLE, padding=0, show_edge=False)
    regimes = [str(name) for name in data["regime"].to_numpy()]
    shown = regimes if len(regimes) > 1 else []
    table.add_column("policy", overflow="fold")
    for column in ("median", "5–95 %", *(f"{name[:7]}." if len(name) > 8 else name for name in shown), "jobless"):
        table.add_column(column, justify="right", no_wrap=True)
    for policy in [str(name) for name in data["policy"].to_numpy()]:
        row, beside = 100 * data.sel(policy=policy), 100 * jobless.sel(policy=policy)
        medians = [f"{float(row['median_by_regime'].sel(regime=regime)):.2f}" for regime in shown]
        spread = f"{float(row['lower']):.2f}–{float(row['upper']):.2f}"
        table.add_row(policy, f"{float(row['median']):.2f}", spread, *medians, f"{float(beside['median']):.2f}")
    return table


def _errors_told(data: Any) -> str:
    """The largest standard errors of any policy's median, 5 and 95 %, in words."""
    named = {"median": "median", "lower": "5 %", "upper": "95 %"}
    largest = {text: 100 * float(data[f"{name}_error"].max(skipna=False)) for name, text in named.items()}
    shown = ", ".join(f"{text} {error:.2g}" if error >= 0 else f"{text} not known" for text, error in largest.items())
    return f"Monte Carlo standard errors, in points, of any policy at most: {shown}."


def _finished_policies(at: "Where") -> list[str] | None:
    """The policies that have every draw of the store, None where all have: only those are compared."""
    from sweep.store import read_seal, survey

    if read_seal(at):
        return None
    finished = survey(at).finished
    whole = [name for name, row in finished.items() if row.all()]
    return whole if whole and len(whole) < len(finished) else None


def _without_mixes(data: Any) -> Any:
    """Of more policies than anyone reads, those that are no mixes, and the largest mix."""
    names = [str(name) for name in data["policy"].to_numpy()]
    single = [name for name in names if JOINT not in name]
    if len(names) <= _MOST_NAMED or len(single) == len(names):
        return data
    return data.sel(policy=[*single, max(names, key=lambda name: name.count(JOINT))])


def _print_summary(at: "Where", console: Console, policies: list[str] | None = None, own: bool = False) -> None:
    from analysis import StoreWarning, kept_sentence, limit_sentences, load, summary, tail_sentence
    from analysis.caution import AnalysisWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StoreWarning)
        warnings.simplefilter("ignore", AnalysisWarning)
        whole = load(at, policies, labels=False)
        if own:
            print_outcomes(whole, console)
            return
        data = _without_mixes(whole)
        table, jobless = summary(data, "national_unemployment_rate"), summary(data, "national_jobless_rate")
    for notice in filter(None, (data.attrs["notice"], table.attrs["notice"])):
        console.print(f"[red]{escape(str(notice))}[/red]")
    several = table.sizes["regime"] > 1
    if kept := kept_sentence(data):
        console.print(f"Kept: {kept}.")
    console.print(
        f"\n[bold]Unemployment in {int(table['year'])}, % of the labor force[/bold]: "
        f"median, 5–95 %{', medians by regime' if several else ''}.\n"
        "Jobless: median % of people unemployed, in training or newly inactive."
    )
    console.print(_summary_table(table, jobless))
    console.print(_errors_told(table))
    if data.sizes["policy"] < whole.sizes["policy"]:
        console.print(f"Of {whole.sizes['policy']} policies, without the smaller mixes.")
    if several:
        console.print(
            f"Over all regimes, {table.attrs['weights']}. {tail_sentence(data, 'national_unemployment_rate')}"
        )
    for sentence in limit_sentences(data):
        console.print(f"[red]{escape(sentence)}[/red]")
    console.print()


def _report(at: "Where", written: bool, policies: list[str] | None, language: str, console: Console) -> Path:
    """The report's page; not written again where nothing has changed since."""
    from analysis import StoreWarning, report_file
    from sweep.store import read_seal

    sealed = read_seal(at)
    page = report_file(at, language)
    sealed_at = datetime.fromisoformat(sealed["at"]).timestamp() if sealed else float("inf")
    if written and page.is_file() and page.stat().st_mtime >= sealed_at:
        return page
    console.print("writing the report …")
    from analysis import write_report

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StoreWarning)
        return write_report(at, policies=policies, language=language)


def _give_up(text: str) -> None:
    """End at once, whatever is under way: the store is another run's now."""
    print(f"sweep: {text}", file=sys.stderr, flush=True)
    os._exit(InUseError.code)


def sweep(
    config: dict[str, Any], overrides: list[str], config_text: str, notice: str = "", screen: Screen | None = None
) -> Ended:
    """Run a study from a composed configuration to its report; returns what came of it.

    screen: what says how it goes, the terminal where none is given. Raises ConfigError on bad input.
    """
    console = screen or Screen()
    study = build_study(config, overrides, config_text)
    if study.search:
        return Ended(_search(study, console))
    _announce(study, console)
    if notice:
        console.notice(notice)
    from sweep import store
    from sweep.run import begin, differences, remaining

    at, notices = begin(study), Notices(console.notice)
    with store.locked(at, take=study.store.lock == "take", notify=notices.say, lost=_give_up) as held:
        notices.add(differences(at))
        tasks = remaining(study, at, held)
        if tasks:
            if study.report:
                # While a kernel is loaded and computes, the interpreter has time for what comes after.
                Thread(target=import_module, args=("analysis.report.page",)).start()
            _execute(study, at, tasks, notices, held, console)
        else:
            store.seal(at, held)
            there = int((store.extent(at) or {}).get("draws", study.draws))
            asked = f", {study.draws:,} of them asked for" if there > study.draws else ""
            console.print(f"Nothing to do: this sweep is complete ({there:,} draws{asked}).")
        refined, precise = _refine(study, at, notices, held, console)
    try:
        _tell(study, at, not tasks and not refined, console)
    except ConfigError:
        raise
    except Exception:
        found = store.survey(at, thorough=True)
        if not found.damaged:
            raise
        raise DamageError(f"{store.told(found)}\nafter `sweep verify` the same command does these again") from None
    return Ended(at, precise)


def _search(study: Study, console: Screen) -> "Where":
    """Search for policies, run the front again on fresh draws, and say what came of it; returns the search's store."""
    from sweep.search.telling import announced, front_table, optimism_told

    console.print(escape(announced(study)))
    from analysis import StoreWarning, load, pareto
    from analysis.caution import AnalysisWarning
    from analysis.units import INTERVAL

    engine = _evolve(study, console)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StoreWarning)
        warnings.simplefilter("ignore", AnalysisWarning)
        data = load(engine.at, [policy.name for policy in engine.study.policies])
        found = pareto(data)
        if not found["on_front"].any():
            raise ConfigError("search.constraints: no candidate meets them all; allow more, or search longer")
        front = found["candidate"].to_numpy()[found["on_front"].to_numpy()].tolist()
        again = engine.again(front)
        shown = f"{len(again.policies) - 1} of them spread over it" if len(front) > len(again.policies) - 1 else "all"
        console.print(f"front: {len(front)} candidates; {shown} again on {again.draws:,} fresh draws")
        beside = _complete(again, console)
        found = pareto(data, load(beside))
    console.print(f"\n[bold]Front[/bold], changes from none on fresh draws ({INTERVAL}):")
    console.print(front_table(found))
    for line in (*optimism_told(found), f"objectives are {found.attrs['weights']}"):
        console.print(escape(line))
    console.print(f"store:  {path_shown(engine.at)}\nfresh:  {path_shown(beside)}")
    console.event("end", store=str(engine.at), fresh=str(beside))
    return engine.at


def _evolve(study: Study, console: Screen) -> "Engine":
    """Run the generations of a search; returns what ran them, which knows all candidates."""
    from sweep import store
    from sweep.run import begin, differences
    from sweep.search.engine import Engine
    from sweep.search.telling import generation_told

    if not _is_compiled(study):
        console.print("compiling the model, the first time only")
    at, notices = begin(study), Notices(console.notice)
    with store.locked(at, take=study.store.lock == "take", notify=notices.say, lost=_give_up) as held:
        notices.add(differences(at))
        engine = Engine(study, at, lambda report: notices.add(report.differences, report.host), held)
        start, runs = time.perf_counter(), 0
        for generation in engine.generations():
            end = time.perf_counter()
            console.print(generation_told(generation, engine.search.generations, engine.runs - runs, end - start))
            console.event("generation", number=generation.number, of=engine.search.generations, runs=engine.runs - runs)
            start, runs = end, engine.runs
        engine.finish()
    return engine


def _complete(study: Study, console: Screen) -> "Where":
    """Run a study to its end as far as it isn't; returns its store."""
    from sweep import store
    from sweep.run import begin, remaining

    at, notices = begin(study), Notices(console.notice)
    with store.locked(at, take=study.store.lock == "take", notify=notices.say, lost=_give_up) as held:
        tasks = remaining(study, at, held)
        if tasks:
            _execute(study, at, tasks, notices, held, console)
        else:
            store.seal(at, held)
    return at


def _tell(study: Study, at: "Where", written: bool, console: Screen) -> None:
    # What is loaded by now stays to the end: to search it for garbage would take a tenth of a report's time.
    gc.freeze()
    policies = _finished_policies(at)
    # What markers of a million draws took goes before what is told of them comes.
    give_back()
    if not console.quiet:
        _print_summary(at, console, policies, study.model is not None)
    console.print(f"store:  {path_shown(at)}")
    page = _report(at, written, policies, study.report, console) if study.report else None
    if page:
        console.print(f"report: {path_shown(page)}")
    console.event("end", store=str(at), report=page and str(page))
