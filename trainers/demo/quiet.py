"""Silences libraries that print while they train; errors are still shown."""

from __future__ import annotations

import logging
import os
import warnings


def quiet() -> None:
    """Silence them; call this before anything imports transformers or TRL."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    for name in ("accelerate", "bitsandbytes", "trl", "transformers"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    import datasets
    import transformers

    datasets.disable_progress_bars()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
