// DER, as far as changing it takes: a node is a tag with children or with octets; OCTET STRINGs
// that hold DER are opened.
'use strict';

function read(bytes, at = 0, end = bytes.length) {
  const nodes = [];
  while (at < end) {
    const tag = bytes[at++];
    let length = bytes[at++];
    if (length >= 0x80) {
      const octets = length & 0x7f;
      if (octets === 0 || octets > 3 || at + octets > end) return null;
      length = bytes.readUIntBE(at, octets);
      at += octets;
    }
    if (tag === undefined || length === undefined || at + length > end) return null;
    const open = (tag & 0x20) !== 0 || (tag === 0x04 && length > 1);
    const children = open ? read(bytes, at, at + length) : null;
    nodes.push({ tag, children, octets: bytes.subarray(at, at + length) });
    at += length;
  }
  return nodes;
}

function write(node) {
  const body = node.children ? Buffer.concat(node.children.map(write)) : Buffer.from(node.octets);
  let head = [node.tag, body.length];
  if (body.length >= 0x10000) head = [node.tag, 0x83, body.length >> 16, body.length >> 8 & 255, body.length & 255];
  else if (node.long || body.length >= 0x100) head = [node.tag, 0x82, body.length >> 8, body.length & 255];
  else if (body.length >= 0x80) head = [node.tag, 0x81, body.length];
  return Buffer.concat([Buffer.from(head), body]);
}

const leaf = (tag, octets) => ({ tag, children: null, octets: Buffer.from(octets) });
const list = (tag, ...children) => ({ tag, children });

// No node may stand in itself.
const clone = (node) => ({ ...node, children: node.children && node.children.map(clone) });

// Every node below, with its parent and place.
function all(node, into = []) {
  for (const [i, child] of (node.children || []).entries()) {
    into.push({ parent: node, i, child });
    all(child, into);
  }
  return into;
}

const pem = (der) => '-----BEGIN CERTIFICATE-----\n' +
  der.toString('base64').replace(/.{1,64}/g, '$&\n') + '-----END CERTIFICATE-----\n';

// Those that stand between the lines of PEM, whatever else there is.
const unpem = (text) => (text.match(/-----BEGIN CERTIFICATE-----[^-]+/g) || [])
  .map((block) => Buffer.from(block.replace(/-----[^-]+-----/, ''), 'base64'));

module.exports = { read, write, leaf, list, clone, all, pem, unpem };
