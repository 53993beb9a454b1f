// What is said when something is wrong.
"use strict";
const { same } = require("./claims.js");
const {
  ALICE, BOB, address, browser, claim, gate, isShown, loaded, newest, online, picture, rises, says, settings, text,
} = require("./screen.js");

async function trouble() {
  const tab = await browser.open(address());
  await online(tab);
  await loaded(tab);
  await claim("that the broker is gone is said", tab, async () => {
    gate.shut();
    await tab.until(() => document.querySelectorAll('[data-state="offline"]').length === 2);
    same(await text(tab, `${ALICE} .state`), "The broker is away. Trying again …");
  });
  await claim("what is written meanwhile waits, and is delivered when it is back", tab, async () => {
    await says(tab, ALICE, "Written in the dark");
    same((await newest(tab, ALICE, "Written in the dark")).status, 0);
    await picture(tab, "broker-away");
    await gate.open();
    await online(tab);
    await newest(tab, BOB, "Written in the dark");
    await rises(tab, ALICE, "Received by bob");
  });
  await claim("that the API does not answer is said, and it is asked again when one likes", tab, async () => {
    await tab.order("Network.enable");
    await tab.order("Network.setBlockedURLs", { urls: ["*/api/*"] });
    await tab.reload();
    await tab.until(() => document.querySelector("#side-0 .notice p").textContent.startsWith("The HTTP API does not answer"));
    await picture(tab, "api-away");
    await tab.order("Network.setBlockedURLs", { urls: [] });
    await tab.click(`${ALICE} .notice .retry`);
    await newest(tab, ALICE, "Written in the dark");
    same(await isShown(tab, `${ALICE} .notice`), false);
  });
  const stranger = await browser.open(address({ b: settings.stranger }));
  await claim("that a token is refused is said, and of whom", stranger, async () => {
    await stranger.until(() => document.querySelector("#side-1 .notice p").textContent.startsWith("The broker does not let mallory in"));
    await online(stranger, 1);
    same(await text(stranger, `${BOB} .words`), "Not let in by the broker");
    await picture(stranger, "refused");
  });
}

module.exports = { trouble };
