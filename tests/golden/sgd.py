#!/usr/bin/python3
"""Four steps of torch.optim.SGD on three numbers, printed for tests/test_optim.c."""
import torch

START = [0.5, -1.25, 2.0]
GRADS = [[0.1, -0.2, 0.3], [-0.4, 0.5, -0.6], [0.7, -0.8, 0.9], [0.05, 0.0, -1.5]]


def run(lr, momentum, weight_decay):
    p = torch.nn.Parameter(torch.tensor(START))
    sgd = torch.optim.SGD([p], lr=lr, momentum=momentum, weight_decay=weight_decay)
    rows = []
    for grad in GRADS:
        p.grad = torch.tensor(grad)
        sgd.step()
        rows.append("{" + ", ".join("%.9gf" % v for v in p.tolist()) + "}")
    print("    {%g, %g, %g, {%s}}," % (lr, momentum, weight_decay, ",\n      ".join(rows)))


for case in [(0.1, 0, 0), (0.01, 0.9, 0), (0.05, 0.9, 0.01), (0.2, 0.5, 0.1)]:
    run(*case)
