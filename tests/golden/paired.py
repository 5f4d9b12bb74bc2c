#!/usr/bin/env python3
"""Writes paired.h: bootstrap limits of a few lists of differences, for tests/answer/test_paired.c.

Usage: paired.py > paired.h (made with NumPy 1.24.2); paired.py --coverage

The quantiles of Student's distribution are those of every textbook's table, to more digits
(R: qt(0.975, n - 1)). `wobble` is by how much a limit from 100,000 resamples moves by chance: the
standard deviation over forty such bootstraps. --coverage prints how often the interval holds the
true mean 0 of n normal numbers: 0.95 is right.
"""
import math
import sys

import numpy

RESAMPLES = 100_000
T = {6: 2.570581836, 10: 2.262157163, 20: 2.093024054}
SEEDS = {
    # orca-leopard's and birds' worst group: docs/results.md
    "orca_leopard": [.71, .65, .76, .59, .78, .88, .81, .65, .75, .77],
    "birds": [.28, .12, .30, .20, .29, .00, .23, .24, .36, .05],
    "skewed": [0, 0, 0, .01, .02, .9],
    "twenty": [round(math.sin(i) / (1 + i % 3), 3) for i in range(20)],
}


def limits(d, rng, resamples=RESAMPLES):
    n = len(d)
    tail = math.erfc(T[n] * math.sqrt(n / (n - 1)) / math.sqrt(2)) / 2
    means = d[rng.integers(0, n, (resamples, n))].mean(axis=1)
    return numpy.quantile(means, [tail, 1 - tail])


def coverage():
    rng = numpy.random.default_rng(1)
    for n in T:
        hit = 0
        for _ in range(2000):
            low, high = limits(rng.standard_normal(n), rng, 4000)
            hit += low <= 0 <= high
        print(f"n = {n}: {hit / 2000:.3f}")


def header():
    rng = numpy.random.default_rng(0)
    print("/* Made by paired.py. */")
    print("enum { MOST_PAIRS = 20 };")
    print("static const struct {\n    const char *name;\n    size_t n;\n    double v[MOST_PAIRS];")
    print("    double low, high, wobble;\n} BOOTSTRAPPED[] = {")
    for name, d in SEEDS.items():
        d = numpy.array(d)
        several = numpy.array([limits(d, rng) for _ in range(40)])
        low, high = several.mean(axis=0)
        values = ", ".join(f"{v:g}" for v in d)
        print(f'    {{"{name}",\n     {len(d)},\n     {{{values}}},')
        print(f"     {low:.6f},\n     {high:.6f},\n     {several.std(axis=0, ddof=1).max():.6f}}},")
    print("};")


coverage() if "--coverage" in sys.argv else header()
