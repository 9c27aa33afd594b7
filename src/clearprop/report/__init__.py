"""The report: what a training gave, as one self-contained HTML page.

`Report` is what goes in, plain data only; `render` gives the page, `write_report` writes it.
"""

from clearprop.figures.boundary import Boundary
from clearprop.report.contents import Report, WeightHistory
from clearprop.report.page import render, write_report

__all__ = ["Boundary", "Report", "WeightHistory", "render", "write_report"]
