#!/usr/bin/env python3
"""Makes weights/: the same weights in the files that people hold them in, written by PyTorch.

    cd tests/golden && /usr/bin/python3 weights.py    (Debian: python3-torch)

All files but views.pth hold the tensors of expected.safetensors, whose values every dtype has.
The tensors of views.pth are parts of a few storages; expected-views.safetensors has them whole.
Keys of storages in the old format are addresses, so old.pth differs with every run.
"""

import json
import os
import struct
import zipfile
from collections import OrderedDict

import torch

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "weights")
DTYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64",
          torch.int64: "I64"}


def path(name):
    return os.path.join(HERE, name)


def raw(t):
    t = t.detach().contiguous()
    return (t.view(torch.int16) if t.dtype == torch.bfloat16 else t).numpy().tobytes()


def safetensors(name, tensors):
    header, data = {}, b""
    for key in sorted(tensors, key=lambda k: (-tensors[k].element_size(), k)):
        t = tensors[key]
        header[key] = dict(dtype=DTYPES[t.dtype], shape=list(t.shape), data_offsets=[len(data), len(data) + len(raw(t))])
        data += raw(t)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path(name), "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 2, 3, padding=1)
        self.bn1 = torch.nn.BatchNorm2d(2)
        self.fc = torch.nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(torch.relu(self.bn1(self.conv1(x))).mean((2, 3)))


torch.manual_seed(1)
net = Net()
with torch.no_grad():
    for t in net.state_dict().values():
        t.copy_(torch.randint(1, 64, t.shape) / 16 if t.is_floating_point() else torch.tensor(7))
state = net.state_dict()


def as_dtype(dtype):
    return OrderedDict((k, v.to(dtype) if v.is_floating_point() else v) for k, v in state.items())


safetensors("expected.safetensors", state)
for dtype, name in DTYPES.items():
    if dtype.is_floating_point:
        torch.save(as_dtype(dtype), path(f"{name}.pth"))
        if name != "F32":
            safetensors(f"{name}.safetensors", as_dtype(dtype))
torch.save(state, path("old.pth"), _use_new_zipfile_serialization=False)
torch.save(torch.nn.DataParallel(net).state_dict(), path("module-prefix.pth"))
torch.save({"model.module." + k: v for k, v in state.items()}, path("two-prefixes.pth"))
torch.save(OrderedDict(list(net.named_parameters()) + list(net.named_buffers())), path("parameters.pth"))

kept = {k: v.clone() for k, v in state.items()}
optimizer = torch.optim.SGD(net.parameters(), 0, momentum=0.9)
net(torch.ones(2, 3, 8, 8)).sum().backward()
optimizer.step()
seed = 1 << 63
torch.save({"epoch": 3, "arch": "net", "state_dict": kept, "best_acc1": torch.tensor(0.5), "lr": 0.1, "seed": seed,
            "last": None, "betas": (0.9, 0.99), "milestones": [1, 2], "optimizer": optimizer.state_dict()},
           path("checkpoint.pth"))
torch.save({"model": kept, "epoch": 1}, path("model-entry.pth"))

# Zipped by another program: no zip64, no alignment.
with zipfile.ZipFile(path("F32.pth")) as a, zipfile.ZipFile(path("zipped-again.pth"), "w") as b:
    for i in a.infolist():
        b.writestr(zipfile.ZipInfo(i.filename), a.read(i))

names = list(state)
shards = {"weights-00001-of-00002.safetensors": names[:4], "weights-00002-of-00002.safetensors": names[4:]}
for file, part in shards.items():
    safetensors(file, {k: kept[k] for k in part})
index = dict(metadata=dict(total_size=0), weight_map={k: f for f, part in shards.items() for k in part})
with open(path("weights.safetensors.index.json"), "w") as f:
    json.dump(index, f, indent=1)
    f.write("\n")

a = torch.arange(24.0).reshape(2, 3, 4)
one = torch.arange(6.0)
views = {
    "whole": a, "transposed": a.transpose(0, 2), "turned": a.permute(2, 0, 1), "slice": a[:, 1:, ::2],
    "row": a[1], "last": a[1, 2, 3:], "scalar": a[1, 1, 1], "none": a[:, :0], "wide": one.reshape(1, 6).expand(1, 6),
    "odd": one[1::2], "channels-last": torch.arange(16.0).reshape(1, 4, 2, 2).to(memory_format=torch.channels_last),
    "half": torch.arange(5.0).half()[1:], "count": torch.tensor(3),
}
torch.save(views, path("views.pth"))
safetensors("expected-views.safetensors", views)
