// Comforts: every page reads the same without them. early.js has run before.
"use strict";

// a link to something inside a closed callout or another tab opens it, a link to a heading what is folded right below it
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
  const heading = target.matches("section") ? target.firstElementChild : target;
  const below = heading && heading.nextElementSibling;
  if (below instanceof HTMLDetailsElement && below.classList.contains("fold")) below.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);
addEventListener("DOMContentLoaded", reveal);

// on paper, everything is open
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("main details:not([open])")];
  closed.forEach((details) => { details.open = true; });
});
addEventListener("afterprint", () => closed.forEach((details) => { details.open = false; }));

// a box that does not scroll needs no stop on the keyboard's way
function stops() {
  document.querySelectorAll(".scroll, .equation").forEach((box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
}
addEventListener("load", stops);
addEventListener("resize", stops);

// the colours the reader chooses: kept for the next page and the next visit, where the browser lets us
function chooseColours(event) {
  const chosen = event.target.value;
  const page = document.documentElement.dataset;
  if (chosen === "auto") delete page.colours;
  else page.colours = chosen;
  try {
    if (chosen === "auto") localStorage.removeItem("report-colours");
    else localStorage.setItem("report-colours", chosen);
  } catch {
    // then the choice holds for this page alone
  }
}
addEventListener("DOMContentLoaded", () => {
  const chosen = document.documentElement.dataset.colours || "auto";
  document.querySelectorAll(".colours input").forEach((input) => {
    input.checked = input.value === chosen;
    input.addEventListener("change", chooseColours);
  });
});

// searching: the index is a script of its own, asked for when the reader first wants to search
const MOST = 40;
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[’‘]/g, "'").toLowerCase();

function prepared(index) {
  return index.sections.map(([page, anchor, heading, places]) => {
    const [address, title] = index.pages[page];
    const text = places.map((place) => index.texts[place]).join(" ");
    return { address: address + anchor, title, heading, text, head: fold(heading || title), body: fold(text) };
  });
}

// every word must be in the part; words in its heading count for more, and so does the beginning of a word
function weight(section, words) {
  let sum = 0;
  for (const word of words) {
    const inHead = section.head.indexOf(word);
    const inBody = section.body.indexOf(word);
    if (inHead < 0 && inBody < 0) return 0;
    const [text, at, worth] = inHead < 0 ? [section.body, inBody, 1] : [section.head, inHead, 10];
    sum += worth * (at === 0 || /[^\p{L}\p{N}]/u.test(text[at - 1]) ? 2 : 1);
  }
  return sum;
}

function search(sections, query) {
  const words = fold(query).split(/\s+/).filter(Boolean);
  if (!words.length) return { words, found: [] };
  const found = sections
    .map((section, place) => ({ section, place, weight: weight(section, words) }))
    .filter((one) => one.weight)
    .sort((a, b) => b.weight - a.weight || a.place - b.place);
  return { words, found: found.map((one) => one.section) };
}

// text around the first word found, with the words marked; folding may change lengths, so letters are folded singly
function excerpt(text, words) {
  const letters = [...text];
  let folded = "";
  const origin = [];
  letters.forEach((letter, place) => {
    const one = fold(letter);
    folded += one;
    for (let i = 0; i < one.length; i += 1) origin.push(place);
  });
  const spans = words
    .map((word) => [folded.indexOf(word), word.length])
    .filter(([at]) => at >= 0)
    .map(([at, length]) => [origin[at], origin[at + length - 1] + 1])
    .sort((a, b) => a[0] - b[0]);
  let first = spans.length ? Math.max(0, spans[0][0] - 60) : 0;
  while (first > 0 && letters[first - 1] !== " ") first -= 1;
  const last = Math.min(letters.length, first + 180);
  const part = (from, to) => letters.slice(from, to).join("");
  const nodes = [first ? "… " : ""];
  let at = first;
  for (const [from, to] of spans) {
    if (from < at || to > last) continue;
    const mark = document.createElement("mark");
    mark.textContent = part(from, to);
    nodes.push(part(at, from), mark);
    at = to;
  }
  nodes.push(part(at, last), last < letters.length ? " …" : "");
  return nodes;
}

function entryOf(section, words) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = section.address;
  link.append(...excerpt(section.heading || section.title, words));
  item.append(link);
  const where = document.createElement("p");
  where.className = "where";
  where.textContent = section.heading ? section.title : "";
  const text = document.createElement("p");
  text.append(...excerpt(section.text, words));
  if (where.textContent) item.append(where);
  if (section.text) item.append(text);
  return item;
}

function startSearch() {
  const dialog = document.getElementById("search");
  const open = document.querySelector(".search-open");
  if (!dialog || !open) return;
  const input = dialog.querySelector("input");
  const count = dialog.querySelector("#search-count");
  const list = dialog.querySelector("ol");
  let sections = null;

  function show() {
    if (!sections) return;
    const { words, found } = search(sections, input.value);
    list.replaceChildren(...found.slice(0, MOST).map((section) => entryOf(section, words)));
    const { none, one, many } = dialog.dataset;
    if (!words.length) count.textContent = "";
    else if (!found.length) count.textContent = none;
    else count.textContent = found.length === 1 ? one : many.replace("{n}", found.length);
  }

  function load() {
    if (sections || dialog.querySelector("script")) return;
    count.textContent = dialog.dataset.loading;
    const script = document.createElement("script");
    script.src = dialog.dataset.index;
    script.addEventListener("load", () => {
      sections = prepared(window.reportIndex);
      count.textContent = "";
      show();
    });
    script.addEventListener("error", () => { count.textContent = dialog.dataset.none; script.remove(); });
    dialog.append(script);
  }

  // the arrows go through the places found, Enter in the box opens the first, Escape closes (not only empties the box)
  function walk(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      dialog.close();
      return;
    }
    const links = [...list.querySelectorAll("a")];
    const place = links.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && links.length) {
      event.preventDefault();
      const next = place + step;
      if (next < 0) input.focus();
      else links[Math.min(next, links.length - 1)].focus();
    } else if (event.key === "Enter" && document.activeElement === input && links.length) {
      event.preventDefault();
      links[0].click();
    }
  }

  open.addEventListener("click", () => { dialog.showModal(); input.focus(); input.select(); load(); });
  dialog.querySelector(".search-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("ol a")) dialog.close();
  });
  dialog.addEventListener("keydown", walk);
  input.addEventListener("input", show);
}
addEventListener("DOMContentLoaded", startSearch);
