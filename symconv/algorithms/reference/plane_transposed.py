"""Two axes of a transposed layer: inputs are spread over the outputs, and their gradients gathered."""

from __future__ import annotations

from symconv.algorithms.reference.arrays import Entry, Pair, Plane, zeros


def transposed_2d(x: Plane, w: Plane, b: Entry, s: Pair, d: Pair, p: Pair, q: Pair, a: Pair) -> Plane:
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    q_1, q_2 = q
    a_1, a_2 = a
    N_1 = len(x)
    N_2 = len(x[0])
    K_1 = len(w)
    K_2 = len(w[0])
    M_1 = s_1 * (N_1 - 1) + d_1 * (K_1 - 1) + 1 - p_1 - q_1 + a_1
    M_2 = s_2 * (N_2 - 1) + d_2 * (K_2 - 1) + 1 - p_2 - q_2 + a_2
    y = zeros(M_1, M_2)
    for i_1 in range(M_1):
        for i_2 in range(M_2):
            y[i_1][i_2] = b
    for j_1 in range(N_1):
        for j_2 in range(N_2):
            for k_1 in range(K_1):
                for k_2 in range(K_2):
                    i_1 = s_1 * j_1 + d_1 * k_1 - p_1
                    i_2 = s_2 * j_2 + d_2 * k_2 - p_2
                    if 0 <= i_1 < M_1 and 0 <= i_2 < M_2:
                        y[i_1][i_2] += w[k_1][k_2] * x[j_1][j_2]
    return y


def transposed_2d_grad_input(delta: Plane, w: Plane, N: Pair, s: Pair, d: Pair, p: Pair) -> Plane:
    N_1, N_2 = N
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    M_1 = len(delta)
    M_2 = len(delta[0])
    K_1 = len(w)
    K_2 = len(w[0])
    g = zeros(N_1, N_2)
    for j_1 in range(N_1):
        for j_2 in range(N_2):
            for k_1 in range(K_1):
                for k_2 in range(K_2):
                    i_1 = s_1 * j_1 + d_1 * k_1 - p_1
                    i_2 = s_2 * j_2 + d_2 * k_2 - p_2
                    if 0 <= i_1 < M_1 and 0 <= i_2 < M_2:
                        g[j_1][j_2] += w[k_1][k_2] * delta[i_1][i_2]
    return g


def transposed_2d_grad_kernel(delta: Plane, x: Plane, K: Pair, s: Pair, d: Pair, p: Pair) -> Plane:
    K_1, K_2 = K
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    M_1 = len(delta)
    M_2 = len(delta[0])
    N_1 = len(x)
    N_2 = len(x[0])
    g = zeros(K_1, K_2)
    for j_1 in range(N_1):
        for j_2 in range(N_2):
            for k_1 in range(K_1):
                for k_2 in range(K_2):
                    i_1 = s_1 * j_1 + d_1 * k_1 - p_1
                    i_2 = s_2 * j_2 + d_2 * k_2 - p_2
                    if 0 <= i_1 < M_1 and 0 <= i_2 < M_2:
                        g[k_1][k_2] += x[j_1][j_2] * delta[i_1][i_2]
    return g
