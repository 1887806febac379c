// A client of Keyclave that shares no code with it: Node's TLS and exporter, a CBOR reader of its
// own, @phala/dcap-qvl for the quote. It makes the whole check of kms-ratls/1 (docs/protocol.md) on
// one connection, and only then sends its token and a plaintext over that same connection.
//
// usage: node client.js HOST PORT COLLATERAL-FOLDER MRENCLAVE KMS-ID TOKEN-FILE KEY TEXT
//
// Prints the text as it came back through encrypt and decrypt, and exits 0; or says which check did
// not hold, and exits 1 without having sent more than its nonce.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const tls = require('tls');
const { readCollateral, readRoot, judge } = require('./verify.js');

const LABEL = 'EXPERIMENTAL-kms-ratls-v1';
const CONTEXT = 'kms-ratls/1 server';
const LIMIT = 256 * 1024;
const TIME = 20000;

class Refusal extends Error {}

function hold(check, holds, words) {
  if (!holds) throw new Refusal(`${check}: ${words}`);
}

const sha256 = (...parts) => {
  const hash = crypto.createHash('sha256');
  parts.forEach((part) => hash.update(part));
  return hash.digest();
};

// Just what the evidence is made of: tags, arrays, maps, text and byte strings of definite and
// shortest length.
class Cbor {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  head(major) {
    hold('evidence', this.at < this.bytes.length, 'cut short');
    const first = this.bytes[this.at++];
    hold('evidence', first >> 5 === major, `major type ${first >> 5} where ${major} belongs`);
    const low = first & 31;
    if (low < 24) return low;
    const octets = { 24: 1, 25: 2, 26: 4 }[low];
    hold('evidence', octets !== undefined && this.at + octets <= this.bytes.length, 'a length');
    const value = this.bytes.readUIntBE(this.at, octets);
    this.at += octets;
    hold('evidence', value >= { 1: 24, 2: 0x100, 4: 0x10000 }[octets], 'not the shortest length');
    return value;
  }

  octets(major) {
    const length = this.head(major);
    hold('evidence', this.at + length <= this.bytes.length, 'cut short');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  done() {
    hold('evidence', this.at === this.bytes.length, 'bytes after the end');
  }
}

function readEvidence(bytes) {
  const cbor = new Cbor(bytes);
  hold('evidence', cbor.head(6) === 60000, 'not tagged 60000');
  hold('evidence', cbor.head(4) === 2, 'not two parts');
  const [quote, claims] = [cbor.octets(2), cbor.octets(2)];
  cbor.done();
  return [quote, claims];
}

const NAMES = ['nonce', 'kms-id', 'kms-ctx', 'tls-binder', 'pubkey-hash'];

function readClaims(bytes) {
  const cbor = new Cbor(bytes);
  hold('claims', cbor.head(5) === NAMES.length, 'not five of them');
  const claims = {};
  for (const name of NAMES) {
    hold('claims', cbor.octets(3).toString('latin1') === name, `${name} is not where it belongs`);
    claims[name] = cbor.octets(2);
  }
  cbor.done();
  return claims;
}

// One response of a kept-alive connection, by its Content-Length.
class Http {
  constructor(socket, host) {
    this.socket = socket;
    this.host = host;
    this.buffer = Buffer.alloc(0);
    this.waiting = null;
    socket.on('data', (data) => {
      this.buffer = Buffer.concat([this.buffer, data]);
      this.wake();
    });
    socket.on('close', () => { this.closed = true; this.wake(); });
  }

  wake() {
    if (this.waiting) this.waiting();
  }

  take() {
    const end = this.buffer.indexOf('\r\n\r\n');
    hold('http', this.buffer.length < LIMIT, 'an answer that is too long');
    if (end < 0) return null;
    const lines = this.buffer.subarray(0, end).toString('latin1').split('\r\n');
    const length = Number((lines.find((line) => /^content-length:/i.test(line)) || ':0').split(':')[1]);
    if (this.buffer.length < end + 4 + length) return null;
    const body = this.buffer.subarray(end + 4, end + 4 + length).toString();
    this.buffer = this.buffer.subarray(end + 4 + length);
    return { status: Number(lines[0].split(' ')[1]), body: body ? JSON.parse(body) : null };
  }

  async request(method, target, body, token) {
    const text = body === undefined ? '' : JSON.stringify(body);
    let head = `${method} ${target} HTTP/1.1\r\nHost: ${this.host}\r\n`;
    if (token) head += `X-Vault-Token: ${token}\r\n`;
    if (text) head += `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`;
    this.socket.write(`${head}\r\n${text}`);
    for (;;) {
      const answer = this.take();
      if (answer) return answer;
      hold('http', !this.closed, 'the server ended the connection');
      await new Promise((resolve) => { this.waiting = resolve; });
      this.waiting = null;
    }
  }
}

function connect(host, port) {
  return new Promise((resolve, reject) => {
    // Its certificate proves nothing to us; the evidence does.
    const socket = tls.connect({ host, port, minVersion: 'TLSv1.3', rejectUnauthorized: false,
      servername: '', ALPNProtocols: ['http/1.1'] }, () => resolve(socket));
    socket.setTimeout(TIME, () => socket.destroy(new Error('no answer in time')));
    socket.once('error', reject);
    socket.on('session', () => socket.destroy(new Error('the server gave out a ticket')));
  });
}

// The checks (a) to (k), in the protocol's order.
async function attest(socket, http, wanted) {
  hold('tls', socket.getProtocol() === 'TLSv1.3' && !socket.isSessionReused(), 'not a full TLS 1.3');
  const nonce = crypto.randomBytes(32);
  const answer = await http.request('POST', '/v1/attest/evidence',
    { nonce: nonce.toString('base64url'), format: 'dice' });
  hold('evidence', answer.status === 200 && answer.body.profile === 'kms-ratls/1',
    `status ${answer.status}: ${JSON.stringify(answer.body)}`);
  const [quote, claimsBytes] = readEvidence(Buffer.from(answer.body.evidence, 'base64url'));
  const claims = readClaims(claimsBytes);
  const root = readRoot(path.join(wanted.folder, 'root_ca.pem'));
  const [genuine, words] = judge(new Uint8Array(quote), readCollateral(wanted.folder), root);
  hold('quote', genuine && words === 'UpToDate', words);
  hold('debug', (quote[96] & 2) === 0, 'a debug enclave, which its host can read');
  const mrenclave = quote.subarray(112, 144).toString('hex');
  hold('mrenclave', mrenclave === wanted.mrenclave, `${mrenclave} where ${wanted.mrenclave} belongs`);
  const bound = Buffer.concat([sha256(claimsBytes), Buffer.alloc(32)]);
  hold('report_data', quote.subarray(368, 432).equals(bound), 'not of these claims');
  hold('nonce', claims.nonce.equals(nonce), 'not ours');
  // Not X509Certificate(raw): Node looks for PEM first, and finds that of the PCK in the quote.
  const leaf = socket.getPeerX509Certificate();
  const spki = leaf.publicKey.export({ type: 'spki', format: 'der' });
  hold('pubkey-hash', claims['pubkey-hash'].equals(
    Buffer.concat([Buffer.from('82015820', 'hex'), sha256(spki)])), 'not of this leaf');
  const exported = socket.exportKeyingMaterial(32, LABEL, nonce);
  hold('tls-binder', claims['tls-binder'].equals(sha256(spki, exported)), 'not this connection');
  hold('kms-ctx', claims['kms-ctx'].toString('latin1') === CONTEXT, 'not a server');
  hold('kms-id', claims['kms-id'].toString('hex') === wanted.kmsId, 'another service');
}

async function main() {
  const [host, port, folder, mrenclave, kmsId, tokenFile, key, text] = process.argv.slice(2);
  if (text === undefined) {
    console.error('usage: node client.js HOST PORT COLLATERAL-FOLDER MRENCLAVE KMS-ID TOKEN-FILE KEY TEXT');
    process.exit(64);
  }
  const socket = await connect(host, Number(port));
  try {
    const http = new Http(socket, `${host}:${port}`);
    await attest(socket, http, { folder, mrenclave, kmsId });
    const token = fs.readFileSync(tokenFile, 'utf8').trim();
    const sealed = await http.request('POST', `/v1/transit/encrypt/${key}`,
      { plaintext: Buffer.from(text).toString('base64') }, token);
    hold('encrypt', sealed.status === 200, JSON.stringify(sealed.body));
    const opened = await http.request('POST', `/v1/transit/decrypt/${key}`,
      { ciphertext: sealed.body.data.ciphertext }, token);
    hold('decrypt', opened.status === 200, JSON.stringify(opened.body));
    console.log(Buffer.from(opened.body.data.plaintext, 'base64').toString());
  } finally {
    socket.destroy();
  }
}

main().catch((error) => {
  console.log(`refused: ${error.message}`);
  process.exit(1);
});
