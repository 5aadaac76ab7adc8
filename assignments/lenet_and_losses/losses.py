"""Softmax and three losses in numpy: questions Q5 and Q6. No torch in this file."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Q5 ----------------------------------------------------------------------------------------------------------------------------


def softmax(x: NDArray) -> NDArray:
    """Scores to probabilities: softmax(x)_i = exp(x_i) / Σ_j exp(x_j).

    x: scores (K,), or (N, K) with a row an item; floats or integers of any size, ±10,000 too; left as it was
    Returns floats of the shape of x: positive or 0, summing to 1 (in 2-D: each row on its own).
    """
    raise NotImplementedError


# Q6 ----------------------------------------------------------------------------------------------------------------------------


def MSE(y: ArrayLike, t: ArrayLike) -> float:
    """Half the sum of squared errors: ½ Σ_k (y_k − t_k)².

    y: outputs (K,); t: the target (K,), one-hot. Lists or arrays.
    """
    raise NotImplementedError


def cross_entropy_error(y: ArrayLike, t: ArrayLike) -> float:
    """Cross-entropy with the natural logarithm: −Σ_k t_k ln(y_k + 1e-7). The 1e-7 keeps it finite where y_k = 0.

    y: probabilities (K,); t: the true class (K,), one-hot. Lists or arrays.
    """
    raise NotImplementedError


def loglikelihood(y: ArrayLike, t: ArrayLike) -> float:
    """Negative log-likelihood in bits: −log₂ y_c, where c is the true class, the position of the 1 in t. Nothing is added to y.

    y: probabilities (K,); t: the true class (K,), one-hot. Lists or arrays.
    """
    raise NotImplementedError
