// The messages of one conversation on the screen. Texts are strangers': they are set as text, never as markup.
import { copyOf } from "./template.js";
import { DELIVERED, FAILED, RECEIVED, SENDING, SENT } from "./conversation.js";

const AT_END_PX = 40; // as near to the end counts as being there
const stillness = matchMedia("(prefers-reduced-motion: reduce)");

export class Log {
  constructor(element) {
    this.element = element;
    this.shown = new Map(); // message -> its element
    this.follows = true; // until somebody scrolls up
    this.top = 0;
    element.addEventListener("scroll", () => this.onScroll());
    // A line more below it, a keyboard on the screen: the newest message stays in view.
    new ResizeObserver(() => this.follows && this.toEnd()).observe(element);
  }

  // All of a conversation, without reading it aloud.
  show(conversation) {
    this.conversation = conversation;
    this.element.ariaBusy = "true"; // not to be read aloud, nor moved
    this.element.replaceChildren();
    this.shown.clear();
    for (const message of conversation.messages) this.place(message);
    this.join();
    this.element.dataset.empty = conversation.isLoaded ? `Nothing here yet. Say hello to ${conversation.title}.` : "";
    this.toEnd();
    this.element.ariaBusy = "false";
  }

  // A message that is new or has changed. Whoever reads older ones is not torn away from them.
  put(message) {
    this.place(message);
    this.join();
    if (this.follows || message.status === SENDING) this.toEnd();
  }

  place(message) {
    const element = this.shown.get(message) ?? copyOf("message");
    this.fill(element, message);
    this.shown.set(message, element);
    const { messages } = this.conversation;
    const next = this.shown.get(messages[messages.indexOf(message) + 1]) ?? null;
    const isThere = element.parentNode === this.element;
    if (!isThere || element.nextElementSibling !== next) this.element.insertBefore(element, next);
    if (!isThere && this.element.ariaBusy === "false" && !stillness.matches)
      element.animate({ opacity: [0, 1], translate: ["0 6px", "0 0"] }, { duration: 180, easing: "ease-out" });
  }

  // Of several that say the same of when and how far, only the last one shows it.
  join() {
    const { messages } = this.conversation;
    messages.forEach((message, place) => this.shown.get(message).classList.toggle("joined", isJoined(message, messages[place + 1])));
  }

  fill(element, message) {
    const { mine, sender, text, time, status, reason } = message;
    element.className = `message ${mine ? "mine" : "theirs"}${status === FAILED ? " failed" : ""}`;
    const from = element.querySelector(".from");
    from.textContent = mine ? "You" : sender;
    from.classList.toggle("unseen", mine || !this.conversation.isGroup);
    element.querySelector(".text").textContent = text;
    const clock = element.querySelector("time");
    clock.dateTime = new Date(time).toISOString();
    clock.textContent = timeWords(new Date(time));
    const { symbol, words } = statusOf(message, this.conversation);
    const icon = element.querySelector("svg");
    icon.toggleAttribute("hidden", !mine);
    icon.firstElementChild.setAttribute("href", `#${symbol}`);
    element.dataset.status = status;
    element.querySelector(".said").textContent = mine ? words : "";
    element.querySelector(".meta").title = mine ? words : "";
    const why = element.querySelector(".reason");
    why.hidden = status !== FAILED;
    why.textContent = status === FAILED ? failureWords(reason) : "";
  }

  onScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END_PX;
    if (isAtEnd || scrollTop < this.top) this.follows = isAtEnd; // a log that got lower is not scrolled up
    this.top = scrollTop;
  }

  toEnd() {
    this.follows = true;
    this.element.scrollTop = this.element.scrollHeight;
  }
}

function isJoined(message, next) {
  const isSame = next && next.sender === message.sender && (!message.mine || next.status === message.status);
  return Boolean(isSame) && message.status !== FAILED && timeWords(new Date(next.time)) === timeWords(new Date(message.time));
}

export function failureWords(reason) {
  return `Not delivered: ${reason ?? "the server gave no reason"}`;
}

function statusOf({ status, isSlow }, { isGroup, other }) {
  if (status === FAILED) return { symbol: "cross", words: "Not delivered" };
  if (status < SENT) return { symbol: "clock", words: isSlow ? "Waiting for the server" : "Sending" };
  if (status < DELIVERED) return { symbol: "one-tick", words: "Sent" };
  if (status < RECEIVED) return { symbol: "two-ticks", words: "Delivered" };
  return { symbol: "two-ticks", words: isGroup ? "Received" : `Received by ${other}` };
}

function timeWords(time) {
  const isToday = time.toDateString() === new Date().toDateString();
  const day = isToday ? {} : { day: "numeric", month: "short" };
  return time.toLocaleString([], { ...day, hour: "numeric", minute: "2-digit" });
}
