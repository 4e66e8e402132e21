"""A run: one model, one suite, a folder that a killed process goes on from."""

from .folder import RunFolder
from .generate import GenerationReport, generate_run
from .record import Record

__all__ = ["GenerationReport", "Record", "RunFolder", "generate_run"]
