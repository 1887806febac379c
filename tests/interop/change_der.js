// Changes of certificates and revocation lists, signed anew.
'use strict';

const crypto = require('crypto');
const { sign } = require('./platform.js');
const der = require('./der.js');
const { below, pick, weighted } = require('./random.js');

const INTEGERS = ['', '00', '01', '80', 'ff', '0000', '00ff', '0100', 'ffff', '010000', '7fffffff',
  '00ffffffff', '0100000000', '008000000000000000'];
const TIMES = ['991231235959Z', '000101000000Z', '491231235959Z', '500101000000Z', '20490101000000Z',
  '99991231235959Z', '00000101000000Z', '250101000000+0100', '2501010000Z', '250101000060Z'];
const TAGS = [1, 2, 3, 4, 5, 6, 10, 12, 19, 22, 23, 24, 48, 49, 128, 160, 163];

function changeNode(tbs) {
  const places = der.all(tbs);
  const { parent, i, child } = pick(places);
  const other = der.clone(pick(places).child);
  const insert = (node) => parent.children.splice(i, 0, node);
  const leaf = () => {
    child.children = null;
    child.octets = Buffer.from(child.octets);
    if (child.tag === 2 || child.tag === 10) child.octets = Buffer.from(pick(INTEGERS), 'hex');
    else if (child.tag === 0x17 || child.tag === 0x18) child.octets = Buffer.from(pick(TIMES));
    else if (child.octets.length > 0) child.octets[below(child.octets.length)] ^= 1 << below(8);
  };
  weighted([
    [5, leaf],
    [1, () => parent.children.splice(i, 1)],
    [1, () => insert(der.clone(child))],
    [1, () => parent.children.splice(below(parent.children.length + 1), 0, other)],
    [1, () => parent.children.splice(i, 1, other)],
    [1, () => { parent.children.splice(i, 1); parent.children.splice(below(i + 1), 0, child); }],
    [1, () => { child.tag = pick(TAGS); }],
    [1, () => { child.tag ^= 1 << below(8); }],
    [1, () => { child.long = true; }],
    [1, () => { child.children = null; child.octets = Buffer.alloc(below(40)); }],
    [1, () => insert(der.leaf(5, []))],
    [1, () => insert(der.leaf(1, [pick([0, 1, 255])]))],
  ])();
}

// What stands signed, by another key or the same.
function signAnew(node, by) {
  const [tbs, algorithm] = node.children;
  const bits = Buffer.concat([Buffer.from([0]), sign(der.write(tbs), by, 'der')]);
  node.children = [tbs, algorithm, der.leaf(3, bits)];
  return der.write(node);
}

const hasOid = (node, hex) => node.children && node.children[0] && node.children[0].tag === 6 &&
  Buffer.from(node.children[0].octets).toString('hex') === hex;
const find = (node, hex) => (der.all(node).find(({ child }) => hasOid(child, hex)) || {}).child;

const utcTime = (seconds) => der.leaf(0x17, Buffer.from(
  new Date(seconds * 1000).toISOString().replace(/[-:T]|\.\d+/g, '').slice(2)));

const BASIC = ['', '0101ff', '0101ff020100', '0101ff020101', '0101ff020102', '010100', '020100',
  '0101ff0201ff', '010101', '0101ff0500'];
const USAGES = ['0780', '0640', '06c0', '0106', '0106ff', '020780', '0204', '0102', '0186', '0000'];

// Validity, constraints and usage, each to what is somewhere legal.
function changeProfile(tbs, now) {
  weighted([
    [3, () => {
      const validity = tbs.children[4].children;
      validity[below(2)] = utcTime(now + pick([-86400, -1, 0, 1, 86400, -3e8, 3e8]));
    }],
    [2, () => {
      const extension = find(tbs, '551d13');
      const value = Buffer.from(pick(BASIC), 'hex');
      if (extension) extension.children[extension.children.length - 1] =
        der.leaf(4, Buffer.concat([Buffer.from([0x30, value.length]), value]));
    }],
    [2, () => {
      const extension = find(tbs, '551d0f');
      const value = Buffer.from(pick(USAGES), 'hex');
      if (extension) extension.children[extension.children.length - 1] =
        der.leaf(4, Buffer.concat([Buffer.from([3, value.length]), value]));
    }],
    [1, () => { // an extension goes, comes twice, or is of nobody's
      const extensions = tbs.children[tbs.children.length - 1].children[0].children;
      const at = below(extensions.length);
      weighted([[1, () => extensions.splice(at, 1)],
        [1, () => extensions.push(der.clone(extensions[at]))],
        [1, () => extensions.push(der.list(0x30, der.leaf(6, [0x2a, 3, 4]),
          ...(below(2) ? [der.leaf(1, [255])] : []), der.leaf(4, [5, 0])))]])();
    }],
    [1, () => { // names: another one's, or one letter
      const name = der.clone(tbs.children[pick([3, 5])]);
      tbs.children[pick([3, 5])] = name;
    }],
  ])();
}

const SGX = '2a864886f84d010d01';

// The SGX extension of a PCK: SVNs, CPUSVN, FMSPC, PCE id.
function changeSgx(tbs) {
  const id = pick([...Array.from({ length: 18 }, (_, i) => `02${(i + 1).toString(16).padStart(2, '0')}`),
    '0211', '0211', '0212', '0212', '03', '04', '05', '01', '06', '0701', '0702', '0703']);
  const node = find(tbs, SGX + id);
  if (!node) return;
  const value = node.children[1];
  const octets = Buffer.from(value.octets);
  value.children = null;
  value.octets = octets;
  if (value.tag === 2) value.octets = Buffer.from(pick(['00', '01', '02', '03', '06', '07', '08', '0a',
    '0c', '0d', '0e', '7f', '00ff', '0100', '00ffff']), 'hex');
  else if (octets.length > 0) {
    const at = below(octets.length);
    octets[at] = pick([0, octets[at] - 1, octets[at] + 1, 255, octets[at] ^ 0x80]) & 255;
  }
}

function changeCertificate(bytes, by, now) {
  const [certificate] = der.read(bytes);
  const tbs = certificate.children[0];
  for (let n = 1 + below(2); n > 0; n--)
    weighted([[3, () => changeNode(tbs)], [2, () => changeProfile(tbs, now)]])();
  return signAnew(certificate, by);
}

function changePck(bytes, by) {
  const [certificate] = der.read(bytes);
  for (let n = 1 + below(3); n > 0; n--) changeSgx(certificate.children[0]);
  return signAnew(certificate, by);
}

const serialOf = (bytes) => {
  const serial = der.read(bytes)[0].children[0].children[1];
  return der.leaf(2, serial.octets);
};

// A revocation list: `serials` are of certificates that one could look for in it.
function changeCrl(bytes, by, nobody, serials, now) {
  const [crl] = der.read(bytes);
  const tbs = crl.children[0];
  const entries = () => {
    let at = tbs.children.findIndex((node, i) => i > 4 && node.tag === 0x30);
    if (at < 0) {
      at = tbs.children.length - 1;
      tbs.children.splice(at, 0, der.list(0x30));
    }
    return tbs.children[at].children;
  };
  const serial = () => weighted([[3, () => pick(serials)],
    [1, () => der.leaf(2, Buffer.concat([Buffer.from([0x41]), crypto.createHash('sha256')
      .update(String(below(1e9))).digest().subarray(0, 19)]))],
    [1, () => der.leaf(2, Buffer.from(pick(INTEGERS), 'hex'))]])();
  let key = by;
  for (let n = 1 + below(2); n > 0; n--) {
    weighted([
      [5, () => entries().push(der.list(0x30, serial(), utcTime(now - 1000)))],
      [1, () => entries().push(der.list(0x30, serial(), utcTime(now + 1000), der.list(0x30,
        der.list(0x30, der.leaf(6, [0x55, 0x1d, 0x15]), der.leaf(4, [10, 1, below(12)])))))],
      [3, () => {
        tbs.children[pick([3, 4])] = utcTime(now + pick([-86400, -1, 0, 1, 86400, -1e7]));
      }],
      [3, () => changeNode(tbs)],
      [1, () => { key = nobody; }],
    ])();
  }
  return signAnew(crl, key);
}

module.exports = { changeCertificate, changePck, changeCrl, serialOf };
