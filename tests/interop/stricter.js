// Where keyclave refuses what @phala/dcap-qvl 0.3.9 accepts: which check refuses it, and the name
// of the difference in docs/verification.md.
'use strict';

const STRICTER = [
  ['quote-shape', /^(evidence|quote)\.shape$/],
  ['certificate-profile', /^(chain|collateral\.tcb_chain)\.(shape|present|link|authority|signature|root)$/],
  ['json-shape', /^collateral\.(tcb_info|qe_identity)\.shape$/],
  ['crl-unauthenticated', /^collateral\.crl\.(root|pck)\.(shape|issuer|authority|signature)$/],
  ['crl-dates', /^collateral\.crl\.(root|pck)\.(not_yet|expired)$/],
  ['crl-absent', /^collateral\.crl\.(root|pck)\.absent$/],
  ['crl-chain-unread', /^collateral\.crl\.pck_chain\./],
  ['revoked-unseen', /^collateral\.(root|pck|pck_ca|tcb_chain)\.revoked$/],
  ['pce-id', /^tcb\.pce_id$/],
  ['qe-vendor', /^qe\.vendor$/],
  ['qe-signer', /^qe\.(mrsigner|isv_prod_id)$/],
  ['qe-report-data-tail', /^qe\.report_data_tail$/],
  ['expected-unmasked', /^tcb\.qe\.(attributes|misc_select)$/],
  ['tdx-module', /^tcb\.module\./],
  ['tdx-module', /^policy\.tcb$/, (ours) => ours.module === 'Revoked'],
  ['cpusvn-levels', /^tcb\.level$/],
  ['levels-order', /^policy\.tcb$/, (ours) => ours.status === 'Revoked'],
];

// The name, or null where the check is no known strictness. The first failure decides.
function whyStricter(ours) {
  const found = STRICTER.find(([, check, is]) => check.test(ours.checks[0]) && (!is || is(ours)));
  return found ? [found[0]] : null;
}

module.exports = { whyStricter };
