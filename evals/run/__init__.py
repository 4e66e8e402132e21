"""A run: one model, one suite, and a folder from which a killed process resumes."""

from .folder import EvaluationRun
from .generate import GenerationReport, generate_run
from .record import Record

__all__ = ["EvaluationRun", "GenerationReport", "Record", "generate_run"]
