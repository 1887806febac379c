// The simulated platform as its folders have it: its keys, and cases whose every part is signed by
// whoever signs it. A case is evidence, collateral and a time, in parts that can be changed.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { unpem } = require('./der.js');

const HEADER = 48;
const SGX_BODY = 384;
const QUOTE = { key: 500, qe: 564, qeSignature: 948, auth: 1012 }; // of version 3

const sign = (bytes, by, dsaEncoding) => crypto.sign('sha256', bytes, { key: by, dsaEncoding });

function readKeys(state) {
  const key = (name) => crypto.createPrivateKey(fs.readFileSync(
    path.join(state, 'simulation', `${name}-key.pem`)));
  return { attestation: key('attestation'), pck: key('pck'), ca: key('platform-ca'),
    root: key('root-ca'), tcb: key('tcb-signing'), nobody:
    crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey };
}

// What quote and folder hold, which every case begins with.
function readPlatform(state, quoteFile, folder) {
  const quote = fs.readFileSync(quoteFile);
  const file = (name) => fs.readFileSync(path.join(folder, name));
  const authSize = quote.readUInt16LE(QUOTE.auth);
  return {
    keys: readKeys(state),
    header: quote.subarray(0, HEADER),
    body: quote.subarray(HEADER, HEADER + SGX_BODY),
    key: quote.subarray(QUOTE.key, QUOTE.qe),
    qe: quote.subarray(QUOTE.qe, QUOTE.qeSignature),
    auth: quote.subarray(QUOTE.auth + 2, QUOTE.auth + 2 + authSize),
    chain: unpem(quote.toString('latin1', QUOTE.auth + 8 + authSize)),
    tcbChain: unpem(file('tcb_chain.pem').toString()),
    caChain: unpem(file('pck_crl_chain.pem').toString()),
    rootPem: file('root_ca.pem').toString(),
    rootCrl: file('root_ca_crl.der'),
    pckCrl: file('pck_crl.der'),
    tcbInfo: JSON.parse(file('tcb_info.json')).tcbInfo,
    identity: JSON.parse(file('qe_identity.json')).enclaveIdentity,
  };
}

const FORMATS = {
  sgx3: { version: 3, type: 1 }, sgx4: { version: 4, type: 1 }, sgx5: { version: 5, type: 1 },
  tdx4: { version: 4, type: 2 }, tdx5: { version: 5, type: 2 }, tdx15: { version: 5, type: 3 },
};
const BODY_SIZES = { 1: 384, 2: 584, 3: 648 };
// Intel's signer of the TD Quoting Enclave, which verifiers ask for.
const TD_QE_SIGNER = 'DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5';
const TD = { svn: 0, attributes: 120, xfam: 128, svn2: 584, service: 600 };

// A trust domain under module TDX_01 of SVN 5; SEPT_VE_DISABLE is set, as others demand.
function makeTdBody(type) {
  const body = Buffer.alloc(BODY_SIZES[type]);
  Buffer.from([5, 1, 6]).copy(body, TD.svn);
  if (type === 3) Buffer.from([5, 1, 6]).copy(body, TD.svn2);
  body[TD.attributes + 3] = 0x10;
  body[TD.xfam] = 0xe7;
  for (let i = 136; i < 584; i++) body[i] = i & 255;
  return body;
}

const ZEROS = (n) => '00'.repeat(n);
const DATE = '2025-01-01T00:00:00Z';

function addTdx(tcbInfo) {
  const module = { mrsigner: ZEROS(48), attributes: ZEROS(8), attributesMask: 'FF'.repeat(8) };
  const level = (isvsvn, tcbStatus) => ({ tcb: { isvsvn }, tcbDate: DATE, tcbStatus });
  tcbInfo.id = 'TDX';
  tcbInfo.tdxModule = module;
  tcbInfo.tdxModuleIdentities = [
    { id: 'TDX_03', ...module, tcbLevels: [level(3, 'UpToDate')] },
    { id: 'TDX_01', ...module,
      tcbLevels: [level(5, 'UpToDate'), level(3, 'OutOfDate'), level(2, 'Revoked')] },
  ];
  tcbInfo.tcbLevels.forEach((level, i) => {
    level.tcb.tdxtcbcomponents = Array.from({ length: 16 },
      (_, k) => ({ svn: k === 2 ? 6 - Math.min(i, 6) : k === 0 ? 2 : 0 }));
  });
}

const copyOf = (object) => JSON.parse(JSON.stringify(object));

// The parts of a good case of one of FORMATS.
function freshParts(platform, format, now) {
  const { version, type } = FORMATS[format];
  const isTdx = type !== 1;
  const part = {
    format, version, type, bodySize: BODY_SIZES[type], now,
    header: Buffer.from(platform.header), body: Buffer.from(platform.body),
    key: Buffer.from(platform.key), qe: Buffer.from(platform.qe), auth: Buffer.from(platform.auth),
    chain: [...platform.chain], certType: 5, outerType: 6, excess: 0, innerExcess: 0,
    trailing: Buffer.alloc(0), bind: true, chainText: null,
    tcbInfo: copyOf(platform.tcbInfo), identity: copyOf(platform.identity),
    tcbInfoText: null, identityText: null, tcbInfoKey: platform.keys.tcb,
    identityKey: platform.keys.tcb, tcbChain: [...platform.tcbChain],
    caChain: [...platform.caChain], rootCrl: platform.rootCrl, pckCrl: platform.pckCrl,
    rootPem: platform.rootPem,
  };
  part.header.writeUInt16LE(version, 0);
  part.header.writeUInt32LE(isTdx ? 0x81 : 0, 4);
  if (isTdx) {
    part.body = makeTdBody(type);
    part.header.writeUInt32LE(0, 8);
    part.qe.write(TD_QE_SIGNER, 128, 'hex');
    part.qe.writeUInt16LE(2, 256); // and its product id
    addTdx(part.tcbInfo);
    part.identity.id = 'TD_QE';
    part.identity.isvprodid = 2;
    part.identity.mrsigner = TD_QE_SIGNER;
  }
  return part;
}

function sized(type, bytes, excess) {
  const head = Buffer.alloc(6);
  head.writeUInt16LE(type & 0xffff, 0);
  head.writeUInt32LE((bytes.length + excess) >>> 0, 2);
  return Buffer.concat([head, bytes]);
}

// The quote of the parts, with the signatures of whoever signs what.
function assembleQuote(part, keys, pem) {
  const chain = Buffer.from(part.chainText ?? part.chain.map(pem).join(''), 'latin1');
  const authSize = Buffer.alloc(2);
  authSize.writeUInt16LE(part.auth.length);
  if (part.bind) {
    const hash = crypto.createHash('sha256').update(part.key).update(part.auth).digest();
    hash.copy(part.qe, 320);
  }
  const descriptor = part.version === 5 ? Buffer.alloc(6) : Buffer.alloc(0);
  if (part.version === 5) {
    descriptor.writeUInt16LE(part.type, 0);
    descriptor.writeUInt32LE(part.bodySize, 2);
  }
  const signed = Buffer.concat([part.header, descriptor, part.body]);
  let certified = Buffer.concat([part.qe, sign(part.qe, keys.pck, 'ieee-p1363'), authSize, part.auth,
    sized(part.certType, chain, part.innerExcess)]);
  if (part.version !== 3) certified = sized(part.outerType, certified, 0);
  const data = Buffer.concat([sign(signed, keys.attestation, 'ieee-p1363'), part.key, certified]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE((data.length + part.excess) >>> 0);
  return Buffer.concat([signed, size, data, part.trailing]);
}

// What both verifiers take: bytes and texts.
function assemble(part, keys, pem) {
  const signedJson = (object, text, by) => {
    const inner = text ?? JSON.stringify(object);
    return { inner, signature: sign(Buffer.from(inner), by, 'ieee-p1363').toString('hex') };
  };
  return {
    quote: assembleQuote(part, keys, pem), now: part.now,
    tcbInfo: signedJson(part.tcbInfo, part.tcbInfoText, part.tcbInfoKey),
    identity: signedJson(part.identity, part.identityText, part.identityKey),
    tcbChain: part.tcbChain.map(pem).join(''), caChain: part.caChain.map(pem).join(''),
    rootCrl: part.rootCrl, pckCrl: part.pckCrl, rootPem: part.rootPem,
  };
}

module.exports = { FORMATS, TD, readPlatform, freshParts, assemble, sign, copyOf };
