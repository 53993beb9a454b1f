// The page: two users side by side, or a form that asks for their tokens.
import { Pane } from "./pane.js";
import { defaultBroker, forgetSession, keepSession, makeSession, takeSession } from "./session.js";
import { copyOf } from "./template.js";

const main = document.querySelector("main");

// Both are in the document from the first on; on a narrow screen the style sheet shows the side chosen.
function showChat(session) {
  document.querySelector(".app").textContent = session.app;
  document.querySelector(".leave").hidden = false;
  const [a, b] = session.users;
  const side = copyOf("switch");
  const panes = [[a, b], [b, a]].map(([self, partner], place) => {
    const choice = addChoice(side, self.user, place, () => choose(place));
    const pane = new Pane(session, self, partner.user, { unread: (count) => showCount(choice, count) });
    pane.element.id = `side-${place}`;
    return pane;
  });
  const choose = (place) => {
    main.dataset.side = place;
    for (const pane of panes) pane.look();
  };
  addSkips(panes);
  main.className = "chat";
  main.append(side, ...panes.map((pane) => pane.element));
  choose(0);
  if (!matchMedia("(pointer: coarse)").matches) panes[0].field.focus(); // on a phone a keyboard would leap up
  // What comes into view is looked at: another tab, a wider window.
  const look = () => panes.forEach((pane) => pane.look());
  document.addEventListener("visibilitychange", look);
  addEventListener("resize", look);
}

function addChoice(side, user, place, choose) {
  const choice = copyOf("switch-side");
  const radio = choice.querySelector("input");
  radio.checked = place === 0;
  radio.addEventListener("change", choose);
  choice.querySelector(".name").textContent = user;
  side.append(choice);
  return choice;
}

function showCount(choice, count) {
  choice.querySelector(".count").textContent = count || "";
}

// The first stops of the tab key: past everything else, to where one writes.
function addSkips(panes) {
  const skips = panes.map((pane) => {
    const skip = copyOf("skip");
    skip.href = `#${pane.field.id}`;
    skip.textContent = `Write as ${pane.user}`;
    skip.addEventListener("click", (event) => {
      event.preventDefault();
      document.querySelectorAll(".switch input")[panes.indexOf(pane)].click();
      pane.field.focus();
    });
    return skip;
  });
  document.body.prepend(...skips);
}

function showWelcome(trouble) {
  const form = copyOf("welcome");
  form.elements.mqtt.value = defaultBroker();
  form.querySelector(".trouble").textContent = trouble;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    try {
      keepSession(makeSession(Object.fromEntries(new FormData(form))));
      location.reload();
    } catch (error) {
      form.querySelector(".trouble").textContent = error.message;
    }
  });
  main.append(form);
  form.elements.a.focus();
}

document.querySelector(".leave").addEventListener("click", () => {
  forgetSession();
  location.reload();
});
// An address with other tokens, opened in this tab: browsers change the fragment and load nothing.
addEventListener("hashchange", () => location.reload());

try {
  const session = takeSession();
  if (session) showChat(session);
  else showWelcome("");
} catch (error) {
  showWelcome(error.message);
}
