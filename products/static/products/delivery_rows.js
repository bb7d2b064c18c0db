// Shows the lines of a delivery as rows of SKU and units, and adds an empty row as soon as the last one is filled.
// Enter, which a scanner sends after each code, goes to the next field. Without this script, the lines are typed as text.
const MAX_ROWS = 300; // a longer list stays a text
const area = document.querySelector("textarea[name=lines]");
const rows = document.createElement("div");

function parse(text) {
  const lines = text.trimEnd().split(/\r?\n/);
  return (lines.join("") ? lines : []).map((line) => /^(.*\S)(?:\s*[\t;,|]\s*|\s+)(\S*)$/.exec(line.trim())?.slice(1) ?? [line.trim(), ""]);
}

function createInput(label, width) {
  const input = document.createElement("input");
  input.className = area.className;
  input.setAttribute("aria-label", label);
  input.style.width = width;
  return input;
}

function addRow(sku = "", units = "") {
  const row = document.createElement("div");
  const number = rows.children.length + 1;
  row.className = "shop-delivery-row";
  row.append(createInput(`SKU, line ${number}`, "18em"), createInput(`Units, line ${number}`, "7em"));
  row.children[0].value = sku;
  row.children[1].value = units;
  row.children[1].inputMode = "numeric";
  rows.append(row);
}

function update() {
  const filled = [...rows.children].map((row) => [...row.children].map((input) => input.value.trim()));
  area.value = filled.map(([sku, units]) => (sku || units ? `${sku}\t${units}` : "")).join("\n").trimEnd();
  if (filled.at(-1)?.some(Boolean)) addRow();
}

function moveOn(event) {
  if (event.key !== "Enter") return;
  event.preventDefault();
  const inputs = [...rows.querySelectorAll("input")];
  const next = inputs[inputs.indexOf(event.target) + 1];
  next?.focus();
  next?.select();
}

function paste(event) {
  const text = event.clipboardData.getData("text");
  if (!text.trim().includes("\n")) return;
  event.preventDefault();
  update();
  const typed = area.value.trim();
  show(parse(typed ? `${typed}\n${text}` : text));
}

function show(lines) {
  rows.replaceChildren();
  for (const [sku, units] of lines) addRow(sku, units);
  addRow();
  update();
}

const lines = parse(area.value);
if (lines.length <= MAX_ROWS) {
  area.hidden = true;
  area.before(rows);
  rows.addEventListener("input", update);
  rows.addEventListener("keydown", moveOn);
  rows.addEventListener("paste", paste);
  show(lines);
}
