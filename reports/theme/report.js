// Small comforts; every page reads the same without them.
"use strict";

// a link to something inside a closed callout or another tab opens it
function reveal() {
  const id = decodeURIComponent(location.hash.slice(1));
  const target = id && document.getElementById(id);
  if (!target) return;
  for (let element = target; element; element = element.parentElement) {
    if (element instanceof HTMLDetailsElement) element.open = true;
    if (element.classList.contains("tab-pane")) {
      const tab = element.previousElementSibling && element.previousElementSibling.previousElementSibling;
      if (tab instanceof HTMLInputElement) tab.checked = true;
    }
  }
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);
addEventListener("DOMContentLoaded", reveal);

// on paper, everything is open
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  closed.forEach((details) => { details.open = true; });
});
addEventListener("afterprint", () => closed.forEach((details) => { details.open = false; }));

// a box that does not scroll needs no stop on the keyboard's way
function stops() {
  document.querySelectorAll(".scroll").forEach((box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
}
addEventListener("load", stops);
addEventListener("resize", stops);
