#!/usr/bin/python3
"""Twelve steps of torch.optim's SGD and Adam on five numbers: writes optim.h for
tests/train/test_optim.c. Start and gradients are formulas, which stand there too."""
import math

import torch

STEPS, NUMBERS = 12, 5


def start():
    return [math.sin(3 * i + 1) for i in range(NUMBERS)]


def grads(step):
    """One number never gets a gradient, one gets it at some steps only."""
    g = [math.cos(1.7 * step + 2.3 * i) * (0.01 if i == 1 else 1) for i in range(NUMBERS)]
    g[2] = 0.0
    if step % 3:
        g[3] = 0.0
    return g


def run(fields, make):
    p = torch.nn.Parameter(torch.tensor(start()))
    rule = make([p])
    rows = []
    for step in range(STEPS):
        # The rate changes on the way, as schedules do.
        for group in rule.param_groups:
            group["lr"] = fields["lr"] * (0.5 if step >= 7 else 1)
        p.grad = torch.tensor(grads(step))
        rule.step()
        rows.append("{" + ", ".join("%.9gf" % v for v in p.tolist()) + "}")
    plan = ", ".join(".%s = %s" % (k, v) for k, v in fields.items() if k != "lr")
    return "    {%g, {%s},\n     {%s}},\n" % (fields["lr"], plan, ",\n      ".join(rows))


def sgd(lr, momentum, decay, nesterov=0):
    fields = dict(lr=lr, rule="LINT_OPTIM_SGD", weight_decay=decay, momentum=momentum,
                  nesterov=nesterov)
    return run(fields, lambda p: torch.optim.SGD(p, lr=lr, momentum=momentum, weight_decay=decay,
                                                 nesterov=bool(nesterov)))


def adam(lr, beta1, beta2, eps, decay):
    fields = dict(lr=lr, rule="LINT_OPTIM_ADAM", weight_decay=decay, beta1=beta1, beta2=beta2,
                  eps=eps)
    return run(fields, lambda p: torch.optim.Adam(p, lr=lr, betas=(beta1, beta2), eps=eps,
                                                  weight_decay=decay))


with open(__file__.replace("sgd.py", "optim.h"), "w") as out:
    out.write("/* Written by sgd.py: the parameters after each step of torch.optim. */\n"
              "/* clang-format off */\n")
    for case in [(0.1, 0, 0), (0.01, 0.9, 0), (0.05, 0.9, 0.01), (0.2, 0.5, 0.1),
                 (0.05, 0.9, 0, 1), (0.02, 0.8, 0.05, 1)]:
        out.write(sgd(*case))
    for case in [(1e-3, 0.9, 0.999, 1e-8, 0), (2e-3, 0.9, 0.999, 1e-8, 0.1),
                 (0.05, 0.5, 0.9, 1e-3, 0.01)]:
        out.write(adam(*case))
    out.write("/* clang-format on */\n")
