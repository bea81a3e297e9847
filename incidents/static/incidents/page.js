// What every page has: the clock that goes on, and a question before what cannot be taken back.

document.documentElement.classList.add("js");

function two(number) {
  return String(number).padStart(2, "0");
}

function sinceExposure(seconds) {
  const rest = Math.abs(seconds);
  const hours = Math.floor(rest / 3600);
  return `T${seconds < 0 ? "-" : "+"}${two(hours)}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
}

function startClock(clock) {
  const exposed = Date.parse(clock.dataset.exposed);
  // The reader's own clock may be wrong: count on from the server's.
  const behind = Date.parse(clock.dataset.now) - Date.now();
  const face = clock.querySelector("time");
  const tick = () => {
    face.textContent = sinceExposure(Math.floor((Date.now() + behind - exposed) / 1000));
  };
  tick();
  setInterval(tick, 1000);
}

for (const clock of document.querySelectorAll(".clock[data-exposed]")) startClock(clock);

// On a phone the rail scrolls: show where one is.
document.querySelector(".rail [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// A refresh that was sent elsewhere (to sign in again) is not a part of this page: go there as a whole.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  const asked = new URL(pathInfo.finalRequestPath, location.href).pathname;
  if (xhr.responseURL && new URL(xhr.responseURL).pathname !== asked) {
    event.detail.shouldSwap = false;
    location.reload();
  }
});
