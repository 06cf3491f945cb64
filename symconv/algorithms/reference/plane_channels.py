"""Two axes with channels, the layer of most networks; letters as on one axis.

Output channel ``o`` belongs to group ``floor(o / F)``, whose first input channel is ``h``.
"""

from __future__ import annotations

from symconv.algorithms.reference.arrays import Filters, Pair, Vector, Volume, zeros


def filter_bank_2d(x: Volume, w: Filters, b: Vector, G: int, s: Pair, d: Pair, p: Pair, q: Pair) -> Volume:
    N_0 = len(x[0])
    N_1 = len(x[0][0])
    K_0 = len(w[0][0])
    K_1 = len(w[0][0][0])
    C = len(w[0])
    C_out = len(w)
    F = C_out // G
    M_0 = (N_0 + p[0] + q[0] - d[0] * (K_0 - 1) - 1) // s[0] + 1
    M_1 = (N_1 + p[1] + q[1] - d[1] * (K_1 - 1) - 1) // s[1] + 1
    y = zeros(C_out, M_0, M_1)
    for o in range(C_out):
        h = C * (o // F)
        for i_0 in range(M_0):
            for i_1 in range(M_1):
                y[o][i_0][i_1] = b[o]
                for c in range(C):
                    for k_0 in range(K_0):
                        for k_1 in range(K_1):
                            j_0 = s[0] * i_0 + d[0] * k_0 - p[0]
                            j_1 = s[1] * i_1 + d[1] * k_1 - p[1]
                            if 0 <= j_0 < N_0 and 0 <= j_1 < N_1:
                                y[o][i_0][i_1] += w[o][c][k_0][k_1] * x[h + c][j_0][j_1]
    return y


def filter_bank_2d_grad_input(
    delta: Volume, w: Filters, N: Pair, G: int, s: Pair, d: Pair, p: Pair
) -> Volume:
    M_0 = len(delta[0])
    M_1 = len(delta[0][0])
    K_0 = len(w[0][0])
    K_1 = len(w[0][0][0])
    C = len(w[0])
    C_out = len(w)
    F = C_out // G
    g = zeros(C * G, N[0], N[1])
    for o in range(C_out):
        h = C * (o // F)
        for i_0 in range(M_0):
            for i_1 in range(M_1):
                for c in range(C):
                    for k_0 in range(K_0):
                        for k_1 in range(K_1):
                            j_0 = s[0] * i_0 + d[0] * k_0 - p[0]
                            j_1 = s[1] * i_1 + d[1] * k_1 - p[1]
                            if 0 <= j_0 < N[0] and 0 <= j_1 < N[1]:
                                g[h + c][j_0][j_1] += w[o][c][k_0][k_1] * delta[o][i_0][i_1]
    return g


def filter_bank_2d_grad_kernel(
    delta: Volume, x: Volume, K: Pair, G: int, s: Pair, d: Pair, p: Pair
) -> Filters:
    M_0 = len(delta[0])
    M_1 = len(delta[0][0])
    N_0 = len(x[0])
    N_1 = len(x[0][0])
    C = len(x) // G
    C_out = len(delta)
    F = C_out // G
    g = zeros(C_out, C, K[0], K[1])
    for o in range(C_out):
        h = C * (o // F)
        for i_0 in range(M_0):
            for i_1 in range(M_1):
                for c in range(C):
                    for k_0 in range(K[0]):
                        for k_1 in range(K[1]):
                            j_0 = s[0] * i_0 + d[0] * k_0 - p[0]
                            j_1 = s[1] * i_1 + d[1] * k_1 - p[1]
                            if 0 <= j_0 < N_0 and 0 <= j_1 < N_1:
                                g[o][c][k_0][k_1] += x[h + c][j_0][j_1] * delta[o][i_0][i_1]
    return g


def filter_bank_2d_grad_bias(delta: Volume) -> Vector:
    M_0 = len(delta[0])
    M_1 = len(delta[0][0])
    C_out = len(delta)
    g = zeros(C_out)
    for o in range(C_out):
        for i_0 in range(M_0):
            for i_1 in range(M_1):
                g[o] += delta[o][i_0][i_1]
    return g
