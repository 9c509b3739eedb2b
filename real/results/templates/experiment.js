"use strict";
// The page of an experiment: sorting, and the way from a rate to its tasks. Text of models is only ever put in as text.
const data = JSON.parse(document.getElementById("data").textContent);
const METRICS = {function: "Function", quality: "Quality", func_qual: "Func.-Qual."};
const KEYWORDS = new Set(("and as assert async await break class continue def del elif else except finally for from global if " +
  "import in is lambda nonlocal not or pass raise return try while with yield True False None match case").split(" "));
const TOKEN = /(#.*)|([rRbBfFuU]{0,2}(?:"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))|(\b\d[\w.]*)|([A-Za-z_]\w*)|([\s\S])/g;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function sortable(table) {
  const headings = table.tHead.rows[table.tHead.rows.length - 1].cells;
  Array.from(headings).forEach((heading, column) => {
    heading.tabIndex = 0;
    heading.setAttribute("role", "button");
    const sort = () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      Array.from(headings).forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
      const rows = Array.from(table.tBodies[0].rows);
      rows.sort((a, b) => value(a).localeCompare(value(b), "en", {numeric: true}) * (down ? -1 : 1));
      table.tBodies[0].append(...rows);
    };
    heading.addEventListener("click", sort);
    heading.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
  });
}

function source(code, marked) {
  const pre = element("pre", "code");
  code.split("\n").forEach((line, index) => {
    const shown = element("span", marked.has(index + 1) ? "line marked" : "line");
    for (const [text, comment, string, digits, word] of line.matchAll(TOKEN)) {
      const look = comment ? "c1" : string ? "s1" : digits ? "mi" : word && KEYWORDS.has(word) ? "k" : "";
      shown.append(look ? element("span", look, text) : text);
    }
    if (!line) shown.append(" ");
    pre.append(shown);
  });
  return pre;
}

function mark(value) {
  return value === null ? element("span", "pill plain", "masked") : element("span", `pill ${value ? "yes" : "no"}`, value ? "passes" : "fails");
}

function show(run, stage, record) {
  const place = document.getElementById("detail");
  const card = element("article", "stage");
  const header = element("header");
  header.append(element("b", "", `${record.task}, ${stage}, ${run.variant}, seed ${run.seed}`));
  for (const [status, count] of record.outcomes) header.append(element("span", `pill ${status === "pass" ? "yes" : "plain"}`, `${count} ${status.replaceAll("_", " ")}`));
  header.append(element("span", "pill plain", record.reward === null ? "not scored" : `reward ${record.reward.toFixed(2)}`));
  card.append(header);
  const lines = new Set(record.findings.flatMap((finding) => [finding.line, ...finding.trace.map((step) => step.line)]));
  if (record.program === null) card.append(element("div", "empty", `No program: ${record.reason || "nothing could be extracted"}`));
  else card.append(source(data.programs[record.program], lines));
  for (const finding of record.findings) {
    const box = element("div", "finding");
    box.append(element("b", "", finding.rule), `, line ${finding.line}: ${finding.message}`);
    const steps = element("ol");
    for (const step of finding.trace) steps.append(element("li", "", `line ${step.line}: ${step.note}`));
    box.append(steps);
    card.append(box);
  }
  for (const detail of record.details) card.append(element("div", "finding", detail));
  const others = element("p", "soft", "The same task: ");
  for (const other of data.runs) for (const [when, records] of Object.entries(other.stages)) {
    const found = records.find((one) => one.task === record.task);
    if (!found || found === record) continue;
    const link = element("button", `pill ${found.func_qual ? "yes" : "no"}`, `${other.variant}, seed ${other.seed}, ${when}`);
    link.addEventListener("click", () => show(other, when, found));
    others.append(link);
  }
  place.replaceChildren(card, others);
}

function open() {
  const [place, stage, metric] = location.hash.slice(1).split("-");
  const run = data.runs[Number(place)];
  if (!run || !run.stages[stage] || !METRICS[metric]) return;
  const records = run.stages[stage];
  const passed = records.filter((record) => record[metric]).length;
  const section = document.getElementById("tasks");
  section.hidden = false;
  document.getElementById("tasks-title").textContent = `${METRICS[metric]}: ${passed} of ${records.length} tasks, ${stage} training, ${run.variant}, seed ${run.seed}`;
  const rows = records.map((record) => {
    const row = element("tr");
    const name = element("td");
    const link = element("button", "plain-link", record.task);
    link.addEventListener("click", () => show(run, stage, record));
    name.append(link);
    row.append(name);
    for (const key of ["function", "quality"]) {
      const cell = element("td");
      cell.dataset.value = String(record[key]);
      cell.append(mark(record[key]));
      row.append(cell);
    }
    row.append(element("td", "number", `${record.passed}/${record.total}`), element("td", "number", String(record.findings.length)));
    return [record[metric] ? 1 : 0, row];
  });
  rows.sort((a, b) => a[0] - b[0]);  // those that fail first: they are what one wants to see
  document.getElementById("tasks-body").replaceChildren(...rows.map(([, row]) => row));
  const first = records.find((record) => !record[metric]) || records[0];
  if (first) show(run, stage, first);
  section.scrollIntoView();
}

document.querySelectorAll("table.sortable").forEach(sortable);
window.addEventListener("hashchange", open);
open();
