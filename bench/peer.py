#!/usr/bin/env python3
"""PyTorch doing what engine.c does, the way a careful user writes it. `bench/run` talks to it as to
`engine --serve`: a measurement for each line of standard input.

The peer gets its pictures as normalised float tensors, which is work that lint does in the step.
With --precision bf16, networks run under autocast; losses are computed in f32. With --compile, whatever
torch.compile can take is compiled: not a head that is differentiated twice, for the CAM loss. With
--freeze, inference runs the body as torch.jit.optimize_for_inference makes it: batch norms become part
of the convolutions, and oneDNN does the activations.
"""
import argparse
import ctypes
import resource
import sys
import time
import warnings

import torch
import torch.nn.functional as F
from torch import nn


class Standard(nn.Module):
    """models/standard.net."""

    def __init__(self, classes):
        super().__init__()

        def conv(i, o):
            return nn.Conv2d(i, o, 2, padding="same")

        self.body = nn.Sequential(
            *(conv(3, 16), conv(16, 16), nn.BatchNorm2d(16), nn.MaxPool2d(2)),
            *(conv(16, 64), nn.BatchNorm2d(64), nn.MaxPool2d(2)),
            *(conv(64, 32), nn.BatchNorm2d(32), nn.MaxPool2d(2), nn.ReLU()),
        )
        widths = [32 * 24 * 24, 128, 128, 64, 32]
        dense = [m for i, o in zip(widths, widths[1:]) for m in (nn.Linear(i, o), nn.ReLU())]
        self.head = nn.Sequential(nn.Flatten(), *dense, nn.Linear(32, classes))


class Cnn(nn.Module):
    """models/cnn.net."""

    def __init__(self, classes):
        super().__init__()

        def block(i, o, *pool, **how):
            return nn.Conv2d(i, o, 3, padding=1, **how), nn.BatchNorm2d(o), nn.ReLU(), *pool

        self.body = nn.Sequential(
            *block(3, 32, nn.MaxPool2d(2), stride=2), *block(32, 64, nn.MaxPool2d(2)), *block(64, 128), *block(128, 128)
        )
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, classes))


class Torchvision(nn.Module):
    """torchvision's, cut where lint's maps are read, as far as those are asked for."""

    def __init__(self, name, classes):
        super().__init__()
        import torchvision

        net = getattr(torchvision.models, name)(weights=None, num_classes=classes)
        if name == "mobilenet_v2":
            body, pool, fc = [net.features], nn.AdaptiveAvgPool2d(1), net.classifier
        elif name.startswith("resnet"):
            *body, pool, fc = net.children()
        else:
            self.body, self.head = net, nn.Identity()
            return
        self.body = nn.Sequential(*body)
        self.head = nn.Sequential(pool, nn.Flatten(), fc)


def pictures(n, side):
    """The formula of engine.c: U8 [N,3,H,W]."""
    i, c, y, x = (torch.arange(v) for v in (n, 3, side, side))
    i, c, y, x = i[:, None, None, None], c[:, None, None], y[:, None], x
    h = ((((i * 1009 + y) * 1009 + x) * 3 + c) * 2654435761) & 0xFFFFFFFF
    return (((h >> 24) + 3 * ((x * (i + 1) * 5 + y * (c + 2) * 3) & 255)) // 4).to(torch.uint8)


def prior(h, w, sigma=0.25):
    dy = (torch.arange(h) + 0.5) / h - 0.5
    dx = (torch.arange(w) + 0.5) / w - 0.5
    return 1 - torch.exp(-(dy[:, None] ** 2 + dx**2) / (2 * sigma**2))


def energy(maps, cost):
    return ((cost * maps.abs()).sum((1, 2)) / (maps.abs().sum((1, 2)) + 1e-12)).mean()


def maps_batched(logits, a, seed):
    """HiResCAM of a mix of classes: one backward pass of the head for the whole batch."""
    (g,) = torch.autograd.grad((logits * seed).sum(), a, create_graph=True)
    return (a * g).sum(1)


def maps_looped(logits, a, seed):
    """The way of the system that lint rebuilds: a backward pass for each image and class."""
    maps = []
    for i in range(len(logits)):
        total = 0
        for c in range(logits.shape[1]):
            (g,) = torch.autograd.grad(logits[i, c], a, create_graph=True)
            total = total + seed[i, c] * (a[i] * g[i]).sum(0)
        maps.append(total)
    return torch.stack(maps)


def network(name, classes):
    """The network, the side of its pictures, and their mean and deviation."""
    if name == "standard":
        return Standard(classes), 192, [0.5] * 3, [0.25] * 3
    if name == "cnn":
        return Cnn(classes), 96, [0.5] * 3, [0.25] * 3
    return Torchvision(name, classes), 224, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class Work:
    def __init__(self, o):
        self.o = o
        self.net, side, mean, std = network(o.net, o.classes)
        mean, std = (torch.tensor(v)[:, None, None] for v in (mean, std))
        self.x = (pictures(o.batch, side).float() / 255 - mean) / std
        if o.layout == "last":
            self.net = self.net.to(memory_format=torch.channels_last)
            self.x = self.x.contiguous(memory_format=torch.channels_last)
        self.label = torch.arange(o.batch) % o.classes
        other = 1 / max(o.classes - 1, 1)
        self.seed = F.one_hot(self.label, o.classes) * (1 + other) - other
        self.net.train(o.work == "train")
        self.sgd = torch.optim.SGD(self.net.parameters(), 1e-3, momentum=0.9, weight_decay=1e-4)
        self.cost = None
        self.body, self.head = self.net.body, self.net.head
        if o.compile:
            self.compile()
        if o.freeze:
            self.freeze()

    def compile(self):
        if self.o.work == "infer":
            from torch._inductor import config

            config.freezing = True  # weights become constants, in the order that suits
        self.body = torch.compile(self.body)
        if self.o.cam == "none":
            self.head = torch.compile(self.head)

    def freeze(self):
        torch.jit.set_fusion_strategy([])  # what is left to fuse takes minutes, or for ever
        with torch.no_grad(), self.autocast():
            self.body = torch.jit.optimize_for_inference(torch.jit.trace(self.body, self.x))

    def autocast(self):
        return torch.autocast("cpu", torch.bfloat16, enabled=self.o.precision == "bf16")

    def train(self):
        with self.autocast():
            a = self.body(self.x)
            logits = self.head(a)
        logits = logits.float()
        loss = F.cross_entropy(logits, self.label)
        if self.o.cam != "none":
            maps = (maps_looped if self.o.cam == "loop" else maps_batched)(logits, a, self.seed)
            if self.cost is None:
                self.cost = prior(*maps.shape[1:])
            loss = loss + energy(maps.float(), self.cost)
        self.sgd.zero_grad(set_to_none=True)
        loss.backward()
        self.sgd.step()

    def infer(self):
        """The body without a graph; of the head the maps of every class, if asked."""
        with torch.no_grad(), self.autocast():
            a = self.body(self.x)
            if self.o.cam != "maps":
                return self.head(a)
        a.requires_grad_()
        with self.autocast():
            logits = self.head(a)
        maps = []
        for c in range(self.o.classes):
            (g,) = torch.autograd.grad(logits[:, c].sum(), a, retain_graph=c + 1 < self.o.classes)
            maps.append((a.detach() * g).sum(1))
        return logits.detach(), torch.stack(maps, 1)

    def measure(self, steps):
        began = time.perf_counter()
        for _ in range(steps):
            self.train() if self.o.work == "train" else self.infer()
        return (time.perf_counter() - began) / steps


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("net", help="standard, cnn, or a network of torchvision")
    p.add_argument("--work", choices=["train", "infer"], default="train")
    p.add_argument("--cam", choices=["none", "energy", "loop", "maps"], default="none")
    p.add_argument("--layout", choices=["first", "last"], default="first", help="of channels")
    p.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    p.add_argument("--compile", action="store_true", help="by torch.compile")
    p.add_argument("--freeze", action="store_true", help="for inference, by torch.jit.optimize_for_inference")
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--classes", type=int, default=2)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--least", type=float, default=0.2, help="seconds of a measurement")
    p.add_argument("--load", metavar="LIBRARY", help="load that into the process")
    p.add_argument("--save", help="write the state dict there, instead")
    o = p.parse_args()
    warnings.filterwarnings("ignore", "Using padding='same' with even kernel lengths")
    if o.load:
        ctypes.CDLL(o.load)
    torch.set_num_threads(o.threads)
    torch.manual_seed(1)
    work = Work(o)
    if o.save:
        torch.save(work.net.state_dict(), o.save)
        return
    work.measure(1)
    took = work.measure(1)
    steps = int(o.least / took) + 1 if took < o.least else 1
    print("ready\t0", flush=True)
    for _ in sys.stdin:
        print(f"{work.measure(steps):.6f}", flush=True)
    print(f"peak\t{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}", flush=True)


if __name__ == "__main__":
    main()
