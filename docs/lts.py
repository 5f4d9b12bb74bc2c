"""Reads and writes the streams of lint-stream(5)."""
import json, struct, sys

def read(file):
    """Gives metadata and {name: [dtype, shape, bytes]} of one frame after the other."""
    more = False
    while length := file.read(8):
        tensors = json.loads(file.read(*struct.unpack("<Q", length)))
        info = tensors.pop("__metadata__", None) or {}
        if more := info.get("more") == "1": del info["more"]  # write_stream says it anew
        size = max((t["data_offsets"][1] for t in tensors.values()), default=0)
        if len(data := file.read(size)) < size: sys.exit("truncated")
        yield info, {k: [t["dtype"], t["shape"], data[slice(*t["data_offsets"])]] for k, t in tensors.items()}
    if more: sys.exit("truncated: the last frame says that another follows")

def write_stream(file, frames):
    """Writes frames as they come, each but the last with the mark that another follows."""
    held = None
    for frame in frames:
        if held: write(file, held[0] | {"more": "1"}, held[1])
        held = frame
    if held: write(file, *held)

def write(file, info, tensors):
    """Writes one frame."""
    head, end = {"__metadata__": info}, 0
    for name, (dtype, shape, data) in tensors.items():
        head[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end := end + len(data)]}
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    rest = memoryview(struct.pack("<Q", len(text)) + text + b"".join(t[2] for t in tensors.values()))
    while rest: rest = rest[file.write(rest):]  # unbuffered, a write may take a part
