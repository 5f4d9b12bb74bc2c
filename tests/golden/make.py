#!/usr/bin/env python3
"""Makes the golden files beside it: what PyTorch says of the networks that lint trains.

    cd tests/golden && /usr/bin/python3 make.py [-v] [SUBJECT...]   (Debian: python3-torch and -torchvision)

-v says what float32 costs PyTorch itself

The oracle shares nothing with the C code but the .net files and the formulas below. It works in
float64, takes HiResCAM from autograd (d logit / d map, with create_graph) and the gradient of the
CAM loss by differentiating through that a second time. lint works in float32 and in closed form.
Before anything else, the resnets that it reads from models/ are held against torchvision's.

Weights, images and masks are not stored: fill(), images() and masks() compute them from the random
numbers of lib/base/rng.h, and tests/support/filled.c does the same in C. Large tensors are not stored either,
but digests of them: elements at places drawn by chosen(), and three numbers of the whole,
projection on fill("projection.NAME"), norm, and a size that deviations are measured against. A file
SUBJECT.safetensors holds

    logits [N,K], cam, cam:whole        inference with the running statistics
    running, running:whole              running statistics after one training step, by `buffers`
    CASE.step, CASE.score               of a loss: its sums in a training step and in inference: ce,
                                        weight, cam, n, correct
    CASE.gradient, CASE.gradient:whole  gradients of that step, by the names of `parameters`
    CASE.ten, CASE.ten:whole            how far parameters and buffers have gone after ten steps on
                                        ten batches; the size is the largest element then
    CASE.course [10,2]                  ce and cam of each of the ten

and in its metadata the settings of each case. photo.safetensors holds logits of resnet50 on 50 views
of cat.png, and the bias of its head. (The picture: Chelsea by Stefan van der Walt, 451x300, CC0.)
"""
import functools
import json
import os
import struct
import sys
import warnings

import numpy as np
import torch
import torch.nn.functional as F

SAMPLES = 64  # of a tensor, at most
STEPS = 10
GAMMA = 0x9E3779B97F4A7C15
DROPOUT = 7  # LINT_RNG_DROPOUT
HERE = os.path.dirname(os.path.abspath(__file__))

# --- the random numbers of lib/base/rng.h ------------------------------------------------------------


def mix(z):
    z = np.asarray(z, dtype=np.uint64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def rng_u64(seed, what, epoch, sample, count):
    """The first count numbers of lint_rng_at(seed, what, epoch, sample)."""
    u = np.uint64
    s = mix(u(seed) + u(GAMMA))
    for i, v in enumerate((what, epoch, sample)):
        s = mix(s ^ mix(u(v) + u(GAMMA) * u(i + 2)))
    return mix(s + u(GAMMA) * np.arange(1, count + 1, dtype=np.uint64))


def unit(u64):
    return (u64 >> np.uint64(11)).astype(np.float64) * 2.0**-53


def hash64(text, seed):
    h = np.uint64(0xCBF29CE484222325) ^ mix(seed)
    for byte in text.encode():
        h = (h ^ np.uint64(byte)) * np.uint64(0x100000001B3)
    return int(mix(h))


# --- weights, images, masks: the same formulas as in tests/support/filled.c ------------------------------


@functools.lru_cache(maxsize=None)
def fill(name, shape):
    """Uniform around 0 with He's width for matrices, +-1/4 for vectors, which are 1 more where a
    network divides or scales by them (batch norm)."""
    count = int(np.prod(shape, dtype=np.int64))
    v = 2 * unit(rng_u64(1, hash64(name, 0), 0, 0, count)) - 1
    if len(shape) > 1:
        v *= np.sqrt(6 / (count / shape[0]))
    else:
        v = v / 4 + (1 if name.endswith(("running_var", "weight")) else 0)
    return v.astype(np.float32).reshape(shape)


def images(n, h, w, step=0):
    """Slanted waves, each image and channel its own, under noise."""
    i, y, x, c = np.ogrid[:n, :h, :w, :3]
    noise = (rng_u64(2, 0, step, 0, n * h * w * 3) >> np.uint64(56)).astype(np.int64)
    wave = (x * (i + 1 + n * step) * 5 + y * (c + 2) * 3) & 255
    return ((noise.reshape(n, h, w, 3) + 3 * wave) // 4).astype(np.uint8)


def masks(n, h, w):
    """A rectangle of object off the centre, and a left edge of 100."""
    i, y, x = np.ogrid[:n, :h, :w]
    inside = (y >= h // 4 + i) & (y < 3 * h // 4) & (x >= w // 5) & (x < w // 2 + i)
    return np.where(inside, 255, np.where(x == 0, 100, 0)).astype(np.uint8)


def views(photo, n, side):
    """Squares [side,side] cut from a photograph by the nearest pixel, every other one mirrored."""
    h, w, _ = photo.shape
    out = np.empty((n, side, side, 3), np.uint8)
    for i in range(n):
        r = [int(v) for v in rng_u64(4, 0, 0, i, 3)]
        of = h // 3 + r[0] % (h - h // 3 + 1)
        at = np.arange(side) * of // side
        out[i] = photo[r[1] % (h - of + 1) + at][:, r[2] % (w - of + 1) + at][:, :: -1 if i % 2 else 1]
    return out


def chosen(name, count):
    """Which elements of a tensor a golden file holds."""
    if count <= SAMPLES:
        return np.arange(count)
    return (rng_u64(3, hash64(name, 0), 0, 0, SAMPLES) % np.uint64(count)).astype(np.int64)


# --- the network --------------------------------------------------------------------------------


class Dropout(torch.nn.Module):
    """lib/engine/layers/dropout.c's, whose mask is a function of seed 0, step, image and the layer before."""

    def __init__(self, p, before, flat):
        super().__init__()
        self.p, self.before, self.flat, self.step = p, before, flat, 0

    def forward(self, x):
        if not self.training:
            return x
        c, h, w = self.flat or (x.shape[1:] + (1, 1))[:3]
        keep = [unit(rng_u64(0, DROPOUT, (self.step << 20) + i, self.before, c * h * w)) >= self.p
                for i in range(len(x))]
        keep = np.stack(keep).reshape(-1, h, w, c).transpose(0, 3, 1, 2).reshape(x.shape)
        return x * torch.from_numpy(keep).to(x.dtype) / (1 - self.p)


class StochasticDepth(Dropout):
    """The same for whole images: all follow draw 0."""

    def forward(self, x):
        if not self.training:
            return x
        keep = [unit(rng_u64(0, DROPOUT, (self.step << 20) + i, self.before, 1)) >= self.p
                for i in range(len(x))]
        return x * torch.from_numpy(np.stack(keep)[:, :, None, None]).to(x.dtype) / (1 - self.p)


class SameConv(torch.nn.Conv2d):
    """Padding as TensorFlow has it: one output for each stride of the input, rounded up."""

    def forward(self, x):
        pads = []
        for size, k, stride, dilation in zip(x.shape[:1:-1], self.kernel_size[::-1], self.stride, self.dilation):
            all_of_it = max((-(-size // stride) - 1) * stride + (k - 1) * dilation + 1 - size, 0)
            pads += [all_of_it // 2, all_of_it - all_of_it // 2]
        return super().forward(F.pad(x, pads))


class Dense(torch.nn.Linear):
    def forward(self, x):
        return super().forward(x.flatten(1))


class Twin(torch.nn.Module):
    """The network of a .net file from torch's own modules, under the same names."""

    def __init__(self, path, classes, size=None):
        super().__init__()
        self.steps, self.layers = [], 0  # what is done; how many of that lint calls layers
        self.blocks, self.flat = [], None
        for line in open(path):
            name, _, rest = line.split("#")[0].strip().rpartition(":")
            if rest:
                self.read(name, *rest.split(), classes=classes, size=size)
        del self.shape

    def read(self, name, op, *arg, classes, size):
        if op == "input":
            self.w, self.h, c = map(int, (size or arg[0]).split("x"))
            self.mean = [float(v) for v in arg[2 : 2 + c]]
            self.std = [float(v) for v in arg[3 + c : 3 + 2 * c]]
            self.shape = torch.zeros(1, c, self.h, self.w)
        elif op in BLOCKS:
            self.blocks, self.shape = between(op, self.blocks, self.shape)
            if op in ("residual", "block"):
                self.blocks[-1].append(name)
            self.steps.append((op, None))
        else:
            module = self.module(op, arg, classes)
            path = ".".join([b[2] for b in self.blocks] + [name or f"_{len(self.steps)}"])
            self.put(path, module)
            self.steps.append((op, module))
            self.flat = self.shape.shape[1:] if op == "flatten" else None if op == "dense" else self.flat
            self.shape = module(self.shape)
        self.layers += op not in ("cam", "residual", "block", "shortcut")

    def put(self, name, module):
        """A name with dots goes into modules within modules, as torchvision's do."""
        *path, last = name.split(".")
        at = self
        for part in path:
            if not hasattr(at, part):
                at.add_module(part, torch.nn.Module())
            at = getattr(at, part)
        at.add_module(last, module)

    def module(self, op, arg, classes):
        nn, channels = torch.nn, self.shape.shape[1]
        numbers = ("pad", "stride", "groups", "dilation")
        option = {k: int(v) for k, v in zip(arg, arg[1:]) if k in numbers}
        stride, pad = option.get("stride"), option.get("pad", 0)
        if op == "conv":
            kw, kh = map(int, arg[1].split("x"))
            kind = SameConv if "same" in arg else nn.Conv2d
            return kind(channels, classes if arg[0] == "classes" else int(arg[0]), (kh, kw),
                        stride=stride or 1, padding=pad, bias="nobias" not in arg,
                        groups=option.get("groups", 1), dilation=option.get("dilation", 1))
        if op == "batchnorm":
            return nn.BatchNorm2d(channels, **{k: float(v) for k, v in zip(arg[::2], arg[1::2])})
        if op in ("maxpool", "avgpool"):
            kind = nn.MaxPool2d if op == "maxpool" else nn.AvgPool2d
            return kind(int(arg[0]), stride=stride, padding=pad, ceil_mode="ceil" in arg)
        if op == "adaptivepool":
            return nn.AdaptiveAvgPool2d(tuple(map(int, arg[0].split("x")))[::-1])
        if op in ("dropout", "stochasticdepth"):
            kind = Dropout if op == "dropout" else StochasticDepth
            return kind(float(arg[0]), self.layers - 1, self.flat)
        if op == "globalpool":
            return nn.AdaptiveAvgPool2d(1)
        if op == "dense":
            return Dense(channels, classes if arg[0] == "classes" else int(arg[0]), bias="nobias" not in arg)
        plain = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "cam": nn.Identity, "flatten": nn.Flatten,
                 "relu6": nn.ReLU6, "hardsigmoid": nn.Hardsigmoid, "hardswish": nn.Hardswish,
                 "silu": nn.SiLU}
        return plain[op]()

    def load_filled(self):
        for name, v in self.state_dict().items():
            if not name.endswith("num_batches_tracked"):
                v.copy_(torch.from_numpy(fill(name, tuple(v.shape))))

    def lift(self, by):
        """Takes activations away from 0, where the derivative of relu jumps: of four channels
        three become nearly always positive, one negative. In a deep network some of its millions
        of activations are so near 0 that float32 has them on the other side."""
        state = self.state_dict() if by else {}
        for name, v in state.items():
            if name.endswith(".bias") and name[:-4] + "running_mean" in state:
                v += by * torch.tensor([1, 1, 1, -1], dtype=v.dtype).repeat(len(v) // 4)

    def at_step(self, step):
        for op, module in self.steps:
            if isinstance(module, Dropout):
                module.step = step

    def forward(self, image):
        """image U8 [N,H,W,3] -> logits [N,K], what the CAM reads [N,C,h,w]."""
        dtype = next(self.parameters()).dtype
        mean, std = (torch.tensor(v, dtype=dtype) for v in (self.mean, self.std))
        x = ((torch.from_numpy(image).to(dtype) / 255 - mean) / std).permute(0, 3, 1, 2)
        blocks = []
        for op, module in self.steps:
            if op in BLOCKS:
                blocks, x = between(op, blocks, x)
            else:
                x = module(x)
            if op == "cam":
                a = x
        return x.flatten(1), a


BLOCKS = {"residual", "block", "shortcut", "add", "concat", "scale"}


def between(op, blocks, x):
    """What such a line makes of the blocks that are open, [what it reads, what its last layer meets],
    and of x."""
    if op in ("residual", "block"):
        return blocks + [[x, x]], x
    fork, other, *name = blocks[-1]
    if op == "shortcut":
        return blocks[:-1] + [[fork, x, *name]], fork
    ends = {"add": torch.add, "concat": lambda a, b: torch.cat([a, b], 1), "scale": torch.mul}
    return blocks[:-1], ends[op](other, x)


def check_torchvision(net_name, path):
    """The oracle's own reading of a .net file, against torchvision's class: names, shapes, logits."""
    import torchvision

    theirs = getattr(torchvision.models, net_name)(num_classes=3).eval()
    ours = Twin(path, 3, "96x64x3").eval()
    shapes = [[(k, v.shape) for k, v in net.state_dict().items()] for net in (ours, theirs)]
    assert shapes[0] == shapes[1], net_name
    ours.load_filled()
    theirs.load_state_dict(ours.state_dict(), strict=True)
    image = images(2, 64, 96)
    x = torchvision.transforms.functional.normalize(
        torch.from_numpy(image).permute(0, 3, 1, 2) / 255, ours.mean, ours.std)
    for net in (ours, theirs):
        net.train()  # batch statistics first: running ones are checked after them
    for _ in range(2):
        a, b = ours(image)[0], theirs(x)
        assert (a - b).abs().max() <= 1e-6 * b.abs().max(), net_name
        ours.eval(), theirs.eval()


def hirescam(logits, a):
    """[N,K,h,w]: M_c = sum over k of A_k * d z_c / d A_k; batch statistics lie before the mark, so
    images do not mix after it."""
    maps = []
    for c in range(logits.shape[1]):
        (g,) = torch.autograd.grad(logits[:, c].sum(), a, create_graph=True)
        maps.append((a * g).sum(1))
    return torch.stack(maps, 1)


# --- the losses, as lib/engine/loss.h defines them -----------------------------------------------------


def center_prior(h, w, sigma):
    """G [h,w], sigma in fractions of the side."""
    dy = (torch.arange(h, dtype=torch.double) + 0.5) / h - 0.5
    dx = (torch.arange(w, dtype=torch.double) + 0.5) / w - 0.5
    return torch.exp(-(dy[:, None] ** 2 + dx[None, :] ** 2) / (2 * sigma**2))


def area(h, to):
    """[to,h] matrix of an area average."""
    m = torch.zeros(to, h, dtype=torch.double)
    for i in range(to):
        lo, hi = i * h / to, (i + 1) * h / to
        for j in range(h):
            m[i, j] = max(0.0, min(hi, j + 1) - max(lo, j)) / (hi - lo)
    return m


def prior_cost(loss, mask, h, w):
    """K [N,h,w]: what evidence in a place costs."""
    if loss["prior"] == "mask":
        m = torch.from_numpy(mask).double() / 255
        inside = area(m.shape[1], h) @ m @ area(m.shape[2], w).T
        return 1 - inside
    return (1 - center_prior(h, w, loss["sigma"])).expand(len(mask), h, w)


def cam_terms(loss, maps, label, mask):
    """The CAM loss of each image."""
    n, k, h, w = maps.shape
    cost = prior_cost(loss, mask, h, w).to(maps.dtype)
    m = maps[torch.arange(n), label]
    d = m - (maps.sum(1) - m) / (k - 1) if k > 1 else m
    if loss["cam"] == "mse":
        return ((cost * m) ** 2).mean((1, 2))
    if loss["cam"] == "embedding":
        return embedding(d)
    if loss["cam"] == "radial":
        return ((cost**2 * m) ** 2).mean((1, 2))
    return (cost * d.abs()).sum((1, 2)) / (d.abs().sum((1, 2)) + 1e-12)


def embedding(d):
    """As lib/engine/mask_encoder.h has it, by the filled encoder of two dense layers that encoder() of
    tests/engine/test_golden.c writes."""
    code, size = d.reshape(len(d), -1) ** 2, d[0].numel()
    code = code / (code + code.mean(1, keepdim=True) + 1e-24)
    for name, out, to, act in (("e1", 5, size, torch.relu), ("e2", 3, 5, torch.sigmoid)):
        w, b = fill(name + ".weight", (out, to)), fill(name + ".bias", (out,))
        code = act(code @ torch.tensor(w, dtype=d.dtype).T + torch.tensor(b, dtype=d.dtype))
    o, v = (torch.tensor(fill("code." + k, (3,)), dtype=d.dtype) for k in ("object", "inverted"))
    return ((code - o) ** 2).sum(1) / ((o - v) ** 2).sum()


def losses(net, loss, image, label, mask):
    """(what is minimised, [ce, weight, cam, n, correct])."""
    logits, a = net(image)
    known = np.flatnonzero(label >= 0)
    logits_known, y = logits[known], torch.from_numpy(label[known].astype(np.int64))
    weight = torch.tensor(loss["class_weight"] or [1.0] * logits.shape[1], dtype=logits.dtype)
    ce = F.cross_entropy(logits_known, y, weight=weight)
    total = loss["ce_weight"] * ce
    cam = torch.zeros(1)
    if loss["cam"] != "none":
        cam = cam_terms(loss, hirescam(logits, a)[known], y, mask[known])
        term = cam.mean()
        if loss["cap"] and term > loss["cap"] * ce:
            # The value is capped; the direction of the gradient lives on.
            term = term * (loss["cap"] * ce / term).detach()
        total = total + loss["cam_weight"] * term
    ws = weight[y].sum()
    sums = [ce * ws, ws, cam.sum(), len(known), (logits_known.argmax(1) == y).sum()]
    return total, [float(v) for v in sums]


# --- files --------------------------------------------------------------------------------------


def save(path, tensors, meta):
    """One safetensors file: length, JSON, data."""
    kinds = dict(float32="F32", float64="F64", uint8="U8", int32="I32", int64="I64")
    head, at = {"__metadata__": meta}, 0
    order = sorted(tensors, key=lambda k: (-tensors[k].itemsize, k))
    for key in order:
        t = tensors[key]
        head[key] = dict(dtype=kinds[str(t.dtype)], shape=t.shape, data_offsets=[at, at + t.nbytes])
        at += t.nbytes
    text = json.dumps(head, separators=(",", ":"), sort_keys=False).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for key in order:
            f.write(np.ascontiguousarray(tensors[key]).tobytes())


def golden(name):
    return os.path.join(HERE, name + ".safetensors")


def digest(out, key, tensors, sizes):
    """What a file holds of these tensors {name: array}, one behind the other."""
    some, whole = [], []
    for name, t in tensors.items():
        flat = t.ravel()
        project = fill("projection." + name, (flat.size,)).astype(np.float64)
        some.append(flat[chosen(name, flat.size)])
        whole.append([flat @ project, np.linalg.norm(flat), sizes[name]])
    out[key] = np.concatenate(some).astype(np.float32)
    out[key + ":whole"] = np.array(whole)


def arrays(named):
    return {k: v.detach().double().numpy().copy() for k, v in named if "num_batches" not in k}


def largest(tensors):
    return {k: np.abs(v).max() for k, v in tensors.items()}


def by_layer(sizes, tensors, lifted=False):
    """For the bias of a convolution, the size of its layer. Under batch norm a bias moves nothing
    (or the border only), so that its gradient is a difference of large numbers, and its own size is
    rounding noise. So it is with the bias of a lifted batch norm: what always passes relu is taken
    away by the next one."""
    for k in sizes:
        layer, _, last = k.rpartition(".")
        if last == "bias" and (lifted or tensors[layer + ".weight"].ndim == 4):
            sizes[k] = max(sizes[k], sizes[layer + ".weight"])
    return sizes


def norm(grads):
    return np.sqrt(sum((g**2).sum() for g in grads.values()))


# --- subjects ------------------------------------------------------------------------------------


class Subject:
    """A network with its batch: everything that the cases share."""

    def __init__(self, name, net, classes, n, lr, size=None, lift=0):
        self.name, self.net, self.classes, self.n = name, os.path.join(HERE, net), classes, n
        self.lr, self.size, self.lift = lr, size, lift
        self.out, self.meta = {}, dict(classes=str(classes), n=str(n), net=net)
        self.meta.update(size=size or "", lift=str(lift))
        net = self.built(torch.double)
        self.h, self.w = net.h, net.w
        self.label = (np.arange(n) % classes).astype(np.int32)
        self.meta["parameters"] = " ".join(k for k, _ in net.named_parameters())
        self.meta["buffers"] = " ".join(k for k, _ in net.named_buffers() if "running" in k)

    def built(self, dtype, training=True):
        torch.set_default_dtype(torch.float32)
        net = Twin(self.net, self.classes, self.size)
        net.load_filled()
        net.lift(self.lift)
        torch.set_default_dtype(dtype)
        return net.to(dtype).train(training)

    def data(self, loss, step=0):
        label = self.label.copy()
        if loss["unlabelled"]:
            label[1] = -1
        return images(self.n, self.h, self.w, step), label, masks(self.n, self.h, self.w)

    def gradients(self, loss, dtype=torch.double):
        net = self.built(dtype)
        total, sums = losses(net, loss, *self.data(loss))
        total.backward()
        return arrays((k, p.grad) for k, p in net.named_parameters()), sums

    def train(self, loss, dtype=torch.double):
        """(what the parameters and buffers are before, after ten steps, [10,2] ce and cam)."""
        net, lr = self.built(dtype), self.lr * loss["rate"]
        before, course = arrays(net.state_dict().items()), []
        if loss["rule"] == "adam":
            # A large epsilon: with the usual one a gradient that is rounding noise moves a
            # parameter as far as any other.
            rule = torch.optim.Adam(net.parameters(), lr=lr, betas=(0.8, 0.9), eps=1e-3,
                                    weight_decay=1e-3)
        else:
            rule = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9, weight_decay=1e-3,
                                   nesterov=loss["rule"] == "nesterov")
        for step in range(STEPS):
            net.at_step(step)
            rule.zero_grad()
            total, sums = losses(net, loss, *self.data(loss, step))
            total.backward()
            rule.step()
            course.append([sums[0] / sums[1], sums[2] / sums[3]])
        return before, arrays(net.state_dict().items()), np.array(course)

    def settle(self, loss):
        """Sets the weight such that the CAM loss has about as much of the gradient as cross-entropy
        (a test would not see it otherwise), and the cap well below or above what the term is."""
        g_cam, sums = self.gradients(dict(loss, cap=0.0, ce_weight=0.0, cam_weight=1.0))
        g_ce = self.gradients(dict(loss, cam="none"))[0]
        keeps = min(1, loss["cap"] or 1)
        if loss["cap"]:
            reached = (sums[2] / sums[3]) / (sums[0] / sums[1])
            loss["cap"] = float(f"{loss['cap'] * reached:.3g}")
        if loss["ce_weight"]:
            loss["cam_weight"] = float(f"{norm(g_ce) / norm(g_cam) / keeps:.2g}")
            assert loss["cam_weight"] < 1e6, "its gradient would be rounding noise"

    def infer(self):
        net = self.built(torch.double, training=False)
        logits, a = net(images(self.n, self.h, self.w))
        cam = {"cam": hirescam(logits, a).detach().numpy()}
        self.out["logits"] = logits.detach().numpy().astype(np.float32)
        digest(self.out, "cam", cam, largest(cam))
        net.train()(images(self.n, self.h, self.w))
        running = {k: v for k, v in arrays(net.named_buffers()).items()}
        digest(self.out, "running", running, largest(running))

    def case(self, case, loss, ten):
        if loss["class_weight"]:
            loss["class_weight"] = loss["class_weight"][: self.classes]
        if loss["cam"] != "none":
            self.settle(loss)
        net = self.built(torch.double, training=False)
        grads, step = self.gradients(loss)
        sizes = by_layer(largest(grads), grads, self.lift > 0)
        self.out[f"{case}.step"] = np.array(step)
        self.out[f"{case}.score"] = np.array(losses(net, loss, *self.data(loss))[1])
        digest(self.out, f"{case}.gradient", grads, sizes)
        if "-v" in sys.argv:
            self.say(case, "gradient", grads, self.gradients(loss, torch.float32)[0], sizes)
        keep = [k for k in loss if k not in ("class_weight", "unlabelled", "rule", "rate")]
        self.meta.update({f"{case}.{k}": str(loss[k]) for k in keep})
        if loss["class_weight"]:
            self.meta[f"{case}.class_weight"] = " ".join(map(str, loss["class_weight"]))
        if loss["unlabelled"]:
            self.meta[f"{case}.unlabelled"] = "1"
        if case in ten:
            self.case_ten(case, loss)

    def case_ten(self, case, loss):
        before, after, course = self.train(loss)
        change = {k: after[k] - before[k] for k in after}
        sizes = largest(after)
        digest(self.out, f"{case}.ten", change, sizes)
        self.out[f"{case}.course"] = course
        self.meta.update({f"{case}.lr": repr(self.lr * loss["rate"]), f"{case}.rule": loss["rule"]})
        if "-v" in sys.argv:
            self.say_ten(case, loss, before, after, course)

    def say_ten(self, case, loss, before, after, course):
        change, sizes = {k: after[k] - before[k] for k in after}, largest(after)
        _, after32, course32 = self.train(loss, torch.float32)
        self.say(case, "ten", after, after32, sizes)
        off = {k: np.linalg.norm(after32[k] - after[k]) / max(np.linalg.norm(change[k]), sizes[k] / 20)
               for k in after}
        worst = max(off, key=off.get)
        far = sorted(np.abs(change[k]).max() / sizes[k] for k in after)
        print(f"  ce {course[0, 0]:.3g} to {course[-1, 0]:.3g}, cam {course[0, 1]:.3g} to "
              f"{course[-1, 1]:.3g}; weights move by {far[0]:.1e}, {far[len(far) // 2]:.1e}, "
              f"{far[-1]:.1e} of the largest; in float32 the way is off by {off[worst]:.1e} ({worst}), "
              f"the course by {np.abs(course32 / np.where(course, course, 1) - (course != 0)).max():.1e}",
              flush=True)

    def say(self, case, what, right, right32, sizes):
        """What float32 costs PyTorch itself."""
        off = {k: np.abs(right32[k] - v).max() / sizes[k] for k, v in right.items() if sizes[k]}
        worst = max(off, key=off.get)
        print(f"{self.name}-{case} {what}: torch in float32 is off by {off[worst]:.1e} ({worst})",
              flush=True)


BASE = dict(cam="none", prior="center", ce_weight=1.0, cam_weight=1.0, sigma=0.25, cap=0.0,
            class_weight=None, unlabelled=False, rule="sgd", rate=1.0)
WEIGHTS = [0.5, 2.0, 1.25, 1.0, 0.75]
LOSSES = {
    "none": {},
    "mse": dict(cam="mse"),
    "radial": dict(cam="radial", cap=3.0, ce_weight=0.5),
    "energy": dict(cam="energy", sigma=0.18),
    "embedding": dict(cam="embedding"),
}
# Four places are all as far from the centre: on maps of 2x2 energy by the centre has no gradient.
TINY = {**LOSSES, "energy": dict(cam="energy", prior="mask")}
# At the rate of the others ten steps of mse run away in ResNet-50, further than float32 can follow.
SLOW = {**TINY, "mse": dict(cam="mse", rate=0.1)}
TWO = {k: LOSSES[k] for k in ("none", "energy")}
CASES = {
    **LOSSES,
    "weights": dict(class_weight=WEIGHTS, ce_weight=0.7, rule="nesterov"),
    "mse-mask": dict(cam="mse", prior="mask", ce_weight=0.0),
    "radial-capped": dict(cam="radial", cap=0.4, sigma=0.1),
    "energy-mask": dict(cam="energy", prior="mask", class_weight=WEIGHTS, rule="adam"),
    "energy-only": dict(cam="energy", ce_weight=0.0),
    "embedding-capped": dict(cam="embedding", cap=0.4),
    "unlabelled": dict(cam="energy", class_weight=WEIGHTS, unlabelled=True),
}
# Arguments of the subject, its cases, those of them that are trained for ten steps.
SUBJECTS = {
    "small": (("small.net", 3, 5, 0.01), CASES, CASES),
    "odd": (("odd.net", 3, 4, 0.01), CASES, CASES),
    "blocks": (("blocks.net", 5, 6, 0.01), CASES, CASES),
    "mobile": (("mobile.net", 5, 4, 0.01), TWO, TWO),
    "branches": (("branches.net", 5, 4, 0.01), TWO, TWO),
    "standard": (("../../models/standard.net", 2, 3, 3e-4), CASES, LOSSES),
    "model-small": (("../../models/small.net", 3, 3, 1e-5, None, 3), LOSSES, LOSSES),
    "resnet18": (("../../models/resnet18.net", 3, 2, 0, None, 3), TWO, {}),
    "resnet50": (("../../models/resnet50.net", 3, 2, 0, None, 3), TWO, {}),
    # The same networks on small pictures, since ten steps of every loss on large ones take long.
    "resnet18-64": (("../../models/resnet18.net", 3, 4, 1e-3, "64x64x3", 3), TINY, TINY),
    "resnet50-64": (("../../models/resnet50.net", 3, 4, 1e-3, "64x64x3", 3), SLOW, SLOW),
}


def make_photo(classes=1000, n=50):
    from PIL import Image

    photo = np.asarray(Image.open(os.path.join(HERE, "cat.png")).convert("RGB"))
    subject = Subject("photo", "../../models/resnet50.net", classes, n, 0)
    net = subject.built(torch.double, training=False)
    with torch.no_grad():
        logits = np.concatenate([net(v)[0].numpy() for v in np.split(views(photo, n, net.h), 10)])
    # The weights of a formula give all views much the same logits. What they share goes into the
    # head's bias, so that which class is first depends on the view.
    share = logits.mean(0)
    bias = (fill("fc.bias", (classes,)) - share).astype(np.float32)
    logits = logits - share
    best = np.sort(logits, 1)
    print(f"photo: {len(set(logits.argmax(1)))} classes are the first; the second is at least "
          f"{((best[:, -1] - best[:, -2]) / np.abs(logits).max(1)).min():.1e} below")
    tensors = {"logits": logits.astype(np.float32), "fc.bias": bias}
    save(golden("photo"), tensors, dict(classes=str(classes), n=str(n)))


def main():
    np.seterr(over="ignore")  # 64-bit products are meant to wrap
    warnings.filterwarnings("ignore", "Using padding='same' with even kernel lengths")
    check_torchvision("resnet18", os.path.join(HERE, "../../models/resnet18.net"))
    check_torchvision("resnet50", os.path.join(HERE, "../../models/resnet50.net"))
    for name in [a for a in sys.argv[1:] if a != "-v"] or [*SUBJECTS, "photo"]:
        if name == "photo":
            make_photo()
            continue
        arguments, cases, ten = SUBJECTS[name]
        subject = Subject(name, *arguments)
        subject.infer()
        for case, change in cases.items():
            subject.case(case, dict(BASE, **change), ten)
        save(golden(name), subject.out, subject.meta)


if __name__ == "__main__":
    main()
