// On a phone, in the light, in the dark, and without tokens.
"use strict";
const { same } = require("./claims.js");
const { isWide, paleTexts, smallTargets } = require("./inside.js");
const {
  ALICE, BOB, PHONE, address, browser, claim, gate, isShown, loaded, newest, online, picture, rises, says, settings, text,
} = require("./screen.js");

async function phone() {
  const tab = await browser.open(address(), PHONE);
  await online(tab);
  await loaded(tab);
  await claim("a phone shows one side, and nothing sticks out", tab, async () => {
    same([await isShown(tab, ALICE), await isShown(tab, BOB), await tab.ask(isWide)], [true, false, false]);
    same(await tab.ask(smallTargets), []);
  });
  await claim("who is not on the screen has not received it", tab, async () => {
    await says(tab, ALICE, "Shall we meet at noon?");
    await tab.until(() => document.querySelector(".switch label:last-child .count").textContent === "1");
    await rises(tab, ALICE, "Sent");
  });
  await picture(tab, "phone");
  await claim("until one switches to that side", tab, async () => {
    await tab.click(".switch label:last-child");
    await newest(tab, BOB, "Shall we meet at noon?");
    same([await isShown(tab, ALICE), await isShown(tab, BOB)], [false, true]);
    same(await text(tab, ".switch label:last-child .count"), "");
    await rises(tab, ALICE, "Received by bob");
  });
  await claim("nothing complained", tab, () => same(tab.complaints, []));
}

async function looks() {
  for (const dark of [false, true]) {
    const tab = await browser.open(address(), { dark, calm: true });
    const time = dark ? "in the dark" : "in the light";
    await online(tab);
    await newest(tab, ALICE, dark ? "Still water" : "Shall we meet at noon?");
    await claim(`every text can be read ${time}`, tab, async () => same(await tab.ask(paleTexts), []));
    await claim(`nothing moves for who does not want it ${time}`, tab, async () => {
      await says(tab, ALICE, "Still water");
      await newest(tab, BOB, "Still water");
      same(await tab.ask(() => document.getAnimations().length), 0);
    });
    await picture(tab, dark ? "dark" : "light");
  }
  const dark = await browser.open(address(), { ...PHONE, dark: true });
  await newest(dark, ALICE, "Still water");
  await picture(dark, "phone-dark");
}

async function names() {
  for (const size of [{ ...PHONE, width: 320, height: 568 }, {}]) {
    const tab = await browser.open(address({ b: settings.long }), size);
    await online(tab);
    await loaded(tab);
    await says(tab, ALICE, "word".repeat(50));
    await claim(`long names and words stick out nowhere, ${size.width ?? 1280} wide`, tab, async () => {
      same(await tab.ask(isWide), false);
      same(await tab.ask(() => [...document.querySelectorAll(".top > *, .pane > :not(nav) button, .switch label, .text")].filter((each) => each.checkVisibility() &&
        each.getBoundingClientRect().right > innerWidth - 16).length), 0);
    });
    await picture(tab, `names-${size.width ?? 1280}`);
  }
}

async function welcome() {
  const tab = await browser.open(settings.page);
  await claim("without tokens a form says which command makes them", tab, async () =>
    same(await text(tab, ".welcome code"), "chat21d token alice"));
  await claim("which can be read, in the light", tab, async () => same(await tab.ask(paleTexts), []));
  await picture(tab, "welcome");
  const paste = async (name, words) => {
    await tab.click(`[name=${name}]`);
    await tab.ask((name) => document.querySelector(`[name=${name}]`).select(), name);
    await tab.write(words);
  };
  await claim("what is no token is refused in words", tab, async () => {
    await paste("a", "nonsense");
    await paste("b", settings.bob);
    await tab.click(".welcome .main");
    await tab.until(() => document.querySelector(".trouble").textContent.startsWith("That is no token"));
  });
  await claim("two right ones start the chat", tab, async () => {
    await paste("a", settings.alice);
    await paste("mqtt", `ws://127.0.0.1:${gate.port}/ws`);
    await tab.click(".welcome .main");
    await online(tab);
  });
  await claim("and are forgotten when one likes", tab, async () => {
    await tab.click(".leave");
    await tab.until(() => document.querySelector(".welcome"));
    same(await tab.ask(() => sessionStorage.length), 0);
  });
  const dark = await browser.open(settings.page, { ...PHONE, dark: true });
  await claim("the form can be read in the dark, on a phone", dark, async () => {
    same(await dark.ask(paleTexts), []);
    same(await dark.ask(isWide), false);
  });
  await picture(dark, "welcome-dark");
}

module.exports = { phone, looks, names, welcome };
