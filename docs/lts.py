"""Reads and writes the streams of lint-stream(5)."""
import json, struct, sys

def read(file):
    """Gives metadata and {name: [dtype, shape, bytes]} of one frame after the other."""
    while length := file.read(8):
        tensors = json.loads(file.read(*struct.unpack("<Q", length)))
        info = tensors.pop("__metadata__", None) or {}
        size = max((t["data_offsets"][1] for t in tensors.values()), default=0)
        if len(data := file.read(size)) < size: sys.exit("truncated")
        yield info, {k: [t["dtype"], t["shape"], data[slice(*t["data_offsets"])]] for k, t in tensors.items()}

def write(file, info, tensors):
    head, end = {"__metadata__": info}, 0
    for name, (dtype, shape, data) in tensors.items():
        head[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end := end + len(data)]}
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    file.write(struct.pack("<Q", len(text)) + text + b"".join(t[2] for t in tensors.values()))
