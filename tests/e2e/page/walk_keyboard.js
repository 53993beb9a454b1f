// Without a mouse.
"use strict";
const { same } = require("./claims.js");
const { focusIsVisible, focusName, toTop } = require("./inside.js");
const {
  BOB, address, browser, claim, loaded, newest, online,
} = require("./screen.js");

async function keyboard() {
  const tab = await browser.open(address());
  await online(tab);
  await loaded(tab);
  await tab.ask(toTop);
  await claim("the tab key leads past everything first, then through both sides, visibly", tab, async () => {
    const stops = [];
    for (let stop = 0; stop < 16; stop++) {
      await tab.press("Tab");
      stops.push(await tab.ask(focusName));
      if (!(await tab.ask(focusIsVisible))) throw new Error(`the focus on ${stops.at(-1)} cannot be seen`);
    }
    same(stops, ["Write as alice", "Write as bob", "Forget tokens", "Block bob", "bob", "Lunch", "carol",
      "alice and bob", "alice writes to bob", "Send to bob", "Block alice", "alice", "Lunch", "bob and alice",
      "bob writes to alice", "Send to alice"]);
  });
  await tab.reload();
  await online(tab);
  await loaded(tab);
  await tab.ask(toTop);
  await claim("Enter sends, Shift and Enter makes a line", tab, async () => {
    await tab.press("Tab");
    await tab.press("Enter");
    same(await tab.ask(focusName), "alice writes to bob");
    await tab.write("first line");
    await tab.press("Enter", { shift: true });
    await tab.write("second line");
    await tab.press("Enter");
    await newest(tab, BOB, "first line\nsecond line");
  });
  await claim("Escape leads to the messages and back", tab, async () => {
    await tab.press("Escape");
    same(await tab.ask(focusName), "alice and bob");
    await tab.press("Escape");
    same(await tab.ask(focusName), "alice writes to bob");
  });
  await claim("a block without a mouse", tab, async () => {
    for (let stop = 0; stop < 5; stop++) await tab.press("Tab", { shift: true });
    same(await tab.ask(focusName), "Block bob");
    for (const label of ["Unblock bob", "Block bob"]) {
      await tab.press(" ");
      await tab.until((label) => document.activeElement.textContent === label, label);
    }
  });
  await claim("everything that can have the focus has a name", tab, async () => {
    const { nodes } = await tab.order("Accessibility.getFullAXTree");
    const nameless = nodes.filter((node) => !node.ignored && !node.name?.value && node.role.value !== "RootWebArea" &&
      node.properties?.some(({ name, value }) => name === "focusable" && value.value));
    same(nameless.map((node) => node.role.value), []);
  });
}

module.exports = { keyboard };
