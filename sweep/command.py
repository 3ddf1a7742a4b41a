"""What the command does around a run: say what will happen, show progress, print the table, write the report."""

import time
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from sweep.config import build_study
from sweep.run import prepare, run
from sweep.study import Study

__all__ = ["sweep"]


class _Rate(ProgressColumn):
    """Draws a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} draws/s" if task.speed else "– draws/s")


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _execute(study: Study, path: Path, tasks: list[Any], console: Console) -> None:
    total = sum(task.stop - task.start for task in tasks)
    names = [policy.name for policy in study.policies if any(policy.name in task.policies for task in tasks)]
    size = f"{total:,} draws × {len(names)} {'policy' if len(names) == 1 else 'policies'}"
    console.print(f"{size} ({', '.join(names)}), {study.regions}, {study.years} years")
    if tasks[-1].stop > study.draws:
        console.print(f"The store has {tasks[-1].stop:,} draws: every policy runs on all of them.")
    columns = (
        TextColumn("draws"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    start = time.perf_counter()
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("draws", total=total)
        name, failed = run(study, path, tasks, lambda draws, _: progress.advance(bar, draws))
    seconds = time.perf_counter() - start
    console.print(f"{total:,} draws in {seconds:.1f} s ({name} executor)")
    for policy, count in failed.items():
        if count:
            console.print(f"[red]{count} draws of {policy} gave no finite result; they are marked in `status`[/red]")


def _summary_table(data: Any, jobless: Any) -> Table:
    """Median and 5–95 % of unemployment by policy, medians by regime, and the jobless rate beside them.

    The jobless rate stands there because a policy can lower unemployment by drawing people out of the labor force.
    """
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
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


def _print_summary(path: Path, console: Console) -> None:
    from analysis import limit_sentences, load, summary, tail_sentence

    data = load(path)
    table, jobless = summary(data, "national_unemployment_rate"), summary(data, "national_jobless_rate")
    several = table.sizes["regime"] > 1
    console.print(
        f"\n[bold]Unemployment in {int(table['year'])}, % of the labor force[/bold]: "
        f"median, 5–95 %{', medians by regime' if several else ''}.\n"
        "Jobless: median % of people unemployed, in training or newly inactive."
    )
    console.print(_summary_table(table, jobless))
    if several:
        console.print(
            f"Over all regimes, {table.attrs['weights']}. {tail_sentence(data, 'national_unemployment_rate')}"
        )
    for sentence in limit_sentences(data):
        console.print(f"[red]{escape(sentence)}[/red]")
    console.print()


def _report(path: Path, written: bool) -> Path:
    """The report's page; not written again where nothing has changed since."""
    from analysis import write_report

    page = path.with_name(f"{path.stem}_report") / "index.html"
    sealed = path / "zarr.json"
    if written and page.is_file() and page.stat().st_mtime >= sealed.stat().st_mtime:
        return page
    return write_report(path)


def sweep(config: dict[str, Any], overrides: list[str], config_text: str) -> None:
    """Run a study from a composed configuration to its report. Raises ConfigError on bad input."""
    console = Console()
    study = build_study(config, overrides, config_text)
    path, tasks = prepare(study)
    if tasks:
        _execute(study, path, tasks, console)
    else:
        console.print(f"Nothing to do: this sweep is complete ({study.draws:,} draws).")
    _print_summary(path, console)
    console.print(f"store:  {_shown(path)}")
    if study.report:
        console.print(f"report: {_shown(_report(path, written=not tasks))}")
