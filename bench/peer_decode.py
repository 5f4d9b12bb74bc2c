#!/usr/bin/env python3
"""FOLDER --workers N: decodes and resizes its pictures with torchvision's loader, and prints the
seconds from making the loader to its last batch; imports are not counted."""
import sys
import time

import torch
import torchvision.transforms as T
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder

torch.set_num_threads(1)
folder, workers = sys.argv[1], int(sys.argv[3])
began = time.perf_counter()
data = ImageFolder(folder, T.Compose([T.Resize((192, 192)), T.PILToTensor()]))
images = sum(len(x) for x, _ in DataLoader(data, batch_size=64, num_workers=workers))
print(f"{time.perf_counter() - began:.6f}\t{images}")
