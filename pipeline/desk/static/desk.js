// What the desk does besides: a bar while a file is sent, dragging, and a page that goes on by itself. Every page works
// without it.
"use strict";

document.documentElement.classList.add("script");

/** Say in the page's summary what is wrong, and put the reader there. */
function complain(place, said) {
  const summary = document.getElementById("summary");
  const link = document.createElement("a");
  link.href = `#${place}`;
  link.textContent = said;
  const item = document.createElement("li");
  item.append(link);
  summary.querySelector("ul").replaceChildren(item);
  summary.hidden = false;
  summary.focus();
}

/** Send a form with a file, telling how much of it is on its way. */
function sends(form) {
  const file = form.querySelector("#file");
  const bar = form.querySelector("progress");
  const box = form.querySelector(".progress");
  const words = form.querySelector("#sent-words");
  const button = form.querySelector("button:not([type])");
  let said = -1;
  // our own sentences, in the page's language
  form.noValidate = true;

  function ready() {
    box.hidden = true;
    button.disabled = false;
    said = -1;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    document.getElementById("summary").hidden = true;
    if (!file.files.length || !file.files[0].size) return complain("file", form.dataset.noFile);
    if (file.files[0].size > Number(form.dataset.limit)) return complain("file", form.dataset.tooLarge);
    const request = new XMLHttpRequest();
    request.open("POST", form.getAttribute("action"));
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (sent) => {
      if (!sent.lengthComputable) return;
      const percent = Math.floor((100 * sent.loaded) / sent.total);
      bar.value = percent;
      // a reader that speaks gets every quarter, not every percent
      if (percent === 100 || percent - said >= 25 || said < 0) {
        said = percent;
        words.textContent = form.dataset.sending.replace("{percent}", percent);
      }
    });
    request.upload.addEventListener("load", () => { words.textContent = form.dataset.sent; });
    request.addEventListener("load", () => {
      const answer = request.response;
      if (answer && answer.next) return location.assign(answer.next);
      ready();
      complain("file", (answer && answer.error) || form.dataset.broken);
    });
    request.addEventListener("error", () => { ready(); complain("file", form.dataset.broken); });
    request.addEventListener("abort", () => { ready(); file.focus(); });
    form.querySelector("[data-stop]").onclick = () => request.abort();
    bar.value = 0;
    box.hidden = false;
    button.disabled = true;
    request.send(new FormData(form));
  });
  addEventListener("pageshow", ready);

  const drop = form.querySelector("[data-drop]");
  for (const name of ["dragenter", "dragover"])
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  for (const name of ["dragleave", "drop"])
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.remove("over"); });
  drop.addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length) file.files = event.dataTransfer.files;
    file.focus();
  });
  // a file dropped beside the box must not open in its place
  for (const name of ["dragover", "drop"])
    addEventListener(name, (event) => { if (!drop.contains(event.target)) event.preventDefault(); });
}

/** Follow how far the work is, and go on when it is done. */
function follows(box) {
  const words = box.querySelector("[data-words]");
  const phases = [...box.querySelectorAll("[data-phase]")];
  let misses = 0;

  function show(phase, before) {
    const now = phases.findIndex((item) => item.dataset.phase === phase);
    phases.forEach((item, place) => {
      item.className = place < now ? "done" : place === now ? "now" : "next";
      if (place === now) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
    const told = now < 0 ? words.textContent : phases[now].textContent + (before ? `. ${box.dataset.before.replace("{n}", before)}` : "");
    if (told !== words.textContent) words.textContent = told;
  }

  async function ask() {
    try {
      const answer = await fetch(box.dataset.working, { headers: { Accept: "application/json" }, cache: "no-store" });
      const state = await answer.json();
      misses = 0;
      if (state.next) return location.replace(state.next);
      show(state.phase, state.before);
    } catch {
      misses += 1;
      if (misses >= 10) { words.textContent = box.dataset.lost; return; }
    }
    setTimeout(ask, 400);
  }
  ask();
}

document.querySelectorAll("form[data-upload]").forEach(sends);
document.querySelectorAll("[data-working]").forEach(follows);
// where a page says that something is wrong or done, that is where the reader starts
const first = document.querySelector("[autofocus]:not([hidden])");
if (first) first.focus();
