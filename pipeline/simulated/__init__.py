"""Simulated answers in the shape of a file that somebody's survey tool might have exported."""

from pipeline.simulated.files import write_source
from pipeline.simulated.form import FileFormat, SourceColumn, source_columns, source_frame

__all__ = ["FileFormat", "SourceColumn", "source_columns", "source_frame", "write_source"]
