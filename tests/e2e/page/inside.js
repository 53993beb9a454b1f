// Questions that are asked inside the page.
"use strict";

// Every piece of text on the screen whose colour is too near to what lies below it (WCAG 2: 4.5 to 1).
function paleTexts() {
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => {
    const [red, green, blue] = numbers(colour).slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if ((numbers(colour)[3] ?? 1) > 0) return colour;
    }
    return getComputedStyle(document.documentElement).backgroundColor;
  };
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const pale = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const isSeen = element.checkVisibility({ visibilityProperty: true }) && !element.closest(".unseen, template");
    if (!walker.currentNode.data.trim() || !isSeen) continue;
    const ratio = contrast(getComputedStyle(element).color, ground(element));
    if (ratio < 4.5) pale.push(`${walker.currentNode.data.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return pale;
}

// As if nothing had had the focus yet. (What loses it by blur() is where the tab key goes on from.)
function toTop() {
  const top = document.createElement("i");
  top.tabIndex = -1;
  document.body.prepend(top);
  top.focus();
  top.remove();
}

// Where the tab key leads, in words.
function focusName() {
  const element = document.activeElement;
  return element.ariaLabel || element.textContent.trim() || element.labels?.[0]?.textContent.trim() || element.tagName;
}

function focusIsVisible() {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
}

// What fingers must hit, and is too small for them (WCAG 2.2: 24 by 24).
function smallTargets() {
  return [...document.querySelectorAll("button, textarea, label")]
    .filter((element) => element.checkVisibility())
    .map((element) => [element.ariaLabel || element.textContent.trim(), element.getBoundingClientRect()])
    .filter(([, { width, height }]) => width < 24 || height < 24)
    .map(([name]) => name);
}

const isWide = () => document.documentElement.scrollWidth > innerWidth;

module.exports = { paleTexts, toTop, focusName, focusIsVisible, smallTargets, isWide };
