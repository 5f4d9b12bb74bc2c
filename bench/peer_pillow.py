#!/usr/bin/env python3
"""FOLDER --workers 1: decodes and resizes its pictures with Pillow, and prints the seconds without
imports. FOLDER --to OTHER ENDING: writes them in another format."""
import glob
import os
import sys
import time

from PIL import Image

folder, task = sys.argv[1], sys.argv[2]
began, paths = time.perf_counter(), sorted(glob.glob(f"{folder}/*/*"))
for path in paths:
    image = Image.open(path)
    if task == "--to":
        to = os.path.splitext(path)[0].replace(folder, sys.argv[3])
        os.makedirs(os.path.dirname(to), exist_ok=True)
        image.save(f"{to}.{sys.argv[4]}", **({"compression": "tiff_lzw"} if sys.argv[4] == "tif" else {"quality": 85}))
    else:
        image.convert("RGB").resize((192, 192), Image.BILINEAR)
print(f"{time.perf_counter() - began:.6f}\t{len(paths)}")
