"""Two axes with channels, the layer of most networks, also with flipped kernels; letters as on one axis.

Output channel ``o`` belongs to group ``floor(o / F)``, whose first input channel is ``h``.
"""

from __future__ import annotations

from symconv.algorithms.reference.arrays import Filters, Pair, Vector, Volume, zeros


def filter_bank_2d(x: Volume, w: Filters, b: Vector, G: int, s: Pair, d: Pair, p: Pair, q: Pair) -> Volume:
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    q_1, q_2 = q
    N_1 = len(x[0])
    N_2 = len(x[0][0])
    K_1 = len(w[0][0])
    K_2 = len(w[0][0][0])
    C = len(w[0])
    C_out = len(w)
    F = C_out // G
    M_1 = (N_1 + p_1 + q_1 - d_1 * (K_1 - 1) - 1) // s_1 + 1
    M_2 = (N_2 + p_2 + q_2 - d_2 * (K_2 - 1) - 1) // s_2 + 1
    y = zeros(C_out, M_1, M_2)
    for o in range(C_out):
        h = C * (o // F)
        for i_1 in range(M_1):
            for i_2 in range(M_2):
                y[o][i_1][i_2] = b[o]
                for c in range(C):
                    for k_1 in range(K_1):
                        for k_2 in range(K_2):
                            j_1 = s_1 * i_1 + d_1 * k_1 - p_1
                            j_2 = s_2 * i_2 + d_2 * k_2 - p_2
                            if 0 <= j_1 < N_1 and 0 <= j_2 < N_2:
                                y[o][i_1][i_2] += w[o][c][k_1][k_2] * x[h + c][j_1][j_2]
    return y


def filter_bank_2d_grad_input(
    delta: Volume, w: Filters, N: Pair, G: int, s: Pair, d: Pair, p: Pair
) -> Volume:
    N_1, N_2 = N
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    M_1 = len(delta[0])
    M_2 = len(delta[0][0])
    K_1 = len(w[0][0])
    K_2 = len(w[0][0][0])
    C = len(w[0])
    C_out = len(w)
    F = C_out // G
    g = zeros(C * G, N_1, N_2)
    for o in range(C_out):
        h = C * (o // F)
        for i_1 in range(M_1):
            for i_2 in range(M_2):
                for c in range(C):
                    for k_1 in range(K_1):
                        for k_2 in range(K_2):
                            j_1 = s_1 * i_1 + d_1 * k_1 - p_1
                            j_2 = s_2 * i_2 + d_2 * k_2 - p_2
                            if 0 <= j_1 < N_1 and 0 <= j_2 < N_2:
                                g[h + c][j_1][j_2] += w[o][c][k_1][k_2] * delta[o][i_1][i_2]
    return g


def filter_bank_2d_grad_kernel(
    delta: Volume, x: Volume, K: Pair, G: int, s: Pair, d: Pair, p: Pair
) -> Filters:
    K_1, K_2 = K
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    M_1 = len(delta[0])
    M_2 = len(delta[0][0])
    N_1 = len(x[0])
    N_2 = len(x[0][0])
    C = len(x) // G
    C_out = len(delta)
    F = C_out // G
    g = zeros(C_out, C, K_1, K_2)
    for o in range(C_out):
        h = C * (o // F)
        for i_1 in range(M_1):
            for i_2 in range(M_2):
                for c in range(C):
                    for k_1 in range(K_1):
                        for k_2 in range(K_2):
                            j_1 = s_1 * i_1 + d_1 * k_1 - p_1
                            j_2 = s_2 * i_2 + d_2 * k_2 - p_2
                            if 0 <= j_1 < N_1 and 0 <= j_2 < N_2:
                                g[o][c][k_1][k_2] += x[h + c][j_1][j_2] * delta[o][i_1][i_2]
    return g


def filter_bank_2d_grad_bias(delta: Volume) -> Vector:
    M_1 = len(delta[0])
    M_2 = len(delta[0][0])
    C_out = len(delta)
    g = zeros(C_out)
    for o in range(C_out):
        for i_1 in range(M_1):
            for i_2 in range(M_2):
                g[o] += delta[o][i_1][i_2]
    return g


def flipped_filter_bank_2d(
    x: Volume, w: Filters, b: Vector, G: int, s: Pair, d: Pair, p: Pair, q: Pair
) -> Volume:
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    q_1, q_2 = q
    N_1 = len(x[0])
    N_2 = len(x[0][0])
    K_1 = len(w[0][0])
    K_2 = len(w[0][0][0])
    C = len(w[0])
    C_out = len(w)
    F = C_out // G
    M_1 = (N_1 + p_1 + q_1 - d_1 * (K_1 - 1) - 1) // s_1 + 1
    M_2 = (N_2 + p_2 + q_2 - d_2 * (K_2 - 1) - 1) // s_2 + 1
    y = zeros(C_out, M_1, M_2)
    for o in range(C_out):
        h = C * (o // F)
        for i_1 in range(M_1):
            for i_2 in range(M_2):
                y[o][i_1][i_2] = b[o]
                for c in range(C):
                    for k_1 in range(K_1):
                        for k_2 in range(K_2):
                            j_1 = s_1 * i_1 + d_1 * (K_1 - 1 - k_1) - p_1
                            j_2 = s_2 * i_2 + d_2 * (K_2 - 1 - k_2) - p_2
                            if 0 <= j_1 < N_1 and 0 <= j_2 < N_2:
                                y[o][i_1][i_2] += w[o][c][k_1][k_2] * x[h + c][j_1][j_2]
    return y


def flipped_filter_bank_2d_grad_input(
    delta: Volume, w: Filters, N: Pair, G: int, s: Pair, d: Pair, p: Pair
) -> Volume:
    N_1, N_2 = N
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    M_1 = len(delta[0])
    M_2 = len(delta[0][0])
    K_1 = len(w[0][0])
    K_2 = len(w[0][0][0])
    C = len(w[0])
    C_out = len(w)
    F = C_out // G
    g = zeros(C * G, N_1, N_2)
    for o in range(C_out):
        h = C * (o // F)
        for i_1 in range(M_1):
            for i_2 in range(M_2):
                for c in range(C):
                    for k_1 in range(K_1):
                        for k_2 in range(K_2):
                            j_1 = s_1 * i_1 + d_1 * (K_1 - 1 - k_1) - p_1
                            j_2 = s_2 * i_2 + d_2 * (K_2 - 1 - k_2) - p_2
                            if 0 <= j_1 < N_1 and 0 <= j_2 < N_2:
                                g[h + c][j_1][j_2] += w[o][c][k_1][k_2] * delta[o][i_1][i_2]
    return g


def flipped_filter_bank_2d_grad_kernel(
    delta: Volume, x: Volume, K: Pair, G: int, s: Pair, d: Pair, p: Pair
) -> Filters:
    K_1, K_2 = K
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    M_1 = len(delta[0])
    M_2 = len(delta[0][0])
    N_1 = len(x[0])
    N_2 = len(x[0][0])
    C = len(x) // G
    C_out = len(delta)
    F = C_out // G
    g = zeros(C_out, C, K_1, K_2)
    for o in range(C_out):
        h = C * (o // F)
        for i_1 in range(M_1):
            for i_2 in range(M_2):
                for c in range(C):
                    for k_1 in range(K_1):
                        for k_2 in range(K_2):
                            j_1 = s_1 * i_1 + d_1 * (K_1 - 1 - k_1) - p_1
                            j_2 = s_2 * i_2 + d_2 * (K_2 - 1 - k_2) - p_2
                            if 0 <= j_1 < N_1 and 0 <= j_2 < N_2:
                                g[o][c][k_1][k_2] += x[h + c][j_1][j_2] * delta[o][i_1][i_2]
    return g
