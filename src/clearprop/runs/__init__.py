"""A training on a table from end to end: file in; model, report and verdict out."""

from clearprop.runs.directory import RunDirectory, find_model
from clearprop.runs.job import Job, open_table
from clearprop.runs.options import TableOptions

__all__ = ["Job", "RunDirectory", "TableOptions", "find_model", "open_table"]
