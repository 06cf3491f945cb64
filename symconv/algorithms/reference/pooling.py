"""Pooling along one axis: the largest entry of each window, and the average, with their gradients."""

from __future__ import annotations

from math import inf

from symconv.algorithms.reference.arrays import Vector, zeros


def max_pooling(x: Vector, K: int, s: int, d: int, p: int, q: int) -> Vector:
    N = len(x)
    M = (N + p + q - d * (K - 1) - 1) // s + 1
    y = zeros(M)
    for i in range(M):
        y[i] = -inf
        for k in range(K):
            j = s * i + d * k - p
            if 0 <= j < N:
                y[i] = max(y[i], x[j])
    return y


def max_pooling_grad_input(delta: Vector, x: Vector, K: int, s: int, d: int, p: int) -> Vector:
    M = len(delta)
    N = len(x)
    g = zeros(N)
    for i in range(M):
        m = -inf
        a = 0
        for k in range(K):
            j = s * i + d * k - p
            if 0 <= j < N and x[j] > m:
                m = x[j]
                a = j
        g[a] += delta[i]
    return g


def average_pooling(x: Vector, K: int, s: int, p: int, q: int) -> Vector:
    N = len(x)
    M = (N + p + q - K) // s + 1
    y = zeros(M)
    for i in range(M):
        for k in range(K):
            j = s * i + k - p
            if 0 <= j < N:
                y[i] += x[j] / K
    return y


def average_pooling_grad_input(delta: Vector, N: int, K: int, s: int, p: int) -> Vector:
    M = len(delta)
    g = zeros(N)
    for i in range(M):
        for k in range(K):
            j = s * i + k - p
            if 0 <= j < N:
                g[j] += delta[i] / K
    return g
