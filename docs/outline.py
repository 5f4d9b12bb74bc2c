#!/usr/bin/env python3
"""A filter for samples: draws the outline of each mask into its picture."""
import sys
import lts

def outline(image, mask, h, w, colour=b"\xff\x00\xff"):
    for i in range(h * w):
        y, x = divmod(i, w)
        near = [mask[i + dy * w + dx] > 127 for dy in (-1, 0, 1) for dx in (-1, 0, 1)
                if 0 <= y + dy < h and 0 <= x + dx < w]
        if any(near) and not all(near):
            image[3 * i:3 * i + 3] = colour

def outlined():
    for info, tensors in lts.read(sys.stdin.buffer):
        _, (n, h, w), masks = tensors["mask"]
        images, area = bytearray(tensors["image"][2]), h * w
        for k in range(n):
            picture = images[3 * k * area:3 * (k + 1) * area]
            outline(picture, masks[k * area:(k + 1) * area], h, w)
            images[3 * k * area:3 * (k + 1) * area] = picture
        tensors["image"][2] = bytes(images)
        yield info, tensors

lts.write_stream(sys.stdout.buffer, outlined())
