"""Names of the array types that the rooms of the ground share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Array of float64.
Floats = NDArray[np.float64]
#: Array of int32.
Ints = NDArray[np.int32]
#: Array of bool.
Bools = NDArray[np.bool_]
