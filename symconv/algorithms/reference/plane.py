"""Two axes: cross-correlation, true convolution with the kernel flipped on both, and their gradients."""

from __future__ import annotations

from symconv.algorithms.reference.arrays import Entry, Pair, Plane, zeros


def correlation_2d(x: Plane, w: Plane, b: Entry, s: Pair, d: Pair, p: Pair, q: Pair) -> Plane:
    N_0 = len(x)
    N_1 = len(x[0])
    K_0 = len(w)
    K_1 = len(w[0])
    M_0 = (N_0 + p[0] + q[0] - d[0] * (K_0 - 1) - 1) // s[0] + 1
    M_1 = (N_1 + p[1] + q[1] - d[1] * (K_1 - 1) - 1) // s[1] + 1
    y = zeros(M_0, M_1)
    for i_0 in range(M_0):
        for i_1 in range(M_1):
            y[i_0][i_1] = b
            for k_0 in range(K_0):
                for k_1 in range(K_1):
                    j_0 = s[0] * i_0 + d[0] * k_0 - p[0]
                    j_1 = s[1] * i_1 + d[1] * k_1 - p[1]
                    if 0 <= j_0 < N_0 and 0 <= j_1 < N_1:
                        y[i_0][i_1] += w[k_0][k_1] * x[j_0][j_1]
    return y


def correlation_2d_grad_input(delta: Plane, w: Plane, N: Pair, s: Pair, d: Pair, p: Pair) -> Plane:
    M_0 = len(delta)
    M_1 = len(delta[0])
    K_0 = len(w)
    K_1 = len(w[0])
    g = zeros(N[0], N[1])
    for i_0 in range(M_0):
        for i_1 in range(M_1):
            for k_0 in range(K_0):
                for k_1 in range(K_1):
                    j_0 = s[0] * i_0 + d[0] * k_0 - p[0]
                    j_1 = s[1] * i_1 + d[1] * k_1 - p[1]
                    if 0 <= j_0 < N[0] and 0 <= j_1 < N[1]:
                        g[j_0][j_1] += w[k_0][k_1] * delta[i_0][i_1]
    return g


def correlation_2d_grad_kernel(delta: Plane, x: Plane, K: Pair, s: Pair, d: Pair, p: Pair) -> Plane:
    M_0 = len(delta)
    M_1 = len(delta[0])
    N_0 = len(x)
    N_1 = len(x[0])
    g = zeros(K[0], K[1])
    for i_0 in range(M_0):
        for i_1 in range(M_1):
            for k_0 in range(K[0]):
                for k_1 in range(K[1]):
                    j_0 = s[0] * i_0 + d[0] * k_0 - p[0]
                    j_1 = s[1] * i_1 + d[1] * k_1 - p[1]
                    if 0 <= j_0 < N_0 and 0 <= j_1 < N_1:
                        g[k_0][k_1] += x[j_0][j_1] * delta[i_0][i_1]
    return g


def grad_bias_2d(delta: Plane) -> Entry:
    M_0 = len(delta)
    M_1 = len(delta[0])
    g = 0
    for i_0 in range(M_0):
        for i_1 in range(M_1):
            g += delta[i_0][i_1]
    return g


def convolution_2d(x: Plane, w: Plane, b: Entry, s: Pair, d: Pair, p: Pair, q: Pair) -> Plane:
    N_0 = len(x)
    N_1 = len(x[0])
    K_0 = len(w)
    K_1 = len(w[0])
    M_0 = (N_0 + p[0] + q[0] - d[0] * (K_0 - 1) - 1) // s[0] + 1
    M_1 = (N_1 + p[1] + q[1] - d[1] * (K_1 - 1) - 1) // s[1] + 1
    y = zeros(M_0, M_1)
    for i_0 in range(M_0):
        for i_1 in range(M_1):
            y[i_0][i_1] = b
            for k_0 in range(K_0):
                for k_1 in range(K_1):
                    j_0 = s[0] * i_0 + d[0] * (K_0 - 1 - k_0) - p[0]
                    j_1 = s[1] * i_1 + d[1] * (K_1 - 1 - k_1) - p[1]
                    if 0 <= j_0 < N_0 and 0 <= j_1 < N_1:
                        y[i_0][i_1] += w[k_0][k_1] * x[j_0][j_1]
    return y


def convolution_2d_grad_input(delta: Plane, w: Plane, N: Pair, s: Pair, d: Pair, p: Pair) -> Plane:
    M_0 = len(delta)
    M_1 = len(delta[0])
    K_0 = len(w)
    K_1 = len(w[0])
    g = zeros(N[0], N[1])
    for i_0 in range(M_0):
        for i_1 in range(M_1):
            for k_0 in range(K_0):
                for k_1 in range(K_1):
                    j_0 = s[0] * i_0 + d[0] * (K_0 - 1 - k_0) - p[0]
                    j_1 = s[1] * i_1 + d[1] * (K_1 - 1 - k_1) - p[1]
                    if 0 <= j_0 < N[0] and 0 <= j_1 < N[1]:
                        g[j_0][j_1] += w[k_0][k_1] * delta[i_0][i_1]
    return g


def convolution_2d_grad_kernel(delta: Plane, x: Plane, K: Pair, s: Pair, d: Pair, p: Pair) -> Plane:
    M_0 = len(delta)
    M_1 = len(delta[0])
    N_0 = len(x)
    N_1 = len(x[0])
    g = zeros(K[0], K[1])
    for i_0 in range(M_0):
        for i_1 in range(M_1):
            for k_0 in range(K[0]):
                for k_1 in range(K[1]):
                    j_0 = s[0] * i_0 + d[0] * (K[0] - 1 - k_0) - p[0]
                    j_1 = s[1] * i_1 + d[1] * (K[1] - 1 - k_1) - p[1]
                    if 0 <= j_0 < N_0 and 0 <= j_1 < N_1:
                        g[k_0][k_1] += x[j_0][j_1] * delta[i_0][i_1]
    return g
