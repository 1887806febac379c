// Judges real quotes, and changed cases of the simulated platform, by keyclave and by
// @phala/dcap-qvl. Every change is signed anew by the keys of the state folder, so that it is its
// meaning that is judged and no signature stops the verifiers early.
//
// usage: node differential.js JUDGE_CASES QUOTE COLLATERAL-FOLDER VECTORS COUNT [SEED]
//
// KEYCLAVE_STATE names the state folder, and QUOTE is a raw quote of its machine. Exits 1 where
// keyclave accepts what dcap-qvl refuses, or rates it otherwise, without a known reason; and where
// it refuses for a check that is not listed as a stricter one.
'use strict';

const fs = require('fs');
const path = require('path');
const { FORMATS, readPlatform, freshParts, assemble } = require('./platform.js');
const { change } = require('./change_quote.js');
const { judgeByUs, judgeByOther } = require('./verdicts.js');
const { whyRefused, whyRatedOtherwise } = require('./known.js');
const { whyStricter } = require('./stricter.js');
const der = require('./der.js');
const { seed, pick } = require('./random.js');

const BATCH = 250;
const COMPLAINTS = 20;
const HOUR = 3600;

const [program, quoteFile, folder, vectors, countText, seedText] = process.argv.slice(2);
const counts = { both: 0, 'keyclave alone': 0, 'dcap-qvl alone': 0, none: 0 };
const reasons = { 'keyclave alone': {}, 'rated otherwise': {}, 'dcap-qvl alone': {} };
let complaints = 0;

function complain(c, ours, other, words) {
  complaints++;
  if (complaints > COMPLAINTS) return;
  const kept = path.join(process.env.TMPDIR || '/tmp', `differential-${complaints}.json`);
  fs.writeFileSync(kept, JSON.stringify(c, (name, value) => name === 'keys' ? undefined : value));
  console.log(`${c.name}: ${words}\n  keyclave: ${ours.verdict} ${ours.status} ` +
    `${ours.checks.join(' ')}\n  dcap-qvl: ${other.words}\n  kept in ${kept}`);
}

function explain(kind, names, c, ours, other) {
  for (const name of names || ['without a reason']) {
    reasons[kind][name] = (reasons[kind][name] || 0) + 1;
  }
  if (!names) complain(c, ours, other, `${kind}, without a known reason`);
}

function compare(c, ours) {
  const other = judgeByOther(c);
  if (ours.accepted && other.accepted) {
    counts.both++;
    if (ours.status !== other.status) {
      explain('rated otherwise', whyRatedOtherwise(c, ours, other), c, ours, other);
    }
  } else if (ours.accepted) {
    counts['keyclave alone']++;
    explain('keyclave alone', whyRefused(c, ours, other), c, ours, other);
  } else if (other.accepted) {
    counts['dcap-qvl alone']++;
    explain('dcap-qvl alone', whyStricter(ours), c, ours, other);
  } else {
    counts.none++;
  }
  if (c.mustHold && !ours.accepted) complain(c, ours, other, 'refused, though nothing was changed');
}

function compareAll(cases) {
  judgeByUs(program, cases).forEach((ours, i) => compare(cases[i], ours));
}

// The signed object exactly as it stands, for the signature covers these very bytes.
function readSigned(file, name) {
  const text = fs.readFileSync(file, 'utf8').trim();
  const head = `{"${name}":`;
  const tail = text.lastIndexOf(',"signature":"');
  if (!text.startsWith(head) || tail < 0) throw new Error(`${file}: not a signed ${name}`);
  return { inner: text.slice(head.length, tail), signature: JSON.parse(text).signature };
}

// A case of the shared vectors; null where it has no collateral at all.
function readVector(name) {
  const at = (file) => path.join(vectors, name, file);
  const want = JSON.parse(fs.readFileSync(at('expect.json'), 'utf8'));
  const bytes = (file) => fs.existsSync(at(file)) ? fs.readFileSync(at(file)) : undefined;
  const text = (file) => fs.existsSync(at(file)) ? fs.readFileSync(at(file), 'utf8') : undefined;
  if (!fs.existsSync(at('tcb_info.json'))) return null;
  return {
    name, now: want.at_unix, quote: fs.readFileSync(at('quote.bin')),
    tcbInfo: readSigned(at('tcb_info.json'), 'tcbInfo'),
    identity: readSigned(at('qe_identity.json'), 'enclaveIdentity'),
    tcbChain: text('tcb_chain.pem'), qeChain: text('qe_chain.pem'),
    caChain: text('pck_crl_chain.pem'), pckChain: text('pck_chain.pem'),
    rootCrl: bytes('root_ca_crl.der'), pckCrl: bytes('pck_crl.der'),
    rootPem: text('root_ca.pem'),
  };
}

function compareVectors() {
  if (!fs.existsSync(vectors)) {
    console.log(`${vectors} is not there: real quotes are not compared`);
    return;
  }
  const names = fs.readdirSync(vectors).sort();
  const cases = names.map(readVector).filter((c) => c !== null);
  compareAll(cases);
  report(`${cases.length} of ${names.length} vectors (those with collateral)`);
}

const MIX = ['sgx3', 'sgx3', 'sgx3', 'sgx3', 'sgx3', 'tdx4', 'tdx4', 'tdx5', 'tdx15', 'tdx15', 'sgx4',
  'sgx5'];

function makeCase(platform, format, changes) {
  const part = freshParts(platform, format, Math.floor(Date.now() / 1000) + HOUR);
  const names = [];
  for (let n = 0; n < changes; n++) names.push(change(part, platform.keys));
  return { name: `${format} ${names.join(', ')}`, part, keys: platform.keys,
    mustHold: changes === 0, ...assemble(part, platform.keys, der.pem) };
}

function compareChanges(total) {
  const platform = readPlatform(process.env.KEYCLAVE_STATE, quoteFile, folder);
  compareAll(Object.keys(FORMATS).map((format) => makeCase(platform, format, 0)));
  report('6 unchanged cases');
  for (let made = 0; made < total; made += BATCH) {
    const n = Math.min(BATCH, total - made);
    compareAll(Array.from({ length: n }, () => makeCase(platform, pick(MIX), pick([1, 1, 1, 2]))));
  }
  report(`${total} changed cases`);
}

// What was counted since the last time.
function report(what) {
  const list = (object) => Object.entries(object).sort((a, b) => b[1] - a[1])
    .map(([name, n]) => `    ${name} ${n}`).join('\n');
  console.log(`${what}: accepted by both ${counts.both}, by keyclave alone ` +
    `${counts['keyclave alone']}, by dcap-qvl alone ${counts['dcap-qvl alone']}, by none ${counts.none}`);
  for (const [kind, names] of Object.entries(reasons)) {
    if (Object.keys(names).length > 0) console.log(`  ${kind}:\n${list(names)}`);
    reasons[kind] = {};
  }
  Object.keys(counts).forEach((name) => { counts[name] = 0; });
}

if (countText === undefined) {
  console.error('usage: node differential.js JUDGE_CASES QUOTE COLLATERAL-FOLDER VECTORS COUNT [SEED]');
  process.exit(64);
}
seed(seedText || 1);
compareVectors();
compareChanges(Number(countText));
if (complaints > 0) console.log(`${complaints} complaints`);
process.exit(complaints > 0 ? 1 : 0);
