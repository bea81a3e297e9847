// The queue by keyboard: j and k move, x selects, c confirms, d asks for the reason to dismiss, ? lists the keys.

const rows = [...document.querySelectorAll("#queue [data-row]")];
const keys = document.getElementById("keys");

function current() {
  return rows.findIndex((row) => row.classList.contains("on"));
}

function move(by) {
  const row = rows[Math.min(Math.max(current() + by, 0), rows.length - 1)];
  if (row && !row.classList.contains("on")) row.querySelector("th a").click();
}

function select() {
  const box = rows[current()]?.querySelector("input[type=checkbox]");
  if (box) box.click();
}

function confirmIt() {
  document.querySelector("form[data-key=c] button")?.click();
}

function dismissIt() {
  const reason = document.querySelector("details[data-key=d]");
  if (!reason) return;
  reason.open = true;
  reason.querySelector("input[name=why]").focus();
}

const actions = {
  j: () => move(1),
  k: () => move(-1),
  x: select,
  c: confirmIt,
  d: dismissIt,
  "?": () => (keys.open ? keys.close() : keys.showModal()),
};

document.addEventListener("keydown", (event) => {
  const writes = event.target.closest("input:not([type=checkbox]), textarea, select");
  if (writes || event.ctrlKey || event.metaKey || event.altKey || (keys.open && event.key !== "?")) return;
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

const selected = document.querySelector("[data-selected]");
document.getElementById("queue")?.addEventListener("change", () => {
  const count = document.querySelectorAll("#queue input[name=sighting]:checked").length;
  selected.textContent = `${count} selected`;
});

rows[current()]?.scrollIntoView({ block: "nearest" });
