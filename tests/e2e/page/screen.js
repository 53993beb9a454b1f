// What the walks have in common: the browser, the page's address, and what is on the screen.
"use strict";
const { Browser } = require("./browser.js");
const { claimsFor } = require("./claims.js");
const { Gate } = require("./gate.js");

const settings = JSON.parse(process.argv[2]);
const { page, pictures } = settings;
const ALICE = "#side-0";
const BOB = "#side-1";
const PHONE = { width: 390, height: 844, touch: true };

const claim = claimsFor(pictures);
const browser = new Browser(settings.chromium, settings.profile);
const gate = new Gate(settings.broker);

const picture = (tab, name) => tab.picture(`${pictures}/${name}.png`);
function address({ a = settings.alice, b = settings.bob } = {}) {
  return `${page}#${new URLSearchParams({ a, b, mqtt: `ws://127.0.0.1:${gate.port}/ws` })}`;
}

const online = (tab, sides = 2) =>
  tab.until((sides) => document.querySelectorAll('[data-state="online"]').length === sides, sides);
const loaded = (tab) =>
  tab.until(() => [...document.querySelectorAll(".log")].every((log) => log.dataset.empty));
// The newest message of a side, when it has this text: { status, said, reason, mine }.
function newest(tab, side, text) {
  return tab.until((side, text) => {
    const message = document.querySelector(`${side} .message:last-child`);
    if (message?.querySelector(".text").textContent !== text) return null;
    const words = (selector) => message.querySelector(selector).textContent;
    return { status: Number(message.dataset.status), said: words(".said"), reason: words(".reason"),
             mine: message.classList.contains("mine") };
  }, side, text);
}
const rises = (tab, side, said) =>
  tab.until((side, said) => [...document.querySelectorAll(`${side} .mine .said`)].at(-1).textContent === said, side, said);
const text = (tab, selector) => tab.ask((selector) => document.querySelector(selector)?.textContent, selector);
const isShown = (tab, selector) =>
  tab.ask((selector) => document.querySelector(selector).checkVisibility(), selector);
// Takes up a conversation, by the button that has its name.
async function open(tab, side, name) {
  const place = await tab.ask((side) => [...document.querySelectorAll(`${side} .conversations button`)]
    .map((button) => button.firstElementChild.textContent), side);
  await tab.click(`${side} .conversations button:nth-child(${place.indexOf(name) + 1})`);
}
async function says(tab, side, words) {
  await tab.click(`${side} .composer textarea`);
  await tab.write(words);
  await tab.press("Enter");
}

module.exports = {
  ALICE, BOB, PHONE, address, browser, claim, gate, isShown, loaded, newest, online, open, picture, rises, says, settings, text,
};
