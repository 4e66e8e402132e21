"""A run: one model, one suite, a folder that a killed process goes on from."""

from .folder import EvaluationRun
from .generate import GenerationReport, generate_run
from .record import Record

__all__ = ["EvaluationRun", "GenerationReport", "Record", "generate_run"]
