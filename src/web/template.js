// Markup is in page.html; scripts copy it and fill in texts.
export function copyOf(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}
