"""Covariance of features by numpy and the Frechet distance's root by scipy: the peer of
`bench evaluate`.

Argument, JSON: pictures, features, and root, which is "sqrtm" (the root of the product of both
covariances, as published code does it) or "eigh" (the symmetric form).
"""

import json
import os
import sys
import time

# Before numpy loads its BLAS.
os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))

import numpy as np
import scipy
from scipy import linalg


def roots(values):
    return np.sqrt(np.maximum(values, 0))


def main():
    ask = json.loads(sys.argv[1])
    n, d = ask["pictures"], ask["features"]
    features = np.random.default_rng(1).random((n, d), dtype=np.float32)
    other = np.diag(0.05 + 0.1 * np.arange(d) / d)
    start = time.perf_counter()
    mean = features.mean(axis=0, dtype=np.float64)
    own = np.cov(features, rowvar=False, dtype=np.float64)
    moments = time.perf_counter() - start
    start = time.perf_counter()
    if ask["root"] == "sqrtm":
        cross = np.trace(linalg.sqrtm(own @ other)).real
    else:
        values, vectors = linalg.eigh(own)
        root = (vectors * roots(values)) @ vectors.T
        product = root @ other @ root
        cross = roots(linalg.eigvalsh((product + product.T) / 2)).sum()
    distance = float(mean @ mean + np.trace(own) + np.trace(other) - 2 * cross)
    root_seconds = time.perf_counter() - start
    print(
        json.dumps(
            {
                "milliseconds": 1e3 * (moments + root_seconds),
                "momentSeconds": moments,
                "distanceSeconds": root_seconds,
                "distance": distance,
                "numpy": np.__version__,
                "scipy": scipy.__version__,
            }
        )
    )


main()
