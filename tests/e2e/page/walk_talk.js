// Two users talk; one blocks the other.
"use strict";
const { same } = require("./claims.js");
const {
  ALICE, BOB, address, browser, claim, newest, online, open, picture, rises, says, settings, text,
} = require("./screen.js");

async function talk() {
  const tab = await browser.open(address());
  await claim("both users connect", tab, () => online(tab));
  await claim("no token stays in the address, or in storage that outlives the tab", tab, async () =>
    same(await tab.ask(() => [location.href, localStorage.length, document.cookie]), [settings.page, 0, ""]));
  await claim("what was written before is there, in the conversation with who wrote it", tab, async () => {
    await tab.until(() => document.querySelectorAll("#side-0 .conversations button").length === 3);
    await open(tab, ALICE, "carol");
    same((await newest(tab, ALICE, "Are you coming on Friday?")).mine, false);
  });
  await claim("a group goes by its name, and all of it hear what one writes", tab, async () => {
    for (const side of [ALICE, BOB]) await open(tab, side, "Lunch");
    await newest(tab, BOB, "Pizza today?");
    await says(tab, ALICE, "Yes, at one");
    same((await newest(tab, BOB, "Yes, at one")).mine, false);
    same(await text(tab, `${BOB} .message:last-child .from`), "alice");
    await picture(tab, "group");
    await tab.write("half a word");
    await open(tab, ALICE, "bob");
    await open(tab, BOB, "alice");
  });
  await claim("what is not sent yet stays where it was written", tab, async () => {
    const written = () => document.querySelector("#side-0 .composer textarea").value;
    same(await tab.ask(written), "");
    await open(tab, ALICE, "Lunch");
    same(await tab.ask(written), "half a word");
    await open(tab, ALICE, "bob");
  });
  await claim("a message arrives on the other side", tab, async () => {
    await says(tab, ALICE, "Hello Bob, are you there?");
    same((await newest(tab, BOB, "Hello Bob, are you there?")).mine, false);
  });
  await claim("and its ticks rise to received", tab, () => rises(tab, ALICE, "Received by bob"));
  await claim("so does an answer", tab, async () => {
    await says(tab, BOB, "I am. The report is almost through, you will have it tonight.");
    await newest(tab, ALICE, "I am. The report is almost through, you will have it tonight.");
    await rises(tab, BOB, "Received by alice");
  });
  await claim("markup in a message is text", tab, async () => {
    await says(tab, ALICE, "<img src=x onerror=alert(1)> is <b>bold</b>");
    await newest(tab, BOB, "<img src=x onerror=alert(1)> is <b>bold</b>");
    same(await tab.ask(() => document.querySelectorAll(".log img, .log b").length), 0);
  });
  await claim("messages sent in one go keep their order", tab, async () => {
    for (const word of ["one", "two", "three", "four"]) await says(tab, ALICE, word);
    await newest(tab, BOB, "four");
    await rises(tab, ALICE, "Received by bob");
    for (const side of [ALICE, BOB])
      same(await tab.ask((side) => [...document.querySelectorAll(`${side} .text`)].slice(-4).map((each) => each.textContent), side),
        ["one", "two", "three", "four"]);
  });
  await block(tab);
  await again(tab);
  await claim("nothing complained: no error, no breach of the page's own policy", tab, () => same(tab.complaints, []));
}

async function block(tab) {
  await claim("a block is said on its side", tab, async () => {
    await tab.click(`${BOB} .block`);
    await tab.until(() => !document.querySelector("#side-1 .blocked").hidden);
    same(await text(tab, `${BOB} .block`), "Unblock alice");
  });
  await claim("the other's next message comes back, with the reason", tab, async () => {
    await says(tab, ALICE, "And what about lunch?");
    await tab.until(() => document.querySelector("#side-0 .failed"));
    same(await newest(tab, ALICE, "And what about lunch?"),
      { status: -100, said: "Not delivered", reason: "Not delivered: the recipient has blocked the sender", mine: true });
  });
  await claim("which is read out", tab, async () =>
    same(await text(tab, `${ALICE} .announce`), "Not delivered: the recipient has blocked the sender"));
  await claim("and is not on the blocker's side", tab, () => newest(tab, BOB, "four"));
  await picture(tab, "two-users");
}

async function again(tab) {
  await tab.reload();
  await claim("after a reload all of it is there again, the block too", tab, async () => {
    await online(tab);
    await newest(tab, ALICE, "And what about lunch?");
    await newest(tab, BOB, "four");
    await tab.until(() => document.querySelector("#side-1 .block").textContent === "Unblock alice");
  });
  await claim("the block is taken back", tab, async () => {
    await tab.click(`${BOB} .block`);
    await tab.until(() => document.querySelector("#side-1 .blocked").hidden);
    await says(tab, ALICE, "Lunch?");
    await newest(tab, BOB, "Lunch?");
  });
}

module.exports = { talk };
