// Walks through the page as people do, in a headless Chromium.
//
//   node walk.js SETTINGS      SETTINGS is JSON: chromium, profile, pictures (folders), page (its address),
//                              broker (port), alice, bob, long (tokens; that user's name is), stranger (a token
//                              that the broker refuses)
"use strict";
const { browser, claim, gate } = require("./screen.js");
const { talk } = require("./walk_talk.js");
const { keyboard } = require("./walk_keyboard.js");
const { looks, names, phone, welcome } = require("./walk_looks.js");
const { trouble } = require("./walk_trouble.js");

(async () => {
  await gate.open();
  for (const walk of [talk, keyboard, phone, looks, names, trouble, welcome]) {
    await walk().catch((error) => claim(`the walk “${walk.name}” comes to its end`, null, () => Promise.reject(error)));
    await browser.closeTabs(); // what they show they confirm
  }
  console.log("end");
  browser.close();
  gate.shut();
})();
