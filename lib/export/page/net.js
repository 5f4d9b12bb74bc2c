// lint's networks in plain JavaScript: a picture to logits and maps, as lint-predict gives them.
//
// A value is a Float32Array of one picture, channels first: [C,H,W]. `model` is what lint-export
// writes: {classes, fit, input, cam, nodes}, each node with its op, the nodes that it reads, its
// shapes and its numbers; `weights` holds all of them, a node's from `node.weights[word][0]` on.
// The functions stand in the order of their use; `forward` runs through the nodes.
'use strict';

/* --- a picture, to the network's size ------------------------------------------------------------ */

// Weights of the source samples that a triangle reaches, rounded to 22 bits, as Pillow has them.
function taps(from, to) {
    const reach = 2 * Math.max(from, to), list = [];
    for (let i = 0; i < to; i++) {
        const centre = (2 * i + 1) * from;
        const first = Math.max(0, Math.floor((centre - reach - to) / (2 * to)) + 1);
        const last = Math.min(from - 1, Math.floor((centre + reach - to - 1) / (2 * to)));
        const part = [];
        for (let s = first; s <= last; s++) part.push(reach - Math.abs((2 * s + 1) * to - centre));
        const sum = part.reduce((a, b) => a + b, 0);
        list.push({first, weight: Int32Array.from(part, (v) => (Math.floor(v * 2 ** 23 / sum) + 1) >> 1)});
    }
    return list;
}

const toByte = (sum) => Math.min(255, sum >> 22);

// Bytes [h,w,3] of the part (x, y, w, h) of a picture {px, width} to [H,W,3]: columns first, then rows.
function resize(picture, {x, y, w, h}, W, H) {
    const across = taps(w, W), down = taps(h, H);
    const mid = new Uint8Array(h * W * 3), out = new Uint8Array(H * W * 3);
    for (let r = 0; r < h; r++)
        across.forEach(({first, weight}, i) => {
            for (let c = 0; c < 3; c++) {
                let sum = 1 << 21, at = ((y + r) * picture.width + x + first) * 3 + c;
                for (let s = 0; s < weight.length; s++, at += 3) sum += weight[s] * picture.px[at];
                mid[(r * W + i) * 3 + c] = toByte(sum);
            }
        });
    down.forEach(({first, weight}, r) => {
        for (let i = 0; i < W * 3; i++) {
            let sum = 1 << 21;
            for (let s = 0; s < weight.length; s++) sum += weight[s] * mid[(first + s) * W * 3 + i];
            out[r * W * 3 + i] = toByte(sum);
        }
    });
    return out;
}

// A picture {px [h,w,3], width, height} brought to W x H: stretched, or its middle, or on black.
function fit(picture, W, H, how) {
    const {width: w, height: h} = picture, wider = w * H > h * W;
    const share = (a, b, c) => Math.max(1, Math.floor((2 * a * b + c) / (2 * c)));
    const part = {x: 0, y: 0, w, h}, to = {w: W, h: H};
    if (how === 'crop') {
        if (wider) part.w = Math.min(w, share(h, W, H));
        else part.h = Math.min(h, share(w, H, W));
        part.x = (w - part.w) >> 1;
        part.y = (h - part.h) >> 1;
    } else if (how === 'pad') {
        if (wider) to.h = Math.min(H, share(h, W, w));
        else to.w = Math.min(W, share(w, H, h));
    }
    const px = resize(picture, part, to.w, to.h);
    if (to.w === W && to.h === H) return px;
    const all = new Uint8Array(H * W * 3), left = (W - to.w) >> 1, top = (H - to.h) >> 1;
    for (let r = 0; r < to.h; r++) all.set(px.subarray(r * to.w * 3, (r + 1) * to.w * 3), ((top + r) * W + left) * 3);
    return all;
}

/* --- layers --------------------------------------------------------------------------------------- */

const count = (shape) => shape[0] * shape[1] * shape[2];
const numbers = (net, node, word) => {
    const at = node.weights[word];
    return at && net.weights.subarray(at[0], at[0] + at[1]);
};

function input(net, node, px) {
    const [, H, W] = node.out, x = new Float32Array(px.length), {mean, std} = net.model.input;
    for (let c = 0; c < 3; c++)
        for (let q = 0; q < H * W; q++) x[c * H * W + q] = (px[q * 3 + c] / 255 - mean[c]) / std[c];
    return x;
}

// One filter for each channel: no sum over channels.
function depthwise(net, node, x) {
    const [C, H, W] = node.in, [, h, w] = node.out, [kh, kw] = node.taps, y = new Float32Array(C * h * w);
    const weight = numbers(net, node, 'weight'), bias = numbers(net, node, 'bias');
    for (let c = 0, to = 0; c < C; c++)
        for (let oy = 0; oy < h; oy++)
            for (let ox = 0; ox < w; ox++, to++) {
                let sum = bias ? bias[c] : 0;
                for (let ky = 0; ky < kh; ky++) {
                    const sy = oy * node.stride[0] + ky * node.dilation - node.pad[0];
                    if (sy < 0 || sy >= H) continue;
                    for (let kx = 0; kx < kw; kx++) {
                        const sx = ox * node.stride[1] + kx * node.dilation - node.pad[1];
                        if (sx >= 0 && sx < W) sum += weight[(c * kh + ky) * kw + kx] * x[(c * H + sy) * W + sx];
                    }
                }
                y[to] = sum;
            }
    return y;
}

// What the filters see of x, for cells [from, to) of the output and the channels [c0, c0 + c): a row
// of c * kh * kw numbers for each.
function windows(node, x, from, to, c0, c, rows) {
    const [, H, W] = node.in, w = node.out[2], [kh, kw] = node.taps;
    let at = 0;
    for (let cell = from; cell < to; cell++) {
        const top = Math.floor(cell / w) * node.stride[0] - node.pad[0], left = cell % w * node.stride[1] - node.pad[1];
        for (let k = c0; k < c0 + c; k++)
            for (let ky = 0; ky < kh; ky++) {
                const sy = top + ky * node.dilation, line = (k * H + sy) * W, inside = sy >= 0 && sy < H;
                for (let kx = 0; kx < kw; kx++, at++) {
                    const sx = left + kx * node.dilation;
                    rows[at] = inside && sx >= 0 && sx < W ? x[line + sx] : 0;
                }
            }
    }
}

// y[o, cell] = a[cell] . b[o], of k numbers each; four of both at a time, so that each number read is
// used four times. `a` has room for cells and `b` is read from `b0` on.
function products(a, cells, b, b0, outs, k, bias, y, y0, step) {
    for (let o = 0; o < outs; o += 4) {
        const b1 = b0 + o * k, b2 = b0 + Math.min(o + 1, outs - 1) * k, b3 = b0 + Math.min(o + 2, outs - 1) * k;
        const b4 = b0 + Math.min(o + 3, outs - 1) * k;
        for (let p = 0; p < cells; p += 4) {
            const a1 = p * k, a2 = a1 + k, a3 = a2 + k, a4 = a3 + k;
            let s11 = 0, s12 = 0, s13 = 0, s14 = 0, s21 = 0, s22 = 0, s23 = 0, s24 = 0;
            let s31 = 0, s32 = 0, s33 = 0, s34 = 0, s41 = 0, s42 = 0, s43 = 0, s44 = 0;
            for (let i = 0; i < k; i++) {
                const u = a[a1 + i], v = a[a2 + i], w = a[a3 + i], x = a[a4 + i];
                const b11 = b[b1 + i], b22 = b[b2 + i], b33 = b[b3 + i], b44 = b[b4 + i];
                s11 += u * b11; s12 += v * b11; s13 += w * b11; s14 += x * b11;
                s21 += u * b22; s22 += v * b22; s23 += w * b22; s24 += x * b22;
                s31 += u * b33; s32 += v * b33; s33 += w * b33; s34 += x * b33;
                s41 += u * b44; s42 += v * b44; s43 += w * b44; s44 += x * b44;
            }
            const sums = [[s11, s12, s13, s14], [s21, s22, s23, s24], [s31, s32, s33, s34], [s41, s42, s43, s44]];
            for (let i = 0; i < 4 && o + i < outs; i++)
                for (let j = 0; j < 4 && p + j < cells; j++)
                    y[y0 + (o + i) * step + p + j] = sums[i][j] + (bias ? bias[o + i] : 0);
        }
    }
}

const CELLS = 64; // of the output at a time: their windows stay in the cache

function conv(net, node, x) {
    const [C] = node.in, [O, h, w] = node.out, G = node.groups, c = C / G, o = O / G;
    if (c === 1 && o === 1) return depthwise(net, node, x);
    const k = c * node.taps[0] * node.taps[1], y = new Float32Array(O * h * w), rows = new Float32Array(CELLS * k);
    const weight = numbers(net, node, 'weight'), bias = numbers(net, node, 'bias');
    for (let g = 0; g < G; g++)
        for (let from = 0; from < h * w; from += CELLS) {
            const to = Math.min(h * w, from + CELLS);
            windows(node, x, from, to, g * c, c, rows);
            products(rows, to - from, weight, g * o * k, o, k, bias && bias.subarray(g * o), y, g * o * h * w + from, h * w);
        }
    return y;
}

function dense(net, node, x) {
    const weight = numbers(net, node, 'weight'), bias = numbers(net, node, 'bias'), n = x.length;
    return Float32Array.from({length: count(node.out)}, (_, o) => {
        let sum = bias ? bias[o] : 0;
        for (let i = 0, at = o * n; i < n; i++) sum += x[i] * weight[at + i];
        return sum;
    });
}

function batchnorm(net, node, x) {
    const [weight, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((w) => numbers(net, node, w));
    const y = new Float32Array(x.length), cells = x.length / weight.length;
    for (let c = 0, i = 0; c < weight.length; c++) {
        const slope = weight[c] / Math.sqrt(variance[c] + node.eps);
        for (let q = 0; q < cells; q++, i++) y[i] = (x[i] - mean[c]) * slope + bias[c];
    }
    return y;
}

// fn(channel, output cell, [y0, y1, x0, x1] of its window, what the mean of it is divided by)
function eachWindow(node, fn) {
    const cover = (axis, at) => {
        const from = node.in[1 + axis], to = node.out[1 + axis], pad = node.pad[axis];
        if (node.op === 'adaptivepool') {
            const first = Math.floor(at * from / to), last = Math.ceil((at + 1) * from / to);
            return [first, last, last - first];
        }
        const first = at * node.stride[axis], last = Math.min(first + node.taps[axis], from + 2 * pad);
        return [Math.max(0, first - pad), Math.min(from, last - pad), last - first];
    };
    const [C, h, w] = node.out, rows = [...Array(h).keys()].map((y) => cover(0, y));
    const columns = [...Array(w).keys()].map((x) => cover(1, x));
    for (let c = 0, to = 0; c < C; c++)
        for (const [y0, y1, down] of rows)
            for (const [x0, x1, across] of columns) fn(c, to++, [y0, y1, x0, x1], down * across);
}

// Where the largest number of a window lies, the first of equals.
function largest(node, x, c, [y0, y1, x0, x1]) {
    const [, H, W] = node.in;
    let best = -1;
    for (let y = y0; y < y1; y++)
        for (let at = (c * H + y) * W + x0; at < (c * H + y) * W + x1; at++)
            if (best < 0 || x[at] > x[best]) best = at;
    return best;
}

function maxpool(net, node, x) {
    const y = new Float32Array(count(node.out));
    eachWindow(node, (c, to, window) => { y[to] = x[largest(node, x, c, window)]; });
    return y;
}

function avgpool(net, node, x) {
    const y = new Float32Array(count(node.out)), [, H, W] = node.in;
    eachWindow(node, (c, to, [y0, y1, x0, x1], share) => {
        let sum = 0;
        for (let r = y0; r < y1; r++) for (let at = (c * H + r) * W + x0; at < (c * H + r) * W + x1; at++) sum += x[at];
        y[to] = sum / share;
    });
    return y;
}

function concat(net, node, x, first) {
    const y = new Float32Array(first.length + x.length);
    y.set(first);
    y.set(x, first.length);
    return y;
}

const scale = (net, node, x, first) => first.map((v, i) => v * x[Math.floor(i * x.length / first.length)]);
const add = (net, node, x, first) => first.map((v, i) => v + x[i]);

// An activation and its slope, of x.
const clip = (v, low, high) => Math.max(low, Math.min(high, v));
const within = (v, low, high) => (v > low && v < high ? 1 : 0);
const sigmoid = (v) => 1 / (1 + Math.exp(-v));
const activations = {
    relu: [(v) => Math.max(v, 0), (v) => (v > 0 ? 1 : 0)],
    relu6: [(v) => clip(v, 0, 6), (v) => within(v, 0, 6)],
    hardsigmoid: [(v) => clip(v / 6 + 0.5, 0, 1), (v) => within(v, -3, 3) / 6],
    hardswish: [(v) => v * clip(v / 6 + 0.5, 0, 1), (v) => (v < -3 ? 0 : v > 3 ? 1 : v / 3 + 0.5)],
    silu: [(v) => v * sigmoid(v), (v) => sigmoid(v) * (1 + v * (1 - sigmoid(v)))],
    sigmoid: [sigmoid],
};

const layers = {
    input, conv, dense, batchnorm, maxpool, avgpool, concat, scale, add,
    globalpool: avgpool, adaptivepool: avgpool, flatten: (net, node, x) => x,
};
for (const [op, [of]] of Object.entries(activations)) layers[op] = (net, node, x) => x.map(of);

// Bytes [H,W,3] to the logits, and the values that maps are made of. `rest`, if given, is awaited
// between layers with the share that is done.
async function forward(net, px, rest) {
    const {nodes, cam} = net.model, value = [], last = nodes.map(() => 0);
    nodes.forEach((node, i) => { last[node.from] = i; });
    nodes.forEach((node, i) => { if ('also' in node) last[node.also] = Math.max(last[node.also], i); });
    for (let i = 0; i < nodes.length; i++) {
        const node = nodes[i];
        value[i] = layers[node.op](net, node, i ? value[node.from] : px, value[node.also]);
        for (let k = 0; k < i && (!cam || k < cam - 1); k++) if (last[k] <= i) value[k] = null;
        if (rest) await rest((i + 1) / nodes.length);
    }
    return {logits: value[nodes.length - 1], value};
}

/* --- maps ----------------------------------------------------------------------------------------- */

// The way back through a layer: u, the gradient with respect to its output, becomes that with respect
// to its input x.
const back = {
    flatten: (net, node, x, u) => u,
    dense(net, node, x, u) {
        const weight = numbers(net, node, 'weight'), to = new Float32Array(x.length);
        u.forEach((v, o) => { for (let i = 0; v && i < to.length; i++) to[i] += v * weight[o * to.length + i]; });
        return to;
    },
    conv(net, node, x, u) {
        const [C, H, W] = node.in, [O, h, w] = node.out, [kh, kw] = node.taps, c = C / node.groups, o = O / node.groups;
        const weight = numbers(net, node, 'weight'), to = new Float32Array(C * H * W);
        for (let out = 0; out < O; out++)
            for (let k = 0; k < c; k++)
                for (let cell = 0; cell < h * w; cell++)
                    for (let tap = 0; tap < kh * kw; tap++) {
                        const y = Math.floor(cell / w) * node.stride[0] + Math.floor(tap / kw) * node.dilation - node.pad[0];
                        const z = cell % w * node.stride[1] + tap % kw * node.dilation - node.pad[1];
                        if (y >= 0 && y < H && z >= 0 && z < W)
                            to[((Math.floor(out / o) * c + k) * H + y) * W + z] += u[out * h * w + cell] * weight[(out * c + k) * kh * kw + tap];
                    }
        return to;
    },
    maxpool(net, node, x, u) {
        const to = new Float32Array(x.length);
        eachWindow(node, (c, from, window) => { to[largest(node, x, c, window)] += u[from]; });
        return to;
    },
    avgpool(net, node, x, u) {
        const to = new Float32Array(x.length), [, H, W] = node.in;
        eachWindow(node, (c, from, [y0, y1, x0, x1], share) => {
            for (let r = y0; r < y1; r++) for (let at = (c * H + r) * W + x0; at < (c * H + r) * W + x1; at++) to[at] += u[from] / share;
        });
        return to;
    },
};
back.globalpool = back.adaptivepool = back.avgpool;
for (const [op, [, slope]] of Object.entries(activations)) if (slope) back[op] = (net, node, x, u) => u.map((v, i) => v * slope(x[i]));

// HiResCAM of a class, [h,w]: the features times the gradient of its logit, summed over channels.
function mapOf(net, {value}, label) {
    const {nodes, cam, classes} = net.model;
    let u = new Float32Array(classes.length);
    u[label] = 1;
    for (let i = nodes.length - 1; i >= cam; i--) u = back[nodes[i].op](net, nodes[i], value[nodes[i].from], u);
    const features = value[cam - 1], [C, h, w] = nodes[cam - 1].out, map = new Float32Array(h * w);
    for (let c = 0, i = 0; c < C; c++) for (let q = 0; q < h * w; q++, i++) map[q] += features[i] * u[i];
    return map;
}

/* --- a map as colour: as lint's sheets have it ------------------------------------------------------ */

// The largest |v|, one in a hundred aside; the largest of all if that is 0.
function robustMax(v) {
    const size = Float64Array.from(v, Math.abs).sort(), n = size.length;
    return size[n - 1 - Math.floor(n / 100)] || size[n - 1];
}

// The cells that a pixel lies between, along one side, with the weights of the cubic B-spline.
function spline(pixel, pixels, cells) {
    const at = (pixel + 0.5) * cells / pixels - 0.5, whole = Math.floor(at), u = at - whole, v = 1 - u;
    return [v ** 3 / 6, (4 - 6 * u * u + 3 * u ** 3) / 6, (4 - 6 * v * v + 3 * v ** 3) / 6, u ** 3 / 6]
        .map((weight, k) => [clip(whole + k - 1, 0, cells - 1), weight]);
}

function enlarge(d, h, w, H, W) {
    const rows = [...Array(H).keys()].map((y) => spline(y, H, h)), columns = [...Array(W).keys()].map((x) => spline(x, W, w));
    const out = new Float64Array(H * W);
    rows.forEach((row, y) => columns.forEach((column, x) => {
        let sum = 0;
        for (const [r, a] of row) for (const [c, b] of column) sum += a * b * d[r * w + c];
        out[y * W + x] = sum;
    }));
    return out;
}

// The evidence for a class, [H,W], -1 to 1: its map less the mean of the others.
function heat(maps, label, h, w, H, W) {
    const d = Float64Array.from(maps[label], (v, i) => {
        const others = maps.filter((_, k) => k !== label).reduce((sum, m) => sum + m[i], 0);
        return v - (maps.length > 1 ? others / (maps.length - 1) : 0);
    });
    const limit = robustMax(d), cut = d.map((v) => clip(v, -limit, limit));
    const most = robustMax(enlarge(cut, h, w, h, w)) || 1;
    return enlarge(cut, h, w, H, W).map((v) => clip(v / most, -1, 1));
}

// matplotlib's plasma at five points.
const PLASMA = [[13, 8, 135], [126, 3, 168], [204, 71, 120], [248, 149, 64], [240, 249, 33]];

// Draws heat over the pixels [n,3], into RGBA.
function lay(px, heated, rgba) {
    for (let i = 0; i < heated.length; i++) {
        const v = Math.max(0, heated[i]), at = Math.min(3, Math.floor(v * 4)), t = v * 4 - at, density = 0.8 * v ** 0.9;
        const grey = 0.299 * px[i * 3] + 0.587 * px[i * 3 + 1] + 0.114 * px[i * 3 + 2];
        for (let c = 0; c < 3; c++) {
            const colour = PLASMA[at][c] + t * (PLASMA[at + 1][c] - PLASMA[at][c]), faded = grey + 0.4 * (px[i * 3 + c] - grey);
            rgba[i * 4 + c] = Math.round(faded + density * (colour - faded));
        }
    }
}

function softmax(logits) {
    const most = Math.max(...logits), e = Array.from(logits, (z) => Math.exp(z - most)), sum = e.reduce((a, b) => a + b, 0);
    return e.map((v) => v / sum);
}
