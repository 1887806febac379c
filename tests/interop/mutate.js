// Judges changed quotes of the simulated platform, and changed collateral, by keyclave and by
// @phala/dcap-qvl. Every change is signed anew by the keys of the state folder, so that it is its
// meaning that is judged and no signature stops the verifiers early.
//
// usage: node mutate.js KEYCLAVE QUOTE COLLATERAL-FOLDER COUNT [SEED]
//
// KEYCLAVE_STATE names the state folder, and QUOTE is a raw quote of its machine. Exits 1 when
// keyclave accepts what dcap-qvl refuses, or names another TCB status than it does.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { spawnSync } = require('child_process');
const { readCollateral, readRoot, judge } = require('./verify.js');

const REPORT = { start: 48, size: 384 };
const SIGNATURE = 436;
const KEY = 500;
const QE = 564;
const QE_SIGNATURE = 948;
const AUTH = 1012;

const [keyclave, quoteFile, folder, countText, seedText] = process.argv.slice(2);
let random = Number(seedText || 1) >>> 0;

// xorshift32: the same seed gives the same changes.
function below(n) {
  random ^= random << 13;
  random ^= random >>> 17;
  random ^= random << 5;
  random >>>= 0;
  return random % n;
}
const pick = (list) => list[below(list.length)];

const state = path.join(process.env.KEYCLAVE_STATE, 'simulation');
const key = (name) => crypto.createPrivateKey(fs.readFileSync(path.join(state, `${name}-key.pem`)));
const keys = {
  attestation: key('attestation'), pck: key('pck'), ca: key('platform-ca'), root: key('root-ca'),
  tcb: key('tcb-signing'),
};
const sign = (bytes, by, dsaEncoding) => crypto.sign('sha256', bytes, { key: by, dsaEncoding });

// DER: a node is a tag with children or with octets; OCTET STRINGs that hold DER are opened.
function read(bytes, at, end) {
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
  if (node.long || body.length >= 0x80) head = [node.tag, 0x82, body.length >> 8, body.length & 255];
  if (!node.long && body.length >= 0x80 && body.length < 0x100) head = [node.tag, 0x81, body.length];
  return Buffer.concat([Buffer.from(head), body]);
}

function all(node, into = []) {
  for (const [i, child] of (node.children || []).entries()) {
    into.push({ parent: node, i, child });
    all(child, into);
  }
  return into;
}

// No node may stand in itself.
const clone = (node) => ({ ...node, children: node.children && node.children.map(clone) });

const INTEGERS = ['', '00', '01', '80', 'ff', '0000', '00ff', '0100', 'ffff', '010000', '7fffffff',
  '00ffffffff', '0100000000', '008000000000000000'];
const TIMES = ['991231235959Z', '000101000000Z', '491231235959Z', '500101000000Z', '20490101000000Z',
  '99991231235959Z', '00000101000000Z', '250101000000+0100', '2501010000Z', '250101000060Z'];

function changeNode(tbs) {
  const places = all(tbs);
  const { parent, i, child } = pick(places);
  const other = clone(pick(places).child);
  const copy = clone(child);
  const changes = [
    () => parent.children.splice(i, 1),
    () => parent.children.splice(i, 0, copy),
    () => parent.children.splice(below(parent.children.length + 1), 0, other),
    () => parent.children.splice(i, 1, other),
    () => { parent.children.splice(i, 1); parent.children.splice(below(i + 1), 0, child); },
    () => { child.tag = pick([1, 2, 3, 4, 5, 6, 10, 12, 19, 22, 23, 24, 48, 49, 128, 160, 163]); },
    () => { child.tag ^= 1 << below(8); },
    () => { child.long = true; },
    () => { child.children = null; child.octets = Buffer.alloc(below(40)); },
    () => parent.children.splice(i, 0, { tag: 5, children: null, octets: Buffer.alloc(0) }),
    () => parent.children.splice(i, 0,
      { tag: 1, children: null, octets: Buffer.from([pick([0, 1, 255])]) }),
  ];
  const leaf = () => {
    child.children = null;
    child.octets = Buffer.from(child.octets);
    if (child.tag === 2 || child.tag === 10) child.octets = Buffer.from(pick(INTEGERS), 'hex');
    else if (child.tag === 0x17 || child.tag === 0x18) child.octets = Buffer.from(pick(TIMES));
    else if (child.octets.length > 0) child.octets[below(child.octets.length)] ^= 1 << below(8);
  };
  pick([...changes, leaf, leaf, leaf, leaf, leaf])();
}

function changeCertificate(der, by) {
  const [certificate] = read(der, 0, der.length);
  for (let n = 1 + below(2); n > 0; n--) changeNode(certificate.children[0]);
  const [tbs, algorithm] = certificate.children;
  const bits = Buffer.concat([Buffer.from([0]), sign(write(tbs), by, 'der')]);
  certificate.children = [tbs, algorithm, { tag: 3, children: null, octets: bits }];
  return write(certificate);
}

const pem = (der) => '-----BEGIN CERTIFICATE-----\n' +
  der.toString('base64').replace(/.{1,64}/g, '$&\n') + '-----END CERTIFICATE-----\n';

function changeText(text) {
  const at = below(text.length);
  return pick([
    () => text.slice(0, at) + pick(['\n', '\r\n', ' ', '\0', '=', '-', 'A', '#x\n']) + text.slice(at),
    () => text.slice(0, at) + text.slice(at + 1 + below(70)),
    () => text + pick(['\0', '\n', '\0\0', ' ', 'x', text]),
    () => text.replace(/\n/g, '\r\n'),
    () => text.split(/(?<=END CERTIFICATE-----\n)/).sort(() => below(3) - 1).join(''),
    () => text.split(/(?<=END CERTIFICATE-----\n)/).slice(0, 1 + below(3)).join(''),
  ])();
}

function changeField(bytes) {
  const at = below(bytes.length);
  pick([
    () => { bytes[at] ^= 1 << below(8); },
    () => { bytes[at] = pick([0, 1, 0x7f, 0x80, 0xff]); },
    () => bytes.fill(pick([0, 255]), at, Math.min(bytes.length, at + 1 + below(64))),
  ])();
}

// A quote of the parts, with the signatures of whoever signs what.
function assemble(part) {
  const auth = part.auth;
  const chain = Buffer.from(part.chain, 'latin1');
  const sizes = Buffer.alloc(6);
  sizes.writeUInt16LE(part.type, 0);
  sizes.writeUInt32LE(chain.length, 2);
  const authSize = Buffer.alloc(2);
  authSize.writeUInt16LE(auth.length);
  if (part.bind) {
    const hash = crypto.createHash('sha256').update(part.key).update(auth).digest();
    hash.copy(part.qe, 320);
  }
  const data = Buffer.concat([
    sign(part.signed, keys.attestation, 'ieee-p1363'), part.key, part.qe,
    sign(part.qe, keys.pck, 'ieee-p1363'), authSize, auth, sizes, chain]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(data.length + part.excess);
  return Buffer.concat([part.signed, size, data, part.trailing]);
}

function change(quote) {
  const authLength = quote.readUInt16LE(AUTH);
  const certAt = AUTH + 2 + authLength;
  const text = quote.toString('latin1', certAt + 6);
  const part = {
    signed: Buffer.from(quote.subarray(0, REPORT.start + REPORT.size)),
    key: Buffer.from(quote.subarray(KEY, QE)),
    qe: Buffer.from(quote.subarray(QE, QE_SIGNATURE)),
    auth: Buffer.from(quote.subarray(AUTH + 2, certAt)),
    type: quote.readUInt16LE(certAt),
    chain: text, bind: true, excess: 0, trailing: Buffer.alloc(0),
  };
  const certificate = (i) => {
    const ders = text.match(/-----BEGIN[^-]+-----[^-]+/g)
      .map((block) => Buffer.from(block.replace(/-----[^-]+-----/, ''), 'base64'));
    ders[i] = changeCertificate(ders[i], [keys.ca, keys.root, keys.root][i]);
    part.chain = ders.map(pem).join('');
  };
  const kinds = {
    leaf: () => certificate(0),
    intermediate: () => certificate(1),
    root: () => certificate(2),
    chain: () => { part.chain = changeText(text); },
    header: () => changeField(part.signed.subarray(0, REPORT.start)),
    report: () => changeField(part.signed.subarray(REPORT.start)),
    qe: () => changeField(part.qe),
    key: () => changeField(part.key),
    auth: () => { part.auth = Buffer.alloc(32, below(256)); }, // dcap-qvl hashes 32 bytes always
    binding: () => { part.bind = false; changeField(part.qe.subarray(320)); },
    type: () => { part.type = below(8); },
    excess: () => { part.excess = pick([-1, 1, -70, 0x7fffffff - 5000]); },
    trailing: () => { part.trailing = Buffer.alloc(1 + below(500)); },
  };
  const kind = pick([...Object.keys(kinds), 'leaf', 'leaf', 'leaf', 'intermediate', 'root']);
  kinds[kind]();
  return [kind, assemble(part)];
}

// JSON: every value with its place.
function values(object, into = []) {
  for (const name of Object.keys(object)) {
    into.push([object, name]);
    if (object[name] !== null && typeof object[name] === 'object') values(object[name], into);
  }
  return into;
}

const NUMBERS = [0, 1, 2, 3, 4, 5, 7, 11, 12, 13, 14, 255, 256, 65535, 65536, -1, 1.5];
const DATES = ['2020-01-01T00:00:00Z', '2025-01-01T00:00:00Z', '2099-01-01T00:00:00Z', '2025-01-01'];
const STATUSES = ['UpToDate', 'SWHardeningNeeded', 'OutOfDate', 'Revoked', 'uptodate', '',
  'ConfigurationNeeded', 'OutOfDateConfigurationNeeded', 'ConfigurationAndSWHardeningNeeded'];

function changeJson(root) {
  const [object, name] = pick(values(root));
  const value = object[name];
  const again = () => JSON.parse(JSON.stringify(value));
  const changes = [
    () => { if (Array.isArray(object)) object.splice(name, 1); else delete object[name]; },
    () => { object[name] = pick([null, true, [], {}, '', 0, 'x']); },
    () => { if (Array.isArray(object)) object.splice(below(object.length + 1), 0, again()); },
    () => { if (Array.isArray(value)) value.reverse(); },
  ];
  const leaf = () => {
    if (typeof value === 'number') object[name] = pick([value + 1, value - 1, pick(NUMBERS)]);
    else if (/Status/.test(name)) object[name] = pick(STATUSES);
    else if (/Date|Update/.test(name)) object[name] = pick(DATES);
    else if (typeof value === 'string' && value.length > 0) {
      const at = below(value.length);
      object[name] = value.slice(0, at) + pick('0123456789abcdefABCDEFG'.split('')) +
        value.slice(at + 1);
    }
  };
  pick([...changes, leaf, leaf, leaf, leaf, leaf, leaf, leaf, leaf])();
}

// One of the two signed objects in the folder's copy, changed and signed.
function changeCollateral(copy) {
  const [name, file] = pick([['tcbInfo', 'tcb_info.json'], ['enclaveIdentity', 'qe_identity.json']]);
  const object = JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8'))[name];
  for (let n = 1 + below(2); n > 0; n--) changeJson(object);
  const text = JSON.stringify(object);
  const signature = sign(Buffer.from(text), keys.tcb, 'ieee-p1363').toString('hex');
  fs.writeFileSync(path.join(copy, file), `{"${name}":${text},"signature":"${signature}"}`);
  return name;
}

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'mutate-'));
const file = path.join(work, 'quote');
const policy = path.join(work, 'policy');
const copy = path.join(work, 'collateral');
fs.writeFileSync(policy, `{"tcb": ["UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "OutOfDate",
  "ConfigurationAndSWHardeningNeeded", "OutOfDateConfigurationNeeded"]}`);
fs.cpSync(folder, copy, { recursive: true });
const root = readRoot(path.join(folder, 'root_ca.pem'));
const genuine = fs.readFileSync(quoteFile);
const seen = { both: 0, neither: 0, keyclave: 0, other: 0 };
let status = 0;

function complain(n, kind, words) {
  const kept = path.join(os.tmpdir(), `mutate-${seedText || 1}-${n}`);
  fs.cpSync(work, kept, { recursive: true });
  console.log(`${kind}: ${words}; kept in ${kept}`);
  status = 1;
}

// dcap-qvl takes the levels as they stand, keyclave (as Intel's library) from the highest.
function isSorted(name, list) {
  const levels = JSON.parse(fs.readFileSync(path.join(copy, name), 'utf8'))[list].tcbLevels;
  const parts = ({ tcb }) => [...(tcb.sgxtcbcomponents || []).map((part) => part.svn),
    tcb.isvsvn ?? tcb.pcesvn];
  return levels.every((level, i) => {
    if (i === 0) return true;
    const [above, here] = [parts(levels[i - 1]), parts(level)];
    const at = here.findIndex((svn, k) => svn !== above[k]);
    return at < 0 || above[at] > here[at];
  });
}
const areSorted = () => isSorted('tcb_info.json', 'tcbInfo') &&
  isSorted('qe_identity.json', 'enclaveIdentity');

// One changed quote or collateral in `work`.
function compare(n, kind, quote) {
  fs.writeFileSync(file, quote);
  const run = spawnSync(keyclave, ['verify', '--json', '--trust', 'sim', '--policy', policy,
    '--collateral', copy, file]);
  const [accepted, words] = judgeFolder(quote);
  const ours = run.status === 0 ? JSON.parse(run.stdout).tcb.status : null;
  if (ours !== null && accepted) {
    seen.both++;
    if (ours !== words && areSorted()) complain(n, kind, `keyclave says ${ours}, dcap-qvl ${words}`);
  } else if (ours !== null) {
    seen.keyclave++;
    complain(n, kind, `keyclave says ${ours}, dcap-qvl refuses: ${words}`);
  } else if (accepted) seen.other++;
  else seen.neither++;
  if (![0, 1, 2, 3].includes(run.status)) {
    complain(n, kind, `keyclave ended with ${run.status} ${run.signal}`);
  }
  if (n === 0 && ours === null) complain(n, kind, `refused: ${run.stdout}${run.stderr}`);
}

// dcap-qvl does not survive all collateral: that is a refusal, too.
function judgeFolder(quote) {
  try {
    return judge(quote, readCollateral(copy), root);
  } catch (error) {
    return [false, error.message];
  }
}

compare(0, 'none', genuine);
for (let n = 1; n < Number(countText); n++) {
  if (below(3) > 0) {
    compare(n, ...change(genuine));
    continue;
  }
  compare(n, changeCollateral(copy), genuine);
  fs.cpSync(folder, copy, { recursive: true });
}
fs.rmSync(work, { recursive: true });
console.log(`${countText} judgements: accepted by both ${seen.both}, by keyclave alone ` +
  `${seen.keyclave}, by dcap-qvl alone ${seen.other}, by none ${seen.neither}`);
process.exit(status);
