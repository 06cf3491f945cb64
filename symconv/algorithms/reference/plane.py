"""Two axes: cross-correlation, true convolution with the kernel flipped on both, and their gradients."""

from __future__ import annotations

from symconv.algorithms.reference.arrays import Entry, Pair, Plane, zeros


def correlation_2d(x: Plane, w: Plane, b: Entry, s: Pair, d: Pair, p: Pair, q: Pair) -> Plane:
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    q_1, q_2 = q
    N_1 = len(x)
    N_2 = len(x[0])
    K_1 = len(w)
    K_2 = len(w[0])
    M_1 = (N_1 + p_1 + q_1 - d_1 * (K_1 - 1) - 1) // s_1 + 1
    M_2 = (N_2 + p_2 + q_2 - d_2 * (K_2 - 1) - 1) // s_2 + 1
    y = zeros(M_1, M_2)
    for i_1 in range(M_1):
        for i_2 in range(M_2):
            y[i_1][i_2] = b
            for k_1 in range(K_1):
                for k_2 in range(K_2):
                    j_1 = s_1 * i_1 + d_1 * k_1 - p_1
                    j_2 = s_2 * i_2 + d_2 * k_2 - p_2
                    if 0 <= j_1 < N_1 and 0 <= j_2 < N_2:
                        y[i_1][i_2] += w[k_1][k_2] * x[j_1][j_2]
    return y


def correlation_2d_grad_input(delta: Plane, w: Plane, N: Pair, s: Pair, d: Pair, p: Pair) -> Plane:
    N_1, N_2 = N
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    M_1 = len(delta)
    M_2 = len(delta[0])
    K_1 = len(w)
    K_2 = len(w[0])
    g = zeros(N_1, N_2)
    for i_1 in range(M_1):
        for i_2 in range(M_2):
            for k_1 in range(K_1):
                for k_2 in range(K_2):
                    j_1 = s_1 * i_1 + d_1 * k_1 - p_1
                    j_2 = s_2 * i_2 + d_2 * k_2 - p_2
                    if 0 <= j_1 < N_1 and 0 <= j_2 < N_2:
                        g[j_1][j_2] += w[k_1][k_2] * delta[i_1][i_2]
    return g


def correlation_2d_grad_kernel(delta: Plane, x: Plane, K: Pair, s: Pair, d: Pair, p: Pair) -> Plane:
    K_1, K_2 = K
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    M_1 = len(delta)
    M_2 = len(delta[0])
    N_1 = len(x)
    N_2 = len(x[0])
    g = zeros(K_1, K_2)
    for i_1 in range(M_1):
        for i_2 in range(M_2):
            for k_1 in range(K_1):
                for k_2 in range(K_2):
                    j_1 = s_1 * i_1 + d_1 * k_1 - p_1
                    j_2 = s_2 * i_2 + d_2 * k_2 - p_2
                    if 0 <= j_1 < N_1 and 0 <= j_2 < N_2:
                        g[k_1][k_2] += x[j_1][j_2] * delta[i_1][i_2]
    return g


def grad_bias_2d(delta: Plane) -> Entry:
    M_1 = len(delta)
    M_2 = len(delta[0])
    g = 0
    for i_1 in range(M_1):
        for i_2 in range(M_2):
            g += delta[i_1][i_2]
    return g


def convolution_2d(x: Plane, w: Plane, b: Entry, s: Pair, d: Pair, p: Pair, q: Pair) -> Plane:
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    q_1, q_2 = q
    N_1 = len(x)
    N_2 = len(x[0])
    K_1 = len(w)
    K_2 = len(w[0])
    M_1 = (N_1 + p_1 + q_1 - d_1 * (K_1 - 1) - 1) // s_1 + 1
    M_2 = (N_2 + p_2 + q_2 - d_2 * (K_2 - 1) - 1) // s_2 + 1
    y = zeros(M_1, M_2)
    for i_1 in range(M_1):
        for i_2 in range(M_2):
            y[i_1][i_2] = b
            for k_1 in range(K_1):
                for k_2 in range(K_2):
                    j_1 = s_1 * i_1 + d_1 * (K_1 - 1 - k_1) - p_1
                    j_2 = s_2 * i_2 + d_2 * (K_2 - 1 - k_2) - p_2
                    if 0 <= j_1 < N_1 and 0 <= j_2 < N_2:
                        y[i_1][i_2] += w[k_1][k_2] * x[j_1][j_2]
    return y


def convolution_2d_grad_input(delta: Plane, w: Plane, N: Pair, s: Pair, d: Pair, p: Pair) -> Plane:
    N_1, N_2 = N
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    M_1 = len(delta)
    M_2 = len(delta[0])
    K_1 = len(w)
    K_2 = len(w[0])
    g = zeros(N_1, N_2)
    for i_1 in range(M_1):
        for i_2 in range(M_2):
            for k_1 in range(K_1):
                for k_2 in range(K_2):
                    j_1 = s_1 * i_1 + d_1 * (K_1 - 1 - k_1) - p_1
                    j_2 = s_2 * i_2 + d_2 * (K_2 - 1 - k_2) - p_2
                    if 0 <= j_1 < N_1 and 0 <= j_2 < N_2:
                        g[j_1][j_2] += w[k_1][k_2] * delta[i_1][i_2]
    return g


def convolution_2d_grad_kernel(delta: Plane, x: Plane, K: Pair, s: Pair, d: Pair, p: Pair) -> Plane:
    K_1, K_2 = K
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    M_1 = len(delta)
    M_2 = len(delta[0])
    N_1 = len(x)
    N_2 = len(x[0])
    g = zeros(K_1, K_2)
    for i_1 in range(M_1):
        for i_2 in range(M_2):
            for k_1 in range(K_1):
                for k_2 in range(K_2):
                    j_1 = s_1 * i_1 + d_1 * (K_1 - 1 - k_1) - p_1
                    j_2 = s_2 * i_2 + d_2 * (K_2 - 1 - k_2) - p_2
                    if 0 <= j_1 < N_1 and 0 <= j_2 < N_2:
                        g[k_1][k_2] += x[j_1][j_2] * delta[i_1][i_2]
    return g
