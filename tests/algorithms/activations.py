"""Functions that a user may write: what each should read as, beside it."""

from __future__ import annotations

import math

import numpy as np
from sympy import Max


def relu(x):
    """The docstring is not part of the equation."""
    if x > 0:
        return x
    else:
        return 0


def early(x):
    if x > 1:
        return 1
    if x < -1:
        return -1
    return x


def hard_sigmoid(x):
    if x <= -3:
        return 0
    elif x < 3:
        return x / 6 + 1 / 2
    else:
        return 1


def gelu(x):
    c = math.sqrt(2 / math.pi)
    return x * (1 + math.tanh(c * (x + 0.044715 * x**3))) / 2


def leaky(x, alpha=0.01):
    return np.maximum(alpha * x, x)


def softplus(x, /, beta_1=1):
    return math.log1p(np.exp(beta_1 * x)) / beta_1


def correlate(w, x, i, K):
    return sum(w[u, v] * x[i + u][v] for u in range(K) for v in range(K))


def scaled(x, lambda_, x_max, C_in, x0, rate_limit):
    return lambda_ * x_max - C_in * x0 + rate_limit


def tiny(x):
    return Max(x, 1e-05) + 2.5e-7 * x + 1e20


def bounded(x):
    return -np.inf if x != x else math.inf


def length(x):
    return np.linalg.norm(x)


def nested(x, y):
    if x > 0:
        if y > 0:
            return x * y
        return x
    return y


def bracketed(a, b, c):
    return a * (b % c) - (a if b else c) * math.sin(a) * b + ((a < b) < c)


def entry(x, y, x_1, k):
    return (x + y)[0] * (-x)[k] + x_1[k] + (x if k else y)[1]


def factors(x, K):
    return sum(x[k] for k in range(K)) * 3 + 3 * math.prod(x[k] for k in range(K))


def same(x, y):
    x_1 = x == y
    return x_1 or x > 0


def sign(x):
    if x > 0:
        return 1
    elif x < 0:
        return -1
    return 0


def gated(x, y):
    if x > 0:
        if y > 0:
            return 1
    elif x < 0:
        return -1
    return 0


def pair(x):
    a, b = x
    return a + b


#: What each reads as.
EQUATIONS = {
    relu: r"\mathrm{relu}(x) = \left\{ \begin{array}{ll} x, & \mathrm{if} \ x > 0 \\ "
    r"0, & \mathrm{otherwise} \end{array} \right.",
    early: r"\mathrm{early}(x) = \left\{ \begin{array}{ll} 1, & \mathrm{if} \ x > 1 \\ "
    r"-1, & \mathrm{if} \ x < -1 \\ x, & \mathrm{otherwise} \end{array} \right.",
    hard_sigmoid: r"\mathrm{hard\_sigmoid}(x) = \left\{ \begin{array}{ll} 0, & \mathrm{if} \ x \le -3 \\ "
    r"\frac{x}{6} + \frac{1}{2}, & \mathrm{if} \ x < 3 \\ 1, & \mathrm{otherwise} \end{array} \right.",
    gelu: r"\begin{aligned} c &= \sqrt{ \frac{2}{\pi} } \\ \mathrm{gelu}(x) &= \frac{x \cdot (1 + \tanh "
    r"(c \cdot (x + 0.044715 x^{3})))}{2} \end{aligned}",
    leaky: r"\mathrm{leaky}(x, \alpha) = \max (\alpha x, x)",
    softplus: r"\mathrm{softplus}(x, \beta_{1}) = \frac{\log (1 + \exp (\beta_{1} x))}{\beta_{1}}",
    correlate: r"\mathrm{correlate}(w, x, i, K) = \sum_{u = 0}^{K - 1} \sum_{v = 0}^{K - 1} "
    r"({w_{u, v} x_{i + u, v}})",
    scaled: r"\mathrm{scaled}(x, \lambda, x_{\mathrm{max}}, C_{\mathrm{in}}, x_{0}, \mathrm{rate\_limit}) = "
    r"\lambda x_{\mathrm{max}} - C_{\mathrm{in}} x_{0} + \mathrm{rate\_limit}",
    tiny: r"\mathrm{tiny}(x) = \max (x, 10^{-5}) + 2.5 \cdot 10^{-7} x + 10^{20}",
    bounded: r"\mathrm{bounded}(x) = \left\{ \begin{array}{ll} -\infty, & \mathrm{if} \ x \ne x \\ "
    r"\infty, & \mathrm{otherwise} \end{array} \right.",
    length: r"\mathrm{length}(x) = \mathrm{norm} (x)",
    nested: r"\mathrm{nested}(x, y) = \left\{ \begin{array}{ll} \left\{ \begin{array}{ll} x y, & "
    r"\mathrm{if} \ y > 0 \\ x, & \mathrm{otherwise} \end{array} \right., & \mathrm{if} \ x > 0 \\ "
    r"y, & \mathrm{otherwise} \end{array} \right.",
    bracketed: r"\mathrm{bracketed}(a, b, c) = a \cdot (b \mathbin{\%} c) - (\left\{ \begin{array}{ll} a, & "
    r"\mathrm{if} \ b \\ c, & \mathrm{otherwise} \end{array} \right.) \sin (a) b + ((a < b) < c)",
    entry: r"\mathrm{entry}(x, y, x_{1}, k) = (x + y)_{0} (-x)_{k} + {x_{1}}_{k} + (\left\{ "
    r"\begin{array}{ll} x, & \mathrm{if} \ k \\ y, & \mathrm{otherwise} \end{array} \right.)_{1}",
    factors: r"\mathrm{factors}(x, K) = (\sum_{k = 0}^{K - 1} ({x_{k}})) \cdot 3 + 3 \prod_{k = 0}^{K - 1} "
    r"({x_{k}})",
    same: r"\begin{aligned} x_{1} &= (x = y) \\ \mathrm{same}(x, y) &= (x_{1} \lor x > 0) \end{aligned}",
    sign: r"\mathrm{sign}(x) = \left\{ \begin{array}{ll} 1, & \mathrm{if} \ x > 0 \\ "
    r"-1, & \mathrm{if} \ x < 0 \\ 0, & \mathrm{otherwise} \end{array} \right.",
    gated: r"\mathrm{gated}(x, y) = \left\{ \begin{array}{ll} \left\{ \begin{array}{ll} 1, & "
    r"\mathrm{if} \ y > 0 \\ 0, & \mathrm{otherwise} \end{array} \right., & \mathrm{if} \ x > 0 \\ "
    r"-1, & \mathrm{if} \ x < 0 \\ 0, & \mathrm{otherwise} \end{array} \right.",
    pair: r"\begin{aligned} (a, b) &= x \\ \mathrm{pair}(x) &= a + b \end{aligned}",
}
