"""One axis: cross-correlation, true convolution with the kernel flipped, and their gradients."""

from __future__ import annotations

from symconv.algorithms.reference.arrays import Entry, Vector, zeros


def correlation(x: Vector, w: Vector, b: Entry, s: int, d: int, p: int, q: int) -> Vector:
    N = len(x)
    K = len(w)
    M = (N + p + q - d * (K - 1) - 1) // s + 1
    y = zeros(M)
    for i in range(M):
        y[i] = b
        for k in range(K):
            j = s * i + d * k - p
            if 0 <= j < N:
                y[i] += w[k] * x[j]
    return y


def correlation_grad_input(delta: Vector, w: Vector, N: int, s: int, d: int, p: int) -> Vector:
    M = len(delta)
    K = len(w)
    g = zeros(N)
    for i in range(M):
        for k in range(K):
            j = s * i + d * k - p
            if 0 <= j < N:
                g[j] += w[k] * delta[i]
    return g


def correlation_grad_kernel(delta: Vector, x: Vector, K: int, s: int, d: int, p: int) -> Vector:
    M = len(delta)
    N = len(x)
    g = zeros(K)
    for i in range(M):
        for k in range(K):
            j = s * i + d * k - p
            if 0 <= j < N:
                g[k] += x[j] * delta[i]
    return g


def grad_bias(delta: Vector) -> Entry:
    M = len(delta)
    g = 0
    for i in range(M):
        g += delta[i]
    return g


def convolution(x: Vector, w: Vector, b: Entry, s: int, d: int, p: int, q: int) -> Vector:
    N = len(x)
    K = len(w)
    M = (N + p + q - d * (K - 1) - 1) // s + 1
    y = zeros(M)
    for i in range(M):
        y[i] = b
        for k in range(K):
            j = s * i + d * (K - 1 - k) - p
            if 0 <= j < N:
                y[i] += w[k] * x[j]
    return y


def convolution_grad_input(delta: Vector, w: Vector, N: int, s: int, d: int, p: int) -> Vector:
    M = len(delta)
    K = len(w)
    g = zeros(N)
    for i in range(M):
        for k in range(K):
            j = s * i + d * (K - 1 - k) - p
            if 0 <= j < N:
                g[j] += w[k] * delta[i]
    return g


def convolution_grad_kernel(delta: Vector, x: Vector, K: int, s: int, d: int, p: int) -> Vector:
    M = len(delta)
    N = len(x)
    g = zeros(K)
    for i in range(M):
        for k in range(K):
            j = s * i + d * (K - 1 - k) - p
            if 0 <= j < N:
                g[k] += x[j] * delta[i]
    return g
