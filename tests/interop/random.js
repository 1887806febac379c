// xorshift32: the same seed gives the same choices.
'use strict';

let state = 1;

function seed(value) {
  state = (Number(value) >>> 0) || 1;
}

function below(n) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  state >>>= 0;
  return state % n;
}

const pick = (list) => list[below(list.length)];

// One of the functions, each as often as the number before it says.
function weighted(pairs) {
  let at = below(pairs.reduce((sum, [weight]) => sum + weight, 0));
  return pairs.find(([weight]) => (at -= weight) < 0)[1];
}

module.exports = { seed, below, pick, weighted };
