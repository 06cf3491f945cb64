"""One axis of a transposed layer: inputs are spread over the outputs, and their gradients gathered."""

from __future__ import annotations

from symconv.algorithms.reference.arrays import Entry, Vector, zeros


def transposed(x: Vector, w: Vector, b: Entry, s: int, d: int, p: int, q: int, a: int) -> Vector:
    N = len(x)
    K = len(w)
    M = s * (N - 1) + d * (K - 1) + 1 - p - q + a
    y = zeros(M)
    for i in range(M):
        y[i] = b
    for j in range(N):
        for k in range(K):
            i = s * j + d * k - p
            if 0 <= i < M:
                y[i] += w[k] * x[j]
    return y


def transposed_grad_input(delta: Vector, w: Vector, N: int, s: int, d: int, p: int) -> Vector:
    M = len(delta)
    K = len(w)
    g = zeros(N)
    for j in range(N):
        for k in range(K):
            i = s * j + d * k - p
            if 0 <= i < M:
                g[j] += w[k] * delta[i]
    return g


def transposed_grad_kernel(delta: Vector, x: Vector, K: int, s: int, d: int, p: int) -> Vector:
    M = len(delta)
    N = len(x)
    g = zeros(K)
    for j in range(N):
        for k in range(K):
            i = s * j + d * k - p
            if 0 <= i < M:
                g[k] += x[j] * delta[i]
    return g
