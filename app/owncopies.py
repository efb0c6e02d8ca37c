"""Examples as the person's own files: a copy beside the workspace, to be changed in an editor and run again."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

log = logging.getLogger(__name__)


def own_copy(original: Path, folder: Path) -> Path:
    """The copy of an example in `folder`, made if it is not there. What the person has made of it stays.

    Where no copy can be made the example is run as it is.
    """
    copy = folder / original.name
    try:
        if not copy.exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(original, copy)
    except OSError as error:
        log.warning("%s could not be copied to %s: %s.", original.name, folder, error.strerror)
        return original
    return copy
