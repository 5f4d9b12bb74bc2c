// What lint says of samples, read from its files, and how it is compared with what others say.
'use strict';
const fs = require('fs');

// The first frame: {meta, tensor: {name: {shape, data}}}.
function frame(file) {
    const b = fs.readFileSync(file), n = Number(b.readBigUInt64LE(0));
    const head = JSON.parse(b.subarray(8, 8 + n)), tensor = {};
    const types = {F32: Float32Array, U8: Uint8Array, F16: Uint16Array, I32: Int32Array};
    for (const [name, t] of Object.entries(head)) {
        if (name === '__metadata__') continue;
        const bytes = b.subarray(8 + n + t.data_offsets[0], 8 + n + t.data_offsets[1]);
        tensor[name] = {shape: t.shape, data: new types[t.dtype](new Uint8Array(bytes).buffer)};
    }
    return {meta: head.__metadata__, tensor};
}

function half(bits) {
    const sign = bits & 0x8000 ? -1 : 1, exponent = bits >> 10 & 31, part = bits & 1023;
    return sign * (exponent ? (1 + part / 1024) * 2 ** (exponent - 15) : part / 1024 * 2 ** -14);
}

// [N,H,W,3] bytes to [N,3,H,W], 0 to 1.
function pictures({shape: [n, h, w], data}) {
    const x = new Float32Array(n * 3 * h * w);
    for (let i = 0; i < n; i++)
        for (let q = 0; q < h * w; q++)
            for (let c = 0; c < 3; c++) x[(i * 3 + c) * h * w + q] = data[(i * h * w + q) * 3 + c] / 255;
    return {shape: [n, 3, h, w], data: x};
}

function input(tensor) {
    if (tensor.image) return ['image', pictures(tensor.image)];
    return ['features', {shape: tensor.features.shape, data: Float32Array.from(tensor.features.data, half)}];
}

// What an encoder should say of three masks of noise.
function encoded(model) {
    const [, w, h] = /input (\d+)x(\d+)x1 mask/.exec(model.meta.net).map(Number), n = 3;
    const weight = model.tensor['fc.weight'].data, bias = model.tensor['fc.bias'].data[0];
    const mask = Float32Array.from({length: n * w * h}, (_, i) => (i * 7919 % 101) / 100);
    const code = Float32Array.from({length: n}, (_, i) =>
        1 / (1 + Math.exp(-weight.reduce((sum, v, k) => sum + v * mask[i * w * h + k], bias))));
    return [['mask', {shape: [n, 1, h, w], data: mask}], {code: {shape: [n, 1], data: code}}];
}

function compare(name, is, want) {
    if (String(is.dims) !== String(want.shape)) throw new Error(`${name}: ${is.dims} instead of ${want.shape}`);
    let off = 0, most = 0;
    want.data.forEach((v, i) => {
        most = Math.max(most, Math.abs(v));
        off = Math.max(off, Number.isFinite(is.data[i]) ? Math.abs(v - is.data[i]) : Infinity);
    });
    if (process.env.VERBOSE) console.error(`${name}: ${off} of ${most}`);
    if (!(most > 0)) throw new Error(`${name}: nothing but zeros`);
    if (!(off <= 1e-4 * most)) throw new Error(`${name}: ${off} off, of ${most}`);
    return name;
}

function first({shape: [n, ...rest], data}) {
    return {shape: [1, ...rest], data: data.slice(0, data.length / n)};
}

module.exports = {frame, input, encoded, compare, first};
