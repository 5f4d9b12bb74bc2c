#!/usr/bin/env python3
"""Makes mask-encoder.safetensors: how a mask encoder learns in PyTorch (lib/train/mask_encoder_train.h).

    cd tests/golden && /usr/bin/python3 encoder.py   (Debian: python3-torch)

Weights and masks are the formulas of make.py, and so are the numbers that triplets are drawn by. Of
each case the file holds, in float64 by autograd,

    CASE.loss [10]      of ten steps of Adam, without the L1 term
    CASE.gradient       of the first step, with it: of each parameter the elements drawn by chosen()
    CASE.ten            the same elements of the parameters after the tenth
"""
import numpy as np
import torch

from make import STEPS, chosen, fill, golden, masks, rng_u64, save

N, SIDE, SHUFFLE, SEED = 5, 24, 1, 9  # SHUFFLE: LINT_RNG_SHUFFLE
WEIGHT = torch.tensor([1, 2, 1, 0.5, 1], dtype=torch.double)


def binary(code, step):
    n = code.shape[0] // 2
    bce = torch.nn.BCELoss(reduction="none")
    is_mask = bce(code[:n], torch.ones_like(code[:n])).mean(1)
    return (is_mask + bce(code[n:], torch.zeros_like(code[n:])).mean(1)) / 2


def triplet(code, step):
    n = code.shape[0] // 2
    draw = [int(v) for v in rng_u64(SEED, SHUFFLE, step, 1, 2)]
    other, opposite = 1 + draw[0] % (n - 1), draw[1] % n
    rule = torch.nn.TripletMarginLoss(margin=MARGIN, reduction="none")
    return rule(code[:n], code[:n].roll(-other, 0), code[n:].roll(-opposite, 0))


# Behind a sigmoid: where codes are not bounded, a triplet does not see the last bias, whose gradient
# would be rounding noise that Adam makes a step of.
MARGIN = 2.0
LAYERS = {
    "binary": dict(fc=(1, SIDE * SIDE)),  # models/mask-encoder.net
    "triplet": dict(a=(6, SIDE * SIDE), b=(3, 6)),
}


def built(case):
    net = torch.nn.Sequential()
    for name, shape in LAYERS[case].items():
        if len(net):
            net.append(torch.nn.ReLU())
        layer = torch.nn.Linear(shape[1], shape[0]).double()
        layer.weight.data = torch.tensor(fill(name + ".weight", shape)).double()
        layer.bias.data = torch.tensor(fill(name + ".bias", shape[:1])).double()
        net.add_module(name, layer)
    net.append(torch.nn.Sigmoid())
    return net


def some(net, of):
    return np.concatenate([of(p).numpy().ravel()[chosen(k, p.numel())]
                           for k, p in net.named_parameters()]).astype(np.float32)


def run(case, objective, lr, l1):
    net, losses = built(case), []
    rule = torch.optim.Adam(net.parameters(), lr=lr)
    x = torch.tensor(masks(N, SIDE, SIDE).reshape(N, -1) / 255.0)
    for step in range(STEPS):
        rule.zero_grad()
        loss = (WEIGHT * objective(net(torch.cat([x, 1 - x])), step)).sum() / WEIGHT.sum()
        term = sum(p.abs().sum() for k, p in net.named_parameters() if k.endswith(".weight"))
        (loss + l1 * term).backward()
        if step == 0:
            gradient = some(net, lambda p: p.grad)
        rule.step()
        losses.append(loss.item())
    print(f"{case}: loss {losses[0]:.4g} to {losses[-1]:.4g}")
    return {f"{case}.loss": np.array(losses), f"{case}.gradient": gradient,
            f"{case}.ten": some(net, lambda p: p.detach())}


np.seterr(over="ignore")  # 64-bit products are meant to wrap
tensors = {**run("binary", binary, 2e-3, 0.03), **run("triplet", triplet, 2e-3, 0.01)}
save(golden("mask-encoder"), tensors, {"made by": "encoder.py"})
