"use strict";
// Small comforts; the file reads the same without them.

// a link to something inside a closed part or another tab opens it
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)) || "content");
  let opened = false;
  for (let element = target; element; element = element.parentElement) {
    if (element instanceof HTMLDetailsElement && !element.open) { element.open = true; opened = true; }
    if (element.classList.contains("tab-pane")) {
      const tab = element.previousElementSibling && element.previousElementSibling.previousElementSibling;
      if (tab instanceof HTMLInputElement && !tab.checked) { tab.checked = true; opened = true; }
    }
  }
  if (opened) target.scrollIntoView();
}
addEventListener("hashchange", reveal);
addEventListener("load", reveal);

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
