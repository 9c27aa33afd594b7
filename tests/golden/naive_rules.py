"""Schedule-Free AdamW and Prodigy number by number, from their papers; PyTorch has neither.

Defazio et al. 2024, algorithm 1, with v̂ in the denominator and the weights γ² of the authors' code.
Mishchenko & Defazio 2024, algorithm 4: with the factors 1 − √β2 that the equations leave out.
"""

from __future__ import annotations

import math


class ScheduleFreeAdamW:
    """One network; `w` is where the gradient was taken."""

    def __init__(self, w, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.0):
        self.z, self.x, self.v = list(w), list(w), [0.0] * len(w)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.decay = weight_decay if isinstance(weight_decay, list) else [weight_decay] * len(w)
        self.rates = []

    def step(self, w, g, t, eta):
        self.rates.append(max(eta, *self.rates) if self.rates else eta)
        total = math.fsum(rate * rate for rate in self.rates)
        share = self.rates[-1] ** 2 / total if total else 0.0
        y = []
        for q in range(len(w)):
            self.v[q] = self.beta2 * self.v[q] + (1 - self.beta2) * g[q] ** 2
            root = math.sqrt(self.v[q] / (1 - self.beta2**t))
            self.z[q] -= eta * (g[q] / (root + self.epsilon) + self.decay[q] * w[q])
            self.x[q] += share * (self.z[q] - self.x[q])
            y.append((1 - self.beta1) * self.z[q] + self.beta1 * self.x[q])
        return y


class Prodigy:
    """One network."""

    def __init__(
        self, w, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.0, d0=1e-6, d_coefficient=1.0
    ):
        self.start = list(w)
        self.m, self.v, self.s = ([0.0] * len(w) for _ in range(3))
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.decay = weight_decay if isinstance(weight_decay, list) else [weight_decay] * len(w)
        self.d, self.coefficient, self.r = d0, d_coefficient, 0.0

    def step(self, w, g, t, eta):
        assert t >= 1  # whatever it is: no moment is corrected for its start
        keep, d, after = math.sqrt(self.beta2), self.d, []
        product = math.fsum(g[q] * (self.start[q] - w[q]) for q in range(len(w)))
        self.r = keep * self.r + (1 - keep) * eta * d * d * product
        for q in range(len(w)):
            self.s[q] = keep * self.s[q] + (1 - keep) * eta * d * d * g[q]
            self.m[q] = self.beta1 * self.m[q] + (1 - self.beta1) * d * g[q]
            self.v[q] = self.beta2 * self.v[q] + (1 - self.beta2) * (d * g[q]) ** 2
            kept = w[q] * (1 - eta * d * self.decay[q])
            after.append(kept - eta * d * self.m[q] / (math.sqrt(self.v[q]) + d * self.epsilon))
        length = math.fsum(abs(value) for value in self.s)
        if length:
            self.d = max(d, self.coefficient * self.r / length)
        return after


NAIVE = {"schedule_free_adamw": ScheduleFreeAdamW, "prodigy": Prodigy}
