// The known differences of @phala/dcap-qvl 0.3.9, one by one. Where a case is accepted by keyclave
// alone, or rated otherwise, what is known is undone step by step, all signatures made anew, until
// dcap-qvl says the same: each step that it noticed is a difference, and whatever is left has no
// known reason. docs/verification.md explains the names.
'use strict';

const crypto = require('crypto');
const { TD, assemble, copyOf, sign } = require('./platform.js');
const { judgeByOther } = require('./verdicts.js');
const der = require('./der.js');

// Of the worse of two: dcap-qvl's rule.
const SEVERITY = ['UpToDate', 'SWHardeningNeeded', 'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded', 'OutOfDate', 'OutOfDateConfigurationNeeded', 'Revoked'];
const worse = (a, b) => SEVERITY[Math.max(SEVERITY.indexOf(a), SEVERITY.indexOf(b))];
const agrees = (other, ours) => other.accepted && other.status === worse(ours.platform, ours.qe);

const svns = ({ tcb }) => [...(tcb.sgxtcbcomponents || []).map(({ svn }) => svn),
  ...(tcb.pcesvn === undefined ? [] : [tcb.pcesvn]),
  ...(tcb.tdxtcbcomponents || []).map(({ svn }) => svn),
  ...(tcb.isvsvn === undefined ? [] : [tcb.isvsvn])];

function descending(a, b) {
  const [x, y] = [svns(a), svns(b)];
  const at = x.findIndex((svn, i) => svn !== y[i]);
  return at < 0 ? 0 : y[at] - x[at];
}

// By their places: whoever is issued by another one comes before it.
function ordered(chain) {
  const name = (bytes, i) => der.write(der.read(bytes)[0].children[0].children[i]).toString('hex');
  const rank = (bytes) => {
    if (name(bytes, 3) === name(bytes, 5)) return 2;
    return chain.some((other) => other !== bytes && name(other, 3) === name(bytes, 5)) ? 1 : 0;
  };
  return [...chain].sort((a, b) => rank(a) - rank(b));
}

// Likewise of a text, whose blocks stay as they are written.
function orderedText(text) {
  const blocks = text.split(/(?<=END CERTIFICATE-----\n)/);
  const bytes = blocks.map((block) => der.unpem(block)[0]);
  return ordered(bytes).map((one) => blocks[bytes.indexOf(one)]).join('');
}

// The PCK's SVNs by number: 1 to 16 components, 17 PCE SVN, 18 CPUSVN.
function svnNodes(certificate) {
  const nodes = {};
  for (const { child } of der.all(certificate)) {
    const oid = child.children && child.children[0] && child.children[0].tag === 6
      ? Buffer.from(child.children[0].octets).toString('hex') : '';
    if (/^2a864886f84d010d0102..$/.test(oid)) nodes[parseInt(oid.slice(20), 16)] = child.children[1];
  }
  return nodes;
}

const numberOf = (node) => parseInt(Buffer.from(node.octets).toString('hex'), 16);

// Only what changes is signed anew, and only what was well signed: no bad signature is undone.
function editPck(part, keys, edit) {
  const [certificate] = der.read(Buffer.from(part.chain[0]));
  const [tbs, algorithm, signature] = certificate.children;
  const before = der.write(tbs);
  edit(svnNodes(certificate));
  if (before.equals(der.write(tbs)) ||
      !crypto.verify('sha256', before, keys.ca, Buffer.from(signature.octets.subarray(1)))) return;
  const bits = Buffer.concat([Buffer.from([0]), sign(der.write(tbs), keys.ca, 'der')]);
  part.chain[0] = der.write(der.list(0x30, tbs, algorithm, der.leaf(3, bits)));
}

const serialOf = (bytes) => Buffer.from(der.read(bytes)[0].children[0].children[1].octets);

// A list without the serial numbers of certificates that are another CA's.
function withoutForeign(bytes, by, foreign) {
  const [crl] = der.read(bytes);
  const [tbs, algorithm] = crl.children;
  const entries = tbs.children.find((node, i) => i > 4 && node.tag === 0x30);
  if (entries) {
    entries.children = entries.children.filter((entry) => !foreign.some(
      (serial) => serial.equals(Buffer.from(entry.children[0].octets))));
    if (entries.children.length === 0) tbs.children.splice(tbs.children.indexOf(entries), 1);
  }
  const bits = Buffer.concat([Buffer.from([0]), sign(der.write(tbs), by, 'der')]);
  return der.write(der.list(0x30, tbs, algorithm, der.leaf(3, bits)));
}

const isTdx = (quote) => quote.readUInt32LE(4) === 0x81;

const STEPS = [
  ['sgx-quote-4-5', (part) => {
    if (isTdx(part.header)) return;
    part.version = 3;
    part.header.writeUInt16LE(3, 0);
  }],
  ['chain-order', (part) => {
    if (part.chainText !== null) part.chainText = orderedText(part.chainText);
    part.chain = ordered(part.chain);
    part.tcbChain = ordered(part.tcbChain);
  }],
  ['auth-data-size', (part) => { if (part.auth.length !== 32) part.auth = Buffer.alloc(32); }],
  ['tcb-info-2', (part, keys, info) => {
    if (info.version !== 2) return;
    info.version = 3;
    info.id = 'SGX';
    for (const { tcb } of info.tcbLevels) tcb.sgxtcbcomponents = Array.from({ length: 16 },
      (_, i) => ({ svn: tcb[`sgxtcbcomp${String(i + 1).padStart(2, '0')}svn`] }));
  }],
  ['serial-of-another-ca', (part, keys) => {
    const serials = [part.chain[1], part.chain[2], part.tcbChain[0]].map(serialOf);
    part.pckCrl = withoutForeign(part.pckCrl, keys.ca, serials);
    part.rootCrl = withoutForeign(part.rootCrl, keys.root, [serialOf(part.chain[0])]);
  }],
  ['pce-svn-octets', (part, keys) => editPck(part, keys, (nodes) => {
    if (nodes[17].octets.length > 2) nodes[17].octets = Buffer.from([0x7f, 0xff]);
  })],
  ['cpusvn', (part, keys) => editPck(part, keys, (nodes) => {
    nodes[18].children = null;
    nodes[18].octets = Buffer.from(Array.from({ length: 16 }, (_, i) => numberOf(nodes[i + 1])));
  })],
  ['levels-order', (part, keys, info, identity) => {
    info.tcbLevels.sort(descending);
    identity.tcbLevels.sort(descending);
  }],
  ['tdx-components', (part, keys, info) => {
    if (!isTdx(part.header) || part.body[TD.svn + 1] === 0) return;
    for (const { tcb } of info.tcbLevels) {
      tcb.tdxtcbcomponents[0].svn = 0;
      tcb.tdxtcbcomponents[1].svn = 0;
    }
  }],
  ['td-reserved', (part) => {
    if (!isTdx(part.header)) return;
    part.body.fill(0, TD.attributes + 1, TD.attributes + 3);
    part.body[TD.attributes + 3] &= 0xd0;
    part.body.fill(0, TD.attributes + 4, TD.attributes + 7);
    part.body[TD.attributes + 7] &= 0x80;
  }],
  ['sept-ve-disable', (part) => { if (isTdx(part.header)) part.body[TD.attributes + 3] |= 0x10; }],
  ['service-td', (part) => { if (part.type === 3) part.body.fill(0, TD.service); }],
];

// The names of the steps that lead to agreement; null where none do.
function undo(c, ours, other) {
  const part = { ...c.part, header: Buffer.from(c.part.header), body: Buffer.from(c.part.body),
    qe: Buffer.from(c.part.qe), chain: [...c.part.chain] };
  const info = part.tcbInfoText ? JSON.parse(part.tcbInfoText) : copyOf(part.tcbInfo);
  const identity = part.identityText ? JSON.parse(part.identityText) : copyOf(part.identity);
  const names = [];
  let said = other.words;
  for (const [name, step] of STEPS) {
    step(part, c.keys, info, identity);
    const now = judgeByOther(assemble({ ...part, tcbInfoText: JSON.stringify(info),
      identityText: JSON.stringify(identity) }, c.keys, der.pem));
    if (now.words !== said) names.push(name);
    said = now.words;
    if (agrees(now, ours)) return names;
  }
  return null;
}

const bodyOf = (c) => c.quote.subarray(c.quote.readUInt16LE(0) === 5 ? 54 : 48);

// Nobody can sign real quotes anew: what they are, and the words, must do.
const REAL = [
  ['tcb-info-2', (c, words) => JSON.parse(c.tcbInfo.inner).version === 2 &&
    words.startsWith('Failed to decode TcbInfo')],
  ['service-td', (c, words) => isTdx(c.quote) && words === 'Invalid mr service td' &&
    bodyOf(c).subarray(TD.service, TD.service + 48).some((byte) => byte !== 0)],
  ['tdx-components', (c, words) => isTdx(c.quote) && bodyOf(c)[TD.svn + 1] > 0 &&
    words === 'No matching TCB level found'],
];

function undoSafely(c, ours, other) {
  try {
    return undo(c, ours, other);
  } catch {
    return null;
  }
}

// What we accept and dcap-qvl refuses: names of differences, or null.
function whyRefused(c, ours, other) {
  if (c.part) return undoSafely(c, ours, other);
  const found = REAL.find(([, is]) => is(c, other.words));
  return found ? [found[0]] : null;
}

// What both accept, with another status.
function whyRatedOtherwise(c, ours, other) {
  if (other.status !== worse(ours.platform, ours.qe)) {
    const names = c.part ? undoSafely(c, ours, other) : null;
    return names && names.length > 0 ? names : null;
  }
  if (ours.status.startsWith('TDRelaunchAdvised')) return ['td-relaunch'];
  return [['-', 'UpToDate'].includes(ours.module) ? 'convergence' : 'tdx-module'];
}

module.exports = { whyRefused, whyRatedOtherwise };
