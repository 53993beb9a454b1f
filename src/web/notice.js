// What is wrong now, in words: one line for all of it, the newest first. Whoever dismisses it sees what was before.
export class Notice {
  // onClose: where the focus goes when its buttons vanish.
  constructor(element, onClose) {
    this.element = element;
    this.onClose = onClose;
    this.troubles = new Map(); // where from -> { words, retry }
    element.querySelector(".close").addEventListener("click", () => this.dismiss());
    element.querySelector(".retry").addEventListener("click", () => this.retry());
  }

  // Empty words: that trouble is over. Without `retry` there is nothing to try again.
  say(source, words, retry) {
    this.troubles.delete(source);
    if (words) this.troubles.set(source, { words, retry });
    const newest = [...this.troubles.values()].at(-1);
    this.element.hidden = !newest;
    this.element.querySelector("p").textContent = newest?.words ?? "";
    this.element.querySelector(".retry").hidden = !newest?.retry;
  }

  isShown() {
    return this.troubles.size > 0;
  }

  dismiss() {
    this.say([...this.troubles.keys()].at(-1), "");
    this.onClose();
  }

  retry() {
    const { retry } = [...this.troubles.values()].at(-1);
    this.dismiss();
    retry();
  }
}
