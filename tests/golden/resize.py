#!/usr/bin/env python3
"""Writes resize.h: what Pillow's BILINEAR makes of a small picture, for tests/picture/test_image.c.

Usage: resize.py > resize.h (made with Pillow 9.4.0)
"""
import numpy
from PIL import Image

W, H = 13, 9
SIZES = [(5, 4), (20, 3), (1, 1), (13, 2), (3, 9), (17, 11)]


def picture(channels):
    n = numpy.arange(W * H * channels, dtype=numpy.int64)
    pixels = ((n * 37 + n * n % 101) % 256).astype(numpy.uint8)
    return Image.fromarray(pixels.reshape((H, W, channels)).squeeze())


print("/* Made by resize.py. Pixel i of the picture is (37 i + i i % 101) % 256. */")
print(f"enum {{ RESIZE_W = {W}, RESIZE_H = {H} }};")
print("static const struct {\n    int w, h, c;\n    const char *px; /* in hexadecimal */\n} RESIZED[] = {")
for channels in (1, 3):
    for w, h in SIZES:
        resized = picture(channels).resize((w, h), Image.BILINEAR)
        print(f"    {{{w}, {h}, {channels},")
        text = numpy.asarray(resized).tobytes().hex()
        lines = [text[i:i + 84] for i in range(0, len(text), 84)]
        print("\n".join(f'     "{line}"' for line in lines) + "},")
print("};")
