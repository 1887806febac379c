// Changes of a case: of its quote, whose signatures are made anew, and of all that goes with it.
'use strict';

const { TD } = require('./platform.js');
const { changeCertificate, changePck, changeCrl, serialOf } = require('./change_der.js');
const { changeJson } = require('./change_json.js');
const der = require('./der.js');
const { below, pick, weighted } = require('./random.js');

const QE = { misc: 16, attributes: 48, mrsigner: 128, prod: 256, svn: 258, data: 320 };

function changeField(bytes) {
  const at = below(bytes.length);
  pick([
    () => { bytes[at] ^= 1 << below(8); },
    () => { bytes[at] = pick([0, 1, 0x7f, 0x80, 0xff]); },
    () => bytes.fill(pick([0, 255]), at, Math.min(bytes.length, at + 1 + below(64))),
  ])();
}

function changeText(text) {
  const at = below(text.length);
  const blocks = text.split(/(?<=END CERTIFICATE-----\n)/);
  return pick([
    () => text.slice(0, at) + pick(['\n', '\r\n', ' ', '\0', '=', '-', 'A', '#x\n']) + text.slice(at),
    () => text.slice(0, at) + text.slice(at + 1 + below(70)),
    () => text + pick(['\0', '\n', '\0\0', ' ', 'x', text]),
    () => text.replace(/\n/g, '\r\n'),
    () => blocks.sort(() => below(3) - 1).join(''),
    () => blocks.slice(0, 1 + below(3)).join(''),
  ])();
}

function changeQe(part) {
  const at = (offset, n) => part.qe.subarray(offset, offset + n);
  weighted([
    [3, () => part.qe.writeUInt16LE(pick([0, 1, 2, 3, 4, 5, 7, 8, 9, 65535]), QE.svn)],
    [1, () => part.qe.writeUInt16LE(pick([0, 1, 2, 3]), QE.prod)],
    [1, () => changeField(at(QE.misc, 4))],
    [2, () => { part.qe[QE.attributes + below(16)] ^= 1 << below(8); }],
    [1, () => changeField(at(QE.mrsigner, 32))],
    [1, () => changeField(part.qe)],
  ])();
}

// A trust domain: TCB, module, attributes, service domain.
function changeTd(part) {
  const bit = (offset, n) => { part.body[offset + below(n)] ^= 1 << below(8); };
  weighted([
    [4, () => { part.body[TD.svn + below(4)] = pick([0, 1, 2, 3, 4, 5, 6, 7, 255]); }],
    [2, () => { part.body[TD.svn + 1] = pick([0, 1, 2, 3, 10]); }],
    [2, () => { part.body[TD.svn] = pick([1, 2, 3, 4, 5, 6]); }],
    [2, () => bit(TD.attributes, 8)],
    [1, () => bit(64, 48)], // MRSIGNERSEAM
    [1, () => bit(112, 8)], // SEAMATTRIBUTES
    [2, () => {
      if (part.type !== 3) return;
      Buffer.from([2 + below(5), pick([0, 1, 1, 3]), pick([5, 6, 7])]).copy(part.body, TD.svn2);
      part.body[TD.svn] = pick([3, 4]);
    }],
    [1, () => { if (part.type === 3) bit(TD.service, 48); }],
    [1, () => changeField(part.body)],
  ])();
}

const certificates = (part, keys) => ({
  leaf: () => { part.chain[0] = changeCertificate(part.chain[0], keys.ca, part.now); },
  pck: () => { part.chain[0] = changePck(part.chain[0], keys.ca); },
  intermediate: () => { part.chain[1] = changeCertificate(part.chain[1], keys.root, part.now); },
  root: () => { part.chain[2] = changeCertificate(part.chain[2], keys.root, part.now); },
  signer: () => { part.tcbChain[0] = changeCertificate(part.tcbChain[0], keys.root, part.now); },
  'signer of another key': () => {
    part.tcbChain[0] = changeCertificate(part.tcbChain[0], keys.nobody, part.now);
  },
  'leaf of another key': () => {
    part.chain[0] = changeCertificate(part.chain[0], keys.nobody, part.now);
  },
  'root of TCB': () => { part.tcbChain[1] = changeCertificate(part.tcbChain[1], keys.root, part.now); },
  "list's CA": () => { part.caChain[0] = changeCertificate(part.caChain[0], keys.root, part.now); },
  'TCB chain order': () => part.tcbChain.reverse(),
  'TCB chain': () => {
    part.tcbChain = pick([part.tcbChain.slice(0, 1), part.tcbChain.slice(1),
      [part.chain[0], ...part.chain.slice(1)], [part.chain[1], part.chain[2]],
      [...part.tcbChain, part.tcbChain[1]], [part.tcbChain[0], part.chain[1], part.chain[2]]]);
  },
});

const quotes = (part) => ({
  chain: () => { part.chainText = changeText(part.chain.map(der.pem).join('')); },
  'chain order': () => part.chain.sort(() => below(3) - 1),
  header: () => changeField(part.header),
  body: () => changeField(part.body),
  domain: () => { if (part.type === 1) changeQe(part); else changeTd(part); },
  qe: () => changeQe(part),
  key: () => changeField(part.key),
  auth: () => { part.auth = Buffer.alloc(pick([0, 1, 31, 32, 32, 33, 64, 1000]), below(256)); },
  binding: () => { part.bind = false; changeField(part.qe.subarray(QE.data)); },
  type: () => { part.certType = below(8); },
  'outer type': () => { part.outerType = below(8); },
  'body type': () => { part.type = below(5); },
  'body size': () => { part.bodySize = pick([0, 384, 584, 648, 0x7fffffff, 0xffffffff]); },
  excess: () => { part.excess = pick([-1, 1, -70, 0x7fffffff - 5000, 0xfffff000]); },
  'inner excess': () => { part.innerExcess = pick([-1, 1, -70, 0x7fffffff - 5000, 0xffffff00]); },
  trailing: () => { part.trailing = Buffer.alloc(1 + below(500), below(256)); },
});

function lists(part, keys) {
  const serials = [part.chain[0], part.chain[1], part.chain[2], part.tcbChain[0]].map(serialOf);
  return {
    'root list': () => {
      part.rootCrl = changeCrl(part.rootCrl, keys.root, keys.nobody, serials, part.now);
    },
    'PCK list': () => {
      part.pckCrl = changeCrl(part.pckCrl, keys.ca, keys.nobody, serials, part.now);
    },
    'lists swapped': () => { [part.rootCrl, part.pckCrl] = [part.pckCrl, part.rootCrl]; },
    'list twice': () => { part.rootCrl = part.pckCrl; },
    'list flipped': () => {
      const name = pick(['rootCrl', 'pckCrl']);
      part[name] = Buffer.from(part[name]);
      part[name][below(part[name].length)] ^= 1 << below(8);
    },
  };
}

const collateral = (part, keys) => ({
  'TCB info': () => { part.tcbInfoText = changeJson(part.tcbInfo, part.now); },
  'QE identity': () => { part.identityText = changeJson(part.identity, part.now); },
  'TCB info of another key': () => { part.tcbInfoKey = pick([keys.nobody, keys.root, keys.pck]); },
  'QE identity of another key': () => {
    part.identityKey = pick([keys.nobody, keys.root, keys.pck]);
  },
  time: () => {
    part.now += pick([-86400, -7200, 86400 * 20, 86400 * 30 - 1, 86400 * 30, 86400 * 30 + 1,
      86400 * 31, 86400 * 3000, -86400 * 3000]);
  },
});

const RARE = new Set(['TCB chain order', 'TCB chain', 'lists swapped', 'list twice', 'time',
  'TCB info of another key', 'QE identity of another key', 'signer of another key',
  'leaf of another key', 'trailing', 'header', 'key', 'binding', 'type', 'outer type']);
const OFTEN = { 'TCB info': 16, 'QE identity': 8, leaf: 3, pck: 5, domain: 5, qe: 3, 'root list': 4,
  'PCK list': 4 };

// Changes the parts of a case in one way; its name.
function change(part, keys) {
  const ways = { ...certificates(part, keys), ...quotes(part), ...lists(part, keys),
    ...collateral(part, keys) };
  const name = weighted(Object.keys(ways).map(
    (way) => [OFTEN[way] || (RARE.has(way) ? 1 : 2), way]));
  ways[name]();
  return name;
}

module.exports = { change };
