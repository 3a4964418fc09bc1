"""`relevo train`: the process in which a model service retrains its version; not for people.

It reads its order, one JSON line, from standard input, says how far it is on standard output, and ends
when its service does.
"""

import argparse
import logging
import os
import sys
from pathlib import Path

import msgspec

from app.commands.options import log_to_standard_error
from services.containers.parent_watch import watch_parent
from services.errors import RelevoError
from services.model_server.deploy import import_from
from services.model_server.training import Progress, TrainingOrder, train

_logger = logging.getLogger(__name__)


def main(arguments: list[str]) -> int:
    """Train once; 0 whenever the outcome was told."""
    argparse.ArgumentParser(prog="relevo train", description=__doc__).parse_args(arguments)
    log_to_standard_error()
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=TrainingOrder)
    # Nothing is lost by ending at once: the artifact counts only when the service has stored it.
    watch_parent(lambda: os._exit(1))
    # A script finds what lies beside it, as where it was written.
    import_from(Path(order.folder))
    os.chdir(order.folder)
    told, sys.stdout = sys.stdout, sys.stderr  # what a script prints goes to the log

    def say(progress: Progress) -> None:
        told.write(msgspec.json.encode(progress).decode() + "\n")
        told.flush()

    try:
        train(order, say)
    except RelevoError as error:
        say(Progress(failure=error.message))
    except Exception as error:
        _logger.exception("the training script failed")
        say(Progress(failure=f"the training script failed: {type(error).__name__}: {error}"))
    return 0
