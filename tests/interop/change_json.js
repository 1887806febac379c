// Changes of TCB info and QE identity: of what they say, and of how it is written.
'use strict';

const { below, pick, weighted } = require('./random.js');

// Every value with its place.
function values(object, into = []) {
  for (const name of Object.keys(object)) {
    into.push([object, name]);
    if (object[name] !== null && typeof object[name] === 'object') values(object[name], into);
  }
  return into;
}

const NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 255, 256, 65535, 65536, 4294967296,
  -1, 1.5];
const DATES = ['2020-01-01T00:00:00Z', '2025-01-01T00:00:00Z', '2099-01-01T00:00:00Z', '2025-01-01',
  '2099-02-29T00:00:00Z', '2025-01-01T00:00:00+01:00', '2025-01-01T00:00:00.5Z', '', 0];
const STATUSES = ['UpToDate', 'SWHardeningNeeded', 'OutOfDate', 'Revoked', 'uptodate', '',
  'ConfigurationNeeded', 'OutOfDateConfigurationNeeded', 'ConfigurationAndSWHardeningNeeded',
  'TDRelaunchAdvised', 'NotSupported', null];

const again = (value) => JSON.parse(JSON.stringify(value));
const isoOf = (seconds) => new Date(seconds * 1000).toISOString().replace(/\.\d+/, '');

function changeLeaf(object, name, value, now) {
  if (typeof value === 'number') object[name] = pick([value + 1, value - 1, pick(NUMBERS)]);
  else if (/Status/.test(name)) object[name] = pick(STATUSES);
  else if (/Date|Update/.test(name)) {
    object[name] = pick([...DATES, ...[-86400, -1, 0, 1, 86400].map((d) => isoOf(now + d))]);
  } else if (typeof value === 'string' && value.length > 0) {
    const at = below(value.length);
    object[name] = value.slice(0, at) + pick('0123456789abcdefABCDEFG'.split('')) +
      value.slice(at + 1);
  }
}

// A value anywhere.
function changeValue(root, now) {
  const [object, name] = pick(values(root));
  const value = object[name];
  weighted([
    [8, () => changeLeaf(object, name, value, now)],
    [1, () => { if (Array.isArray(object)) object.splice(name, 1); else delete object[name]; }],
    [1, () => { object[name] = pick([null, true, [], {}, '', 0, 'x', '2', 1e400]); }],
    [1, () => { if (Array.isArray(object)) object.splice(below(object.length + 1), 0, again(value)); }],
    [1, () => { if (Array.isArray(value)) value.reverse(); }],
  ])();
}

const listsOf = (root) => [root.tcbLevels,
  ...(root.tdxModuleIdentities || []).map((identity) => identity.tcbLevels)].filter(Array.isArray);

// A level, which decides the status: its SVNs, its status, its place; a new one beside it.
function changeLevel(root) {
  const levels = pick(listsOf(root));
  if (!levels || levels.length === 0) return;
  const at = below(levels.length);
  const step = (level) => {
    const tcb = level.tcb;
    const part = pick(Object.keys(tcb));
    if (Array.isArray(tcb[part])) {
      const component = pick(tcb[part].slice(0, 8));
      component.svn = Math.max(0, component.svn + pick([-3, -2, -1, 1, 2]));
    } else {
      tcb[part] = Math.max(0, tcb[part] + pick([-3, -1, 1, 2]));
    }
  };
  weighted([
    [3, () => step(levels[at])],
    [3, () => { levels[at].tcbStatus = pick(STATUSES); }],
    [2, () => levels.sort(() => below(3) - 1)],
    [2, () => {
      const level = again(levels[at]);
      step(level);
      level.tcbStatus = pick(STATUSES.slice(0, 4));
      levels.splice(below(levels.length + 1), 0, level);
    }],
    [1, () => levels.splice(at, 1)],
    [1, () => { levels[at].advisoryIDs = pick([[], ['INTEL-SA-1'], ['A', 'A'], 'A', [1], null]); }],
  ])();
}

// What dates, numbers and ids a whole piece has.
function changeHead(root, now) {
  weighted([
    [2, () => { root.issueDate = isoOf(now + pick([-86400, -1, 0, 1, 3600])); }],
    [2, () => { root.nextUpdate = isoOf(now + pick([-86400, -1, 0, 1, 3600])); }],
    [1, () => { root.tcbEvaluationDataNumber = pick([0, 1, 17, 4294967295, 4294967296, '1', null]); }],
    [1, () => { root.version = pick([0, 1, 2, 3, 4, '3']); }],
    [1, () => { root.id = pick(['SGX', 'TDX', 'QE', 'TD_QE', 'QVE', 'sgx', '']); }],
    [1, () => { if ('pceId' in root) root.pceId = pick(['0001', '0000', 'ffff', '']); }],
    [1, () => { if ('fmspc' in root) root.fmspc = pick(['00534d490000', '0053494D0000', '']); }],
    [1, () => { if ('tcbType' in root) root.tcbType = pick([1, '0', null]); }],
    [1, () => { if ('mrsigner' in root) delete root.mrsigner; }],
  ])();
}

// The same value, or one beside it, in other letters: names twice, order, spaces, numbers.
function changeText(text) {
  const name = pick(['id', 'version', 'issueDate', 'nextUpdate', 'tcbLevels', 'tcbStatus', 'svn',
    'isvsvn', 'pcesvn', 'fmspc', 'mrsigner', 'tcb']);
  const at = below(text.length + 1);
  return weighted([
    [2, () => text.replace(`"${name}":`, `"${name}":${pick(['0', 'null', '"x"', '[]'])},"${name}":`)],
    [1, () => text.replace(/^{/, `{"${name}":${pick(['3', '"SGX"', '[]', '{}'])},`)],
    [1, () => text.replace(`"${name}"`, `"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}"`)],
    [1, () => text.replace(/([,:{[])/g, pick(['$1 ', '$1\n', ' $1', '$1\t\r\n']))],
    [1, () => text.replace(/:(\d+)/, pick([':$1.0', ':0$1', ':$1e0', ':+$1', ':-$1', ':"$1"', ':-0']))],
    [1, () => text.slice(0, at) + pick([' ', '\n', ',', '"', '}', '0', '\\', '\0', 'é', '\u2028']) +
      text.slice(at)],
    [1, () => text.slice(0, at) + text.slice(at + 1 + below(4))],
    [1, () => text.replace(/}$/, `,"new":${pick(['1', '{"a":[1,{"b":null}]}', '"é"', '1e999',
      '['.repeat(20) + ']'.repeat(20), '['.repeat(2000) + ']'.repeat(2000), `"${'x'.repeat(70000)}"`])}}`)],
  ])();
}

// [object, text]: the text is null where it is the object's own.
function changeJson(object, now) {
  for (let n = 1 + below(2); n > 0; n--) {
    const way = weighted([[3, () => changeValue(object, now)], [4, () => changeLevel(object)],
      [2, () => changeHead(object, now)]]);
    try {
      way();
    } catch (error) { // what one change broke, the next cannot change
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return below(8) === 0 ? changeText(JSON.stringify(object)) : null;
}

module.exports = { changeJson, changeText };
