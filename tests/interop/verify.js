// Judges an SGX quote by @phala/dcap-qvl, which shares no code and no author with Keyclave.
//
// usage: node verify.js QUOTE COLLATERAL-FOLDER [ROOT.pem]
//
// QUOTE is a raw quote, an Open Enclave report or a quote JSON. ROOT.pem is the trusted root, by
// default the folder's own. Prints the TCB status and exits 0, or the reason and exits 1.
'use strict';

const fs = require('fs');
const path = require('path');
const { QuoteVerifier } = require('@phala/dcap-qvl');

const OE_HEADER_SIZE = 16;

function readQuote(file) {
  let bytes = fs.readFileSync(file);
  if (bytes.length > 0 && bytes[0] === '{'.charCodeAt(0)) {
    bytes = Buffer.from(JSON.parse(bytes.toString()).QuoteHex, 'hex');
  }
  // An Open Enclave report: version 1, type 2, the length of what follows.
  if (bytes.length > OE_HEADER_SIZE && bytes.readUInt32LE(0) === 1 && bytes.readUInt32LE(4) === 2) {
    bytes = bytes.subarray(OE_HEADER_SIZE);
  }
  return new Uint8Array(bytes);
}

// The signed object exactly as it stands, for the signature covers these very bytes.
function readSigned(file, name) {
  const text = fs.readFileSync(file, 'utf8');
  const head = `{"${name}":`;
  const tail = text.lastIndexOf(',"signature":"');
  if (!text.startsWith(head) || tail < 0) {
    throw new Error(`${file}: not a signed ${name}`);
  }
  return [text.slice(head.length, tail), JSON.parse(text).signature];
}

function readCollateral(folder) {
  const at = (name) => path.join(folder, name);
  const [tcbInfo, tcbSignature] = readSigned(at('tcb_info.json'), 'tcbInfo');
  const [identity, identitySignature] = readSigned(at('qe_identity.json'), 'enclaveIdentity');
  const tcbChain = fs.readFileSync(at('tcb_chain.pem'), 'utf8');
  return {
    pck_crl_issuer_chain: fs.readFileSync(at('pck_crl_chain.pem'), 'utf8'),
    root_ca_crl: fs.readFileSync(at('root_ca_crl.der')).toString('hex'),
    pck_crl: fs.readFileSync(at('pck_crl.der')).toString('hex'),
    tcb_info_issuer_chain: tcbChain,
    tcb_info: tcbInfo,
    tcb_info_signature: tcbSignature,
    qe_identity_issuer_chain: tcbChain,
    qe_identity: identity,
    qe_identity_signature: identitySignature,
  };
}

function readRoot(file) {
  const body = fs.readFileSync(file, 'utf8').replace(/-----[^-]+-----|\s/g, '');
  return Buffer.from(body, 'base64');
}

// [true, TCB status] or [false, why it was refused].
function judge(quote, collateral, root) {
  try {
    const now = Math.floor(Date.now() / 1000);
    return [true, QuoteVerifier.newWithRootCa(root).verify(quote, collateral, now).status];
  } catch (error) {
    let reason = error.message;
    for (let cause = error.cause; cause; cause = cause.cause) {
      reason += `: ${cause.message || cause}`;
    }
    return [false, reason];
  }
}

function main() {
  const [quoteFile, folder, rootFile] = process.argv.slice(2);
  if (folder === undefined) {
    console.error('usage: node verify.js QUOTE COLLATERAL-FOLDER [ROOT.pem]');
    process.exit(64);
  }
  const root = readRoot(rootFile || path.join(folder, 'root_ca.pem'));
  const [accepted, words] = judge(readQuote(quoteFile), readCollateral(folder), root);
  console.log(accepted ? words : `refused: ${words}`);
  process.exit(accepted ? 0 : 1);
}

module.exports = { readCollateral, readRoot, judge };
if (require.main === module) {
  main();
}
