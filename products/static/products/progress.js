// Shows how far background work is, and loads the page again when a person has to decide or it has ended.
const INTERVAL = 1500; // milliseconds
const box = document.getElementById("background-progress");
const bar = box.querySelector("progress");
const lines = [...box.querySelectorAll("[data-progress]")];

async function update() {
  try {
    const response = await fetch(box.dataset.url, { headers: { Accept: "application/json" }, redirect: "error" });
    if (!response.ok) throw new Error(response.statusText);
    const progress = await response.json();
    if (!progress.is_in_progress) {
      window.location.reload();
      return;
    }
    bar.value = progress.percent;
    for (const line of lines) {
      // Writing the same text again would make screen readers repeat it.
      if (line.textContent !== progress[line.dataset.progress]) line.textContent = progress[line.dataset.progress];
    }
  } catch {
    // The server restarts or the session has ended: the next attempt, or a reload, shows which.
  }
  window.setTimeout(update, INTERVAL);
}

window.setTimeout(update, INTERVAL);
