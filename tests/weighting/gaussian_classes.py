"""Classes whose posterior is known, for tests of label shift."""

import numpy as np


def mixture(rng, shares, n, *, separation=1.5, sharpness=1.0):
    """Classes and (over- or under-confident) posteriors of Gaussians around axes."""
    k = len(shares)
    codes = rng.choice(k, n, p=shares)
    codes[:k] = np.arange(k)
    centres = separation * np.eye(k)
    X = centres[codes] + rng.normal(size=(n, k))
    P = np.exp(sharpness * (X @ centres.T - separation**2 / 2))
    return codes, P / P.sum(axis=1, keepdims=True)
