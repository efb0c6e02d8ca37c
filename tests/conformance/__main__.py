"""Prints the matrix of CPython's own tests on our module: `python3 -m tests.conformance [VERSION ...]`.

Exit status 1 if a test failed in any cell. The whole takes some five minutes.
"""

import sys
import tempfile
from pathlib import Path

from .matrix import print_all

with tempfile.TemporaryDirectory() as directory:
    failed = print_all(Path(directory), sys.argv[1:])
print(f"{failed} cells failed" if failed else "no cell failed")
sys.exit(bool(failed))
