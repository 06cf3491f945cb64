"""One axis with channels: ``C_out`` filters in ``G`` groups of ``F``, each of ``C`` input channels.

Output channel ``o`` belongs to group ``floor(o / F)``, whose first input channel is ``h``. The kernels
of a flipped filter bank lie flipped on the input.
"""

from __future__ import annotations

from symconv.algorithms.reference.arrays import Plane, Vector, Volume, zeros


def filter_bank(x: Plane, w: Volume, b: Vector, G: int, s: int, d: int, p: int, q: int) -> Plane:
    N = len(x[0])
    K = len(w[0][0])
    C = len(w[0])
    C_out = len(w)
    F = C_out // G
    M = (N + p + q - d * (K - 1) - 1) // s + 1
    y = zeros(C_out, M)
    for o in range(C_out):
        h = C * (o // F)
        for i in range(M):
            y[o][i] = b[o]
            for c in range(C):
                for k in range(K):
                    j = s * i + d * k - p
                    if 0 <= j < N:
                        y[o][i] += w[o][c][k] * x[h + c][j]
    return y


def filter_bank_grad_input(delta: Plane, w: Volume, N: int, G: int, s: int, d: int, p: int) -> Plane:
    M = len(delta[0])
    K = len(w[0][0])
    C = len(w[0])
    C_out = len(w)
    F = C_out // G
    g = zeros(C * G, N)
    for o in range(C_out):
        h = C * (o // F)
        for i in range(M):
            for c in range(C):
                for k in range(K):
                    j = s * i + d * k - p
                    if 0 <= j < N:
                        g[h + c][j] += w[o][c][k] * delta[o][i]
    return g


def filter_bank_grad_kernel(delta: Plane, x: Plane, K: int, G: int, s: int, d: int, p: int) -> Volume:
    M = len(delta[0])
    N = len(x[0])
    C = len(x) // G
    C_out = len(delta)
    F = C_out // G
    g = zeros(C_out, C, K)
    for o in range(C_out):
        h = C * (o // F)
        for i in range(M):
            for c in range(C):
                for k in range(K):
                    j = s * i + d * k - p
                    if 0 <= j < N:
                        g[o][c][k] += x[h + c][j] * delta[o][i]
    return g


def filter_bank_grad_bias(delta: Plane) -> Vector:
    M = len(delta[0])
    C_out = len(delta)
    g = zeros(C_out)
    for o in range(C_out):
        for i in range(M):
            g[o] += delta[o][i]
    return g


def flipped_filter_bank(x: Plane, w: Volume, b: Vector, G: int, s: int, d: int, p: int, q: int) -> Plane:
    N = len(x[0])
    K = len(w[0][0])
    C = len(w[0])
    C_out = len(w)
    F = C_out // G
    M = (N + p + q - d * (K - 1) - 1) // s + 1
    y = zeros(C_out, M)
    for o in range(C_out):
        h = C * (o // F)
        for i in range(M):
            y[o][i] = b[o]
            for c in range(C):
                for k in range(K):
                    j = s * i + d * (K - 1 - k) - p
                    if 0 <= j < N:
                        y[o][i] += w[o][c][k] * x[h + c][j]
    return y


def flipped_filter_bank_grad_input(delta: Plane, w: Volume, N: int, G: int, s: int, d: int, p: int) -> Plane:
    M = len(delta[0])
    K = len(w[0][0])
    C = len(w[0])
    C_out = len(w)
    F = C_out // G
    g = zeros(C * G, N)
    for o in range(C_out):
        h = C * (o // F)
        for i in range(M):
            for c in range(C):
                for k in range(K):
                    j = s * i + d * (K - 1 - k) - p
                    if 0 <= j < N:
                        g[h + c][j] += w[o][c][k] * delta[o][i]
    return g


def flipped_filter_bank_grad_kernel(delta: Plane, x: Plane, K: int, G: int, s: int, d: int, p: int) -> Volume:
    M = len(delta[0])
    N = len(x[0])
    C = len(x) // G
    C_out = len(delta)
    F = C_out // G
    g = zeros(C_out, C, K)
    for o in range(C_out):
        h = C * (o // F)
        for i in range(M):
            for c in range(C):
                for k in range(K):
                    j = s * i + d * (K - 1 - k) - p
                    if 0 <= j < N:
                        g[o][c][k] += x[h + c][j] * delta[o][i]
    return g
