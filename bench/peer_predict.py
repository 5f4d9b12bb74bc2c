#!/usr/bin/env python3
"""One picture from process start to answer: STATE_DICT PICTURE."""
import sys

import numpy as np
import torch
from peer import Standard
from PIL import Image

torch.set_num_threads(1)  # faster than more for one picture
net = Standard(2).eval()
net.load_state_dict(torch.load(sys.argv[1]))
picture = Image.open(sys.argv[2]).convert("RGB").resize((192, 192), Image.BILINEAR)
x = (torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255 - 0.5) / 0.25
with torch.inference_mode():
    p = net.head(net.body(x)).softmax(1)[0]
print(sys.argv[2], int(p.argmax()), f"{p.max():.4f}", sep="\t")
