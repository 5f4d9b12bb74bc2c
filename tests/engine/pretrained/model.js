// The model that the package has, read as data: its files are JavaScript, and none of it is run.
'use strict';
const fs = require('fs');
const path = require('path');

// An object literal as the package writes it, as JSON: keys without quotes, !0 for true, .5 for 0.5.
function literal(text) {
    return JSON.parse(text.replace(/([{,])([A-Za-z_]\w*):/g, '$1"$2":')
        .replace(/([:[,])!0/g, '$1true')
        .replace(/([:[,])!1/g, '$1false')
        .replace(/([:[,]-?)\./g, '$10.'));
}

// What the file's one module exports: an expression, as text.
function exported(file) {
    const text = fs.readFileSync(file, 'latin1');
    const found = /\{1:\[function\(\w+,\w+,\w+\)\{\w+\.exports=(.*)\},\{\}\]\},\{\},\[1\]\)/s.exec(text);
    if (!found) throw new Error(`${file}: not as in version 4.4.0`);
    return found[1];
}

// A weight's numbers: a byte is `scale` times as much as it says, and `min` more.
function numbers(w, bytes) {
    const q = w.quantization;
    if (!q && w.dtype === 'float32') return new Float32Array(bytes.slice().buffer);
    if (!q && w.dtype === 'int32') return new Int32Array(bytes.slice().buffer);
    if (!q || q.dtype !== 'uint8') throw new Error(`${w.name}: neither bytes nor ${w.dtype}`);
    return Float32Array.from(bytes, (b) => b * q.scale + q.min);
}

// {node: [{name, op, input, attr}], weight: Map of name to {shape, value}} of dist/models/NAME.
exports.read = function (folder) {
    const file = (name) => path.join(folder, `${name}.min.js`);
    const model = literal(exported(file('model')));
    const weight = new Map();
    for (const group of model.weightsManifest) {
        const shards = group.paths.map((name) => Buffer.from(literal(exported(file(name))), 'base64'));
        const bytes = new Uint8Array(Buffer.concat(shards));
        let at = 0;
        for (const w of group.weights) {
            const count = w.shape.reduce((a, b) => a * b, 1);
            const width = w.quantization ? 1 : 4;
            weight.set(w.name, {shape: w.shape, value: numbers(w, bytes.slice(at, at + count * width))});
            at += count * width;
        }
        if (at !== bytes.length) throw new Error(`${folder}: ${bytes.length} bytes of weights, not ${at}`);
    }
    return {node: model.modelTopology.node, weight};
};
