"""One page that shows a sweep's results: pictures, tables, how to read them, and where they come from."""

from analysis.report.write import write_report

__all__ = ["write_report"]
