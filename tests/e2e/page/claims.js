// What a walk claims, as lines that the shell reads: "ok WORDS" or "not ok WORDS", a tab, and why.
"use strict";

// Of a claim that fails the tab's picture is kept.
function claimsFor(pictures) {
  let failures = 0;
  async function claim(words, tab, deed) {
    try {
      await deed();
      console.log(`ok ${words}`);
    } catch (error) {
      console.log(`not ok ${words}\t${String(error.message).replaceAll("\n", " ")}`);
      await tab?.picture(`${pictures}/failed-${++failures}.png`).catch(() => {});
    }
  }
  return claim;
}

function same(got, right) {
  const [one, other] = [JSON.stringify(got), JSON.stringify(right)];
  if (one !== other) throw new Error(`got ${one}, right is ${other}`);
}

module.exports = { claimsFor, same };
