// What both verifiers say of cases.
'use strict';

const { spawnSync } = require('child_process');
const { QuoteVerifier } = require('@phala/dcap-qvl');
const { unpem } = require('./der.js');

// What Intel's rating says is compared, and no policy: all statuses are accepted but Revoked.
const POLICY = JSON.stringify({ tcb: ['UpToDate', 'SWHardeningNeeded', 'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded', 'OutOfDate', 'OutOfDateConfigurationNeeded',
  'TDRelaunchAdvised', 'TDRelaunchAdvisedConfigurationNeeded'] });

function framed(parts) {
  return Buffer.concat(parts.flatMap((part) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(part === undefined ? 0xffffffff : Buffer.byteLength(part));
    return part === undefined ? [size] : [size, Buffer.from(part)];
  }));
}

const outer = (name, { inner, signature }) => `{"${name}":${inner},"signature":"${signature}"}`;
const isoOf = (seconds) => new Date(seconds * 1000).toISOString().replace(/\.\d+/, '');

const frame = (c) => framed([POLICY, c.rootPem, isoOf(c.now), c.quote, outer('tcbInfo', c.tcbInfo),
  outer('enclaveIdentity', c.identity), c.tcbChain, c.qeChain, c.rootCrl, c.pckCrl, c.caChain,
  c.pckChain]);

// keyclave's judgement of many cases by tests/judge_cases.c.
function judgeByUs(program, cases) {
  const run = spawnSync(program, [], { input: Buffer.concat(cases.map(frame)),
    maxBuffer: 1 << 28, timeout: 300000 });
  const lines = run.stdout.toString().split('\n');
  if (run.status !== 0 || lines.length !== cases.length + 1) {
    throw new Error(`judge_cases: status ${run.status}, signal ${run.signal}, ${lines.length - 1} ` +
      `lines for ${cases.length} cases: ${run.stderr}`);
  }
  return cases.map((_, i) => {
    const [verdict, status, platform, module, qe, checks] = lines[i].split(' ');
    return { verdict, accepted: verdict === 'accepted', status, platform, module, qe,
      checks: checks === '-' ? [] : checks.split(',') };
  });
}

const hex = (list) => (list || Buffer.alloc(0)).toString('hex'); // it takes none for an empty one

// dcap-qvl's; it does not survive all collateral: that is a refusal, too.
function judgeByOther(c) {
  const input = {
    pck_crl_issuer_chain: c.caChain, root_ca_crl: hex(c.rootCrl), pck_crl: hex(c.pckCrl),
    tcb_info_issuer_chain: c.tcbChain,
    tcb_info: c.tcbInfo.inner, tcb_info_signature: c.tcbInfo.signature,
    qe_identity_issuer_chain: c.qeChain || c.tcbChain, qe_identity: c.identity.inner,
    qe_identity_signature: c.identity.signature, pck_certificate_chain: c.pckChain,
  };
  try {
    const verifier = QuoteVerifier.newWithRootCa(unpem(c.rootPem)[0]);
    const { status } = verifier.verify(new Uint8Array(c.quote), input, c.now);
    return { accepted: true, status, words: status };
  } catch (error) {
    let words = error.message;
    for (let cause = error.cause; cause; cause = cause.cause) words += `: ${cause.message || cause}`;
    return { accepted: false, status: null, words };
  }
}

module.exports = { judgeByUs, judgeByOther };
