"""Pooling along two axes: the largest entry of each window, and the average, with their gradients."""

from __future__ import annotations

from math import inf

from symconv.algorithms.reference.arrays import Pair, Plane, zeros


def max_pooling_2d(x: Plane, K: Pair, s: Pair, d: Pair, p: Pair, q: Pair) -> Plane:
    K_1, K_2 = K
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    q_1, q_2 = q
    N_1 = len(x)
    N_2 = len(x[0])
    M_1 = (N_1 + p_1 + q_1 - d_1 * (K_1 - 1) - 1) // s_1 + 1
    M_2 = (N_2 + p_2 + q_2 - d_2 * (K_2 - 1) - 1) // s_2 + 1
    y = zeros(M_1, M_2)
    for i_1 in range(M_1):
        for i_2 in range(M_2):
            y[i_1][i_2] = -inf
            for k_1 in range(K_1):
                for k_2 in range(K_2):
                    j_1 = s_1 * i_1 + d_1 * k_1 - p_1
                    j_2 = s_2 * i_2 + d_2 * k_2 - p_2
                    if 0 <= j_1 < N_1 and 0 <= j_2 < N_2:
                        y[i_1][i_2] = max(y[i_1][i_2], x[j_1][j_2])
    return y


def max_pooling_2d_grad_input(delta: Plane, x: Plane, K: Pair, s: Pair, d: Pair, p: Pair) -> Plane:
    K_1, K_2 = K
    s_1, s_2 = s
    d_1, d_2 = d
    p_1, p_2 = p
    M_1 = len(delta)
    M_2 = len(delta[0])
    N_1 = len(x)
    N_2 = len(x[0])
    g = zeros(N_1, N_2)
    for i_1 in range(M_1):
        for i_2 in range(M_2):
            m = -inf
            a_1 = 0
            a_2 = 0
            for k_1 in range(K_1):
                for k_2 in range(K_2):
                    j_1 = s_1 * i_1 + d_1 * k_1 - p_1
                    j_2 = s_2 * i_2 + d_2 * k_2 - p_2
                    if 0 <= j_1 < N_1 and 0 <= j_2 < N_2 and x[j_1][j_2] > m:
                        m = x[j_1][j_2]
                        a_1 = j_1
                        a_2 = j_2
            g[a_1][a_2] += delta[i_1][i_2]
    return g


def average_pooling_2d(x: Plane, K: Pair, s: Pair, p: Pair, q: Pair) -> Plane:
    K_1, K_2 = K
    s_1, s_2 = s
    p_1, p_2 = p
    q_1, q_2 = q
    N_1 = len(x)
    N_2 = len(x[0])
    M_1 = (N_1 + p_1 + q_1 - K_1) // s_1 + 1
    M_2 = (N_2 + p_2 + q_2 - K_2) // s_2 + 1
    y = zeros(M_1, M_2)
    for i_1 in range(M_1):
        for i_2 in range(M_2):
            for k_1 in range(K_1):
                for k_2 in range(K_2):
                    j_1 = s_1 * i_1 + k_1 - p_1
                    j_2 = s_2 * i_2 + k_2 - p_2
                    if 0 <= j_1 < N_1 and 0 <= j_2 < N_2:
                        y[i_1][i_2] += x[j_1][j_2] / (K_1 * K_2)
    return y


def average_pooling_2d_grad_input(delta: Plane, N: Pair, K: Pair, s: Pair, p: Pair) -> Plane:
    N_1, N_2 = N
    K_1, K_2 = K
    s_1, s_2 = s
    p_1, p_2 = p
    M_1 = len(delta)
    M_2 = len(delta[0])
    g = zeros(N_1, N_2)
    for i_1 in range(M_1):
        for i_2 in range(M_2):
            for k_1 in range(K_1):
                for k_2 in range(K_2):
                    j_1 = s_1 * i_1 + k_1 - p_1
                    j_2 = s_2 * i_2 + k_2 - p_2
                    if 0 <= j_1 < N_1 and 0 <= j_2 < N_2:
                        g[j_1][j_2] += delta[i_1][i_2] / (K_1 * K_2)
    return g
