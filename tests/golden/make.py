#!/usr/bin/env python3
"""Makes the golden files beside it: what PyTorch says of the networks that lint trains.

    cd tests/golden && /usr/bin/python3 make.py        (Debian: python3-torch)

The oracle shares nothing with the C code but the .net files and the formulas below. It works in
float64, takes HiResCAM from autograd (d logit / d map, with create_graph) and the gradient of the
CAM loss by differentiating through that a second time. lint works in float32 and in closed form.

Weights, images and masks are not stored: fill(), images() and masks() compute them from the random
numbers of lib/rng.h, and tests/golden.c does the same in C. A file NET.safetensors holds

    logits, cam         inference with the running statistics: [N,K], [N,K,h,w]
    NAME.running_*      running statistics after one training step

and NET-CASE.safetensors one loss, its settings in the metadata:

    NAME                gradient of parameter NAME after one step from the filled weights: elements
                        0, s, 2s... of it, s = ceil(count / 600)
    NAME:stats          of the whole gradient: projection on fill("projection.NAME"), norm, and the
                        size that deviations are measured against
    step, score         loss sums of a training step and of inference: ce, weight, cam, n, correct
"""
import json
import os
import struct
import warnings

import numpy as np
import torch
import torch.nn.functional as F

SAMPLES = 600  # of a gradient, at most
GAMMA = 0x9E3779B97F4A7C15
HERE = os.path.dirname(os.path.abspath(__file__))
NETS = {"small": "small.net", "odd": "odd.net", "standard": "../../models/standard.net"}

# --- the random numbers of lib/rng.h ------------------------------------------------------------


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


# --- weights, images, masks: the same formulas as in tests/golden.c ---------------------------------


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


def images(n, h, w):
    """Slanted waves, each image and channel its own, under noise."""
    i, y, x, c = np.ogrid[:n, :h, :w, :3]
    noise = (rng_u64(2, 0, 0, 0, n * h * w * 3) >> np.uint64(56)).astype(np.int64)
    wave = (x * (i + 1) * 5 + y * (c + 2) * 3) & 255
    return ((noise.reshape(n, h, w, 3) + 3 * wave) // 4).astype(np.uint8)


def masks(n, h, w):
    """A rectangle of object off the centre, and a left edge of 100."""
    i, y, x = np.ogrid[:n, :h, :w]
    inside = (y >= h // 4 + i) & (y < 3 * h // 4) & (x >= w // 5) & (x < w // 2 + i)
    return np.where(inside, 255, np.where(x == 0, 100, 0)).astype(np.uint8)


# --- the network --------------------------------------------------------------------------------


class Twin(torch.nn.Module):
    """The network of a .net file from torch's own modules, under the same names."""

    def __init__(self, path, classes):
        super().__init__()
        self.steps = []
        shape = None
        for line in open(path):
            line = line.split("#")[0].strip()
            if not line:
                continue
            name, _, rest = line.rpartition(":")
            op, *arg = rest.split()
            if op == "input":
                self.w, self.h, c = map(int, arg[0].split("x"))
                self.mean = [float(v) for v in arg[2 : 2 + c]]
                self.std = [float(v) for v in arg[3 + c : 3 + 2 * c]]
                shape = torch.zeros(1, c, self.h, self.w)
                continue
            module = self.layer(op, arg, shape, classes)
            self.add_module(name or f"_{len(self.steps)}", module)
            self.steps.append((op, module))
            shape = module(shape)
        self.shape = {k: tuple(v.shape) for k, v in self.state_dict().items()}

    @staticmethod
    def layer(op, arg, x, classes):
        nn = torch.nn
        if op == "conv":
            kw, kh = map(int, arg[1].split("x"))
            option = {k: int(v) for k, v in zip(arg[2:], arg[3:]) if k in ("pad", "stride")}
            pad = "same" if "same" in arg else option.get("pad", 0)
            size = dict(kernel_size=(kh, kw), stride=option.get("stride", 1), padding=pad)
            return nn.Conv2d(x.shape[1], int(arg[0]), **size, bias="nobias" not in arg)
        if op == "batchnorm":
            return nn.BatchNorm2d(x.shape[1])
        if op == "maxpool":
            return nn.MaxPool2d(int(arg[0]), stride=int(arg[2]) if len(arg) > 1 else None)
        if op == "dense":
            return nn.Linear(x.shape[1], classes if arg[0] == "classes" else int(arg[0]))
        return {"relu": nn.ReLU, "cam": nn.Identity, "flatten": nn.Flatten}[op]()

    def load_filled(self):
        state = self.state_dict()
        for name, v in state.items():
            if not name.endswith("num_batches_tracked"):
                v.copy_(torch.from_numpy(fill(name, tuple(v.shape))))

    def forward(self, image):
        """image U8 [N,H,W,3] -> logits [N,K], what the CAM reads [N,C,h,w]."""
        dtype = next(self.parameters()).dtype
        mean, std = (torch.tensor(v, dtype=dtype) for v in (self.mean, self.std))
        x = ((torch.from_numpy(image).to(dtype) / 255 - mean) / std).permute(0, 3, 1, 2)
        for op, module in self.steps:
            x = module(x)
            if op == "cam":
                a = x
        return x, a


def hirescam(logits, a):
    """[N,K,h,w]: M_c = sum over k of A_k * d z_c / d A_k; batch statistics lie before the mark, so
    images do not mix after it."""
    maps = []
    for c in range(logits.shape[1]):
        (g,) = torch.autograd.grad(logits[:, c].sum(), a, create_graph=True)
        maps.append((a * g).sum(1))
    return torch.stack(maps, 1)


# --- the losses, as lib/loss.h defines them -----------------------------------------------------


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
    if loss["cam"] == "radial":
        return ((cost**2 * m) ** 2).mean((1, 2))
    return (cost * d.abs()).sum((1, 2)) / (d.abs().sum((1, 2)) + 1e-12)


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


def save(name, tensors, meta):
    """One safetensors file: length, JSON, data."""
    kinds = {"float32": "F32", "float64": "F64"}
    head, at = {"__metadata__": meta}, 0
    order = sorted(tensors, key=lambda k: (-tensors[k].itemsize, k))
    for key in order:
        t = tensors[key]
        head[key] = dict(dtype=kinds[str(t.dtype)], shape=t.shape, data_offsets=[at, at + t.nbytes])
        at += t.nbytes
    text = json.dumps(head, separators=(",", ":"), sort_keys=False).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(HERE, name + ".safetensors"), "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for key in order:
            f.write(np.ascontiguousarray(tensors[key]).tobytes())


def built(net_name, classes, dtype, mode):
    torch.set_default_dtype(torch.float32)
    net = Twin(os.path.join(HERE, NETS[net_name]), classes)
    net.load_filled()
    torch.set_default_dtype(dtype)
    return net.to(dtype).train(mode == "train")


def gradients(net_name, classes, loss, data, dtype):
    net = built(net_name, classes, dtype, "train")
    total, sums = losses(net, loss, *data)
    total.backward()
    return net, {k: p.grad.double().numpy() for k, p in net.named_parameters()}, sums


def scales(grads):
    """What 1e-4 is measured against: the largest gradient of the tensor; for a convolution's bias,
    of its layer. Under batch norm a bias moves nothing (or the border only), so that its gradient
    is a difference of large numbers, and its own size is rounding noise."""
    top = {k: np.abs(g).max() for k, g in grads.items()}
    for k in top:
        if k.startswith("conv") and k.endswith(".bias"):
            top[k] = max(top[k], top[k[:-4] + "weight"])
    return top


def norm(grads):
    return np.sqrt(sum((g**2).sum() for g in grads.values()))


def settle(net_name, classes, loss, data):
    """Sets the weight such that the CAM loss has about as much of the gradient as cross-entropy (a
    test would not see it otherwise), and the cap well below or above what the term is."""
    ask = dict(loss, cap=0.0, ce_weight=0.0, cam_weight=1.0)
    _, g_cam, sums = gradients(net_name, classes, ask, data, torch.double)
    g_ce = gradients(net_name, classes, dict(loss, cam="none"), data, torch.double)[1]
    keeps = min(1, loss["cap"] or 1)
    if loss["cap"]:
        reached = (sums[2] / sums[3]) / (sums[0] / sums[1])
        loss["cap"] = float(f"{loss['cap'] * reached:.3g}")
    if loss["ce_weight"]:
        loss["cam_weight"] = float(f"{norm(g_ce) / norm(g_cam) / keeps:.2g}")


def report(case, grads, grads32, grads_ce):
    """What float32 costs PyTorch itself, and how much of the gradient is the CAM loss."""
    top = scales(grads)
    worst = max((np.abs(grads32[k] - g).max() / top[k], k) for k, g in grads.items() if top[k])
    cam = norm({k: g - grads_ce[k] for k, g in grads.items()}) / norm(grads)
    print(f"{case}: torch in float32 is off by {worst[0]:.1e} ({worst[1]}); CAM loss {cam:.2f}")


def make_case(net_name, case, classes, n, loss):
    net = built(net_name, classes, torch.double, "infer")
    label = (np.arange(n) % classes).astype(np.int32)
    if loss.pop("unlabelled", False):
        label[1] = -1
    data = images(n, net.h, net.w), label, masks(n, net.h, net.w)
    if loss["cam"] != "none":
        settle(net_name, classes, loss, data)
    score = losses(net, loss, *data)[1]
    _, grads, step = gradients(net_name, classes, loss, data, torch.double)
    grads32 = gradients(net_name, classes, loss, data, torch.float32)[1]
    grads_ce = gradients(net_name, classes, dict(loss, cam="none"), data, torch.double)[1]
    report(f"{net_name}-{case}", grads, grads32, grads_ce)
    out = {"step": np.array(step), "score": np.array(score)}
    top = scales(grads)
    for k, g in grads.items():
        flat = g.ravel()
        project = fill("projection." + k, (flat.size,)).astype(np.float64)
        out[k] = flat[:: -(-flat.size // SAMPLES)].astype(np.float32)
        out[k + ":stats"] = np.array([flat @ project, np.linalg.norm(flat), top[k]])
    meta = {k: str(v) for k, v in loss.items() if k != "class_weight"}
    meta["labels"] = " ".join(map(str, label))
    if loss["class_weight"]:
        meta["class_weight"] = " ".join(map(str, loss["class_weight"]))
    meta.update(classes=str(classes))
    save(f"{net_name}-{case}", out, meta)


def make_inference(net_name, classes, n):
    net = built(net_name, classes, torch.double, "infer")
    image = images(n, net.h, net.w)
    logits, a = net(image)
    out = {"logits": logits, "cam": hirescam(logits, a)}
    net.train()(image)
    out.update({k: v for k, v in net.state_dict().items() if "running_" in k})
    out = {k: v.detach().numpy().astype(np.float32) for k, v in out.items()}
    save(net_name, out, {"classes": str(classes), "n": str(n)})


def main():
    np.seterr(over="ignore")  # 64-bit products are meant to wrap
    warnings.filterwarnings("ignore", "Using padding='same' with even kernel lengths")
    base = dict(cam="none", prior="center", ce_weight=1.0, cam_weight=1.0, sigma=0.25, cap=0.0)
    base["class_weight"] = None
    cases = {
        "none": {},
        "weights": dict(class_weight=[0.5, 2.0, 1.25], ce_weight=0.7),
        "mse": dict(cam="mse"),
        "mse-mask": dict(cam="mse", prior="mask", ce_weight=0.0),
        "radial": dict(cam="radial", cap=3.0, ce_weight=0.5),
        "radial-capped": dict(cam="radial", cap=0.4, sigma=0.1),
        "energy": dict(cam="energy", sigma=0.18),
        "energy-mask": dict(cam="energy", prior="mask", class_weight=[0.5, 2.0, 1.25]),
        "energy-only": dict(cam="energy", ce_weight=0.0),
        "unlabelled": dict(cam="energy", class_weight=[0.5, 2.0, 1.25], unlabelled=True),
    }
    for net_name, classes, n in (("small", 3, 5), ("odd", 3, 4), ("standard", 2, 3)):
        make_inference(net_name, classes, n)
        for case, change in cases.items():
            loss = dict(base, **change)
            if loss["class_weight"]:
                loss["class_weight"] = loss["class_weight"][:classes]
            make_case(net_name, case, classes, n, loss)


if __name__ == "__main__":
    main()
