// A headless Chromium, told what to do through a pipe (DevTools protocol: JSON, a NUL behind each message; file
// descriptors 3 and 4 of the browser). Nothing of npm's is needed for that.
"use strict";
const { spawn } = require("child_process");
const fs = require("fs");

const LIMIT_MS = 15000;
const FLAGS = [
  "--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
];
const KEYS = { Enter: 13, Escape: 27, Tab: 9, " ": 32, ArrowRight: 39, ArrowLeft: 37 };

class Browser {
  // `folder` is for its profile.
  constructor(program, folder) {
    const asRoot = process.getuid() === 0 ? ["--no-sandbox"] : [];
    this.child = spawn(program, [...FLAGS, ...asRoot, `--user-data-dir=${folder}`, "about:blank"],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.waiting = new Map(); // id of an order -> its promise
    this.tabs = new Map(); // session -> tab
    this.orders = 0;
    let rest = "";
    this.child.stdio[4].setEncoding("utf8").on("data", (piece) => {
      const messages = (rest + piece).split("\0");
      rest = messages.pop();
      messages.forEach((message) => this.hear(JSON.parse(message)));
    });
    this.child.on("exit", () => this.waiting.forEach(({ reject }) => reject(new Error("the browser died"))));
  }

  hear({ id, sessionId, method, params, result, error }) {
    if (!id) return this.tabs.get(sessionId)?.hear(method, params);
    const { resolve, reject } = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  }

  order(method, params = {}, sessionId = undefined) {
    const id = ++this.orders;
    this.child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return limited(new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject })), method);
  }

  // A tab of its own, with nothing kept from others.
  async open(url, { width = 1280, height = 800, touch = false, dark = false, calm = false } = {}) {
    const { browserContextId } = await this.order("Target.createBrowserContext");
    const { targetId } = await this.order("Target.createTarget", { url: "about:blank", browserContextId });
    const { sessionId } = await this.order("Target.attachToTarget", { targetId, flatten: true });
    const tab = new Tab(this, sessionId, targetId);
    this.tabs.set(sessionId, tab);
    for (const domain of ["Page", "Runtime", "Log"]) await tab.order(`${domain}.enable`);
    await tab.order("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: touch ? 2 : 1, mobile: touch });
    await tab.order("Emulation.setTouchEmulationEnabled", { enabled: touch });
    await tab.order("Emulation.setEmulatedMedia", {
      features: [
        { name: "prefers-color-scheme", value: dark ? "dark" : "light" },
        { name: "prefers-reduced-motion", value: calm ? "reduce" : "no-preference" },
      ],
    });
    await tab.go(url);
    return tab;
  }

  async closeTabs() {
    for (const { targetId } of this.tabs.values()) await this.order("Target.closeTarget", { targetId });
    this.tabs.clear();
  }

  close() {
    this.child.kill("SIGKILL");
  }
}

class Tab {
  constructor(browser, sessionId, targetId) {
    Object.assign(this, { browser, sessionId, targetId, complaints: [], onLoad: () => {} });
  }

  order(method, params) {
    return this.browser.order(method, params, this.sessionId);
  }

  hear(method, params) {
    if (method === "Page.loadEventFired") this.onLoad();
    if (method === "Log.entryAdded" && params.entry.level === "error") this.complaints.push(params.entry.text);
    if (method === "Runtime.exceptionThrown") {
      const { text, exception } = params.exceptionDetails;
      this.complaints.push(exception?.description ?? text);
    }
  }

  loaded() {
    return limited(new Promise((resolve) => (this.onLoad = resolve)), "the page's load");
  }

  async go(url) {
    const loaded = this.loaded();
    await this.order("Page.navigate", { url });
    await loaded;
  }

  async reload() {
    const loaded = this.loaded();
    await this.order("Page.reload");
    await loaded;
  }

  // What a function gives that runs in the page.
  async ask(question, ...values) {
    const expression = `(${question})(...${JSON.stringify(values)})`;
    const { result, exceptionDetails } = await this.order("Runtime.evaluate",
      { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  // Waits until it gives something true.
  async until(question, ...values) {
    const waits = `(values, limit) => new Promise((resolve) => {
      const question = ${question};
      const look = () => {
        const answer = question(...values);
        if (!answer && performance.now() < end) return;
        clearInterval(clock);
        resolve(answer);
      };
      const end = performance.now() + limit;
      const clock = setInterval(look, 20);
    })`;
    const answer = await this.ask(waits, values, LIMIT_MS - 2000);
    if (!answer) throw new Error(`never so: ${String(question).replaceAll(/\s+/g, " ")} ${JSON.stringify(values)}`);
    return answer;
  }

  async press(key, { shift = false } = {}) {
    const code = KEYS[key];
    const event = { key, code: key === " " ? "Space" : key, windowsVirtualKeyCode: code, modifiers: shift ? 8 : 0 };
    const text = key === "Enter" ? "\r" : key === " " ? " " : undefined;
    await this.order("Input.dispatchKeyEvent", { type: text ? "keyDown" : "rawKeyDown", text, ...event });
    await this.order("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  write(text) {
    return this.order("Input.insertText", { text });
  }

  // As a finger or a mouse would: where the element is, if nothing lies over it.
  async click(selector) {
    const at = await this.ask((selector) => {
      const element = document.querySelector(selector);
      const { x, y, width, height } = element.getBoundingClientRect();
      const [left, top] = [x + width / 2, y + height / 2];
      return element.contains(document.elementFromPoint(left, top)) ? { x: left, y: top } : null;
    }, selector);
    if (!at) throw new Error(`nobody can click on ${selector}`);
    for (const type of ["mousePressed", "mouseReleased"])
      await this.order("Input.dispatchMouseEvent", { type, ...at, button: "left", clickCount: 1 });
  }

  async picture(file) {
    await this.order("Page.bringToFront");
    await this.ask(() => Promise.all(document.getAnimations().map((each) => each.finished)));
    const { data } = await this.order("Page.captureScreenshot", { format: "png" });
    fs.writeFileSync(file, Buffer.from(data, "base64"));
  }
}

function limited(promise, what) {
  let clock;
  const late = new Promise((_, reject) => (clock = setTimeout(() => reject(new Error(`too late: ${what}`)), LIMIT_MS)));
  return Promise.race([promise, late]).finally(() => clearTimeout(clock));
}

module.exports = { Browser };
