"""``python -m selloff.bench``."""

import os
import sys

# Both sides get one thread; this must be said before numpy is loaded.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from selloff.bench.cli import main  # noqa: E402

sys.exit(main())
