"""One page that shows a sweep's results: what was found, pictures, tables, how to read them, and their sources."""

from analysis.report.write import write_report

__all__ = ["write_report"]
