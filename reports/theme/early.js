// Runs before the page is drawn: that there are scripts, and the colours the reader chose (report.js keeps the choice).
"use strict";
document.documentElement.classList.add("scripts");
try {
  const chosen = localStorage.getItem("report-colours");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.colours = chosen;
} catch {
  // no storage (some browsers give a page opened from a folder none): the device's own colours
}
