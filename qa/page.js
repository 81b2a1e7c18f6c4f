// Runs once for each part of the page that is named in page.py; Gradio gives element, trigger, props and watch.
const box = () => document.querySelector("#question textarea");
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
const point = matchMedia("(pointer: fine)").matches; // on a phone, focus would raise the keyboard over the answer

const opener = (place) => [...document.querySelectorAll("[data-open], [data-document]")]
  .find(({ dataset }) => (dataset.open ?? dataset.document) === place);

let behind = false; // whether the browser's Back would close the document
const shut = () => {
  const place = element.querySelector("[data-place]")?.dataset.place;
  props.value = "";
  opener(place)?.focus();
  if (behind) history.back();
  behind = false;
};

addEventListener("popstate", () => {
  behind = false;
  if (element.querySelector("[data-place]")) shut();
});

const open = (place, wanted) => {
  const shown = document.querySelector("#viewer [data-place]");
  if (shown?.dataset.place === place) return reveal(shown);
  trigger("click", wanted);
};

// The server keeps the judgements and says which buttons they press; saying the same twice changes nothing.
const judge = (button) => {
  const { judge: place, as } = button.dataset;
  trigger("like", { judge: place, as, holds: String(button.getAttribute("aria-pressed") !== "true") });
};

const press = (pressed) => {
  for (const button of document.querySelectorAll("[data-judge]"))
    button.setAttribute("aria-pressed", pressed.includes(`${button.dataset.judge}:${button.dataset.as}`));
};

const view = (tab) => {
  for (const other of element.querySelectorAll("[role=tab]")) {
    other.setAttribute("aria-selected", other === tab);
    other.tabIndex = other === tab ? 0 : -1;
  }
  document.body.dataset.view = tab.dataset.view;
  document.querySelector("#viewer [data-close]")?.click();
  scrollTo(0, 0);
  tab.focus();
  if (tab.dataset.view === "documents") relist();
};

const finder = () => document.querySelector("#finder input");
const relist = () => finder().dispatchEvent(new Event("input"));
const list = (page) => trigger("select", { search: finder().value, page });

let waiting = 0;
element.querySelector("input[type=search]")?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => list("1"), 150);
});

const send = async (file, largest) => {
  if (file.size > largest) return { text: `${file.name} is larger than ${largest >> 20} MB: split it.` };
  try {
    const reply = await fetch(`add/${encodeURIComponent(file.name)}`, { method: "PUT", body: file });
    const text = await reply.text();
    return reply.ok ? { text: `Added \u2068${text}\u2069.`, path: text } : { text };
  } catch {
    return { text: `${file.name} could not be sent.` };
  }
};

const add = async (files) => {
  const told = element.querySelector(".added");
  told.replaceChildren();
  let any = false;
  for (const file of files) {
    const line = told.appendChild(document.createElement("li"));
    line.dir = "auto";
    line.textContent = `Adding ${file.name}…`;
    const { text, path } = await send(file, element.querySelector(".drop").dataset.largest);
    line.textContent = text;
    line.classList.toggle("late", !path);
    line.dataset.added = path ?? "";
    any ||= Boolean(path);
  }
  if (any) trigger("upload");
};

const drop = element.querySelector(".drop");
if (drop) {
  const over = (on) => drop.classList.toggle("over", on);
  for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault()); // no leaving the page
  drop.addEventListener("dragover", () => over(true));
  drop.addEventListener("dragleave", () => over(false));
  drop.addEventListener("drop", (event) => { over(false); add([...event.dataTransfer.files]); });
  drop.querySelector("input").addEventListener("change", ({ target }) => { add([...target.files]); target.value = ""; });
}

const fields = [...element.querySelectorAll(".filters [name]")];
if (fields.length) {
  const conditions = () => fields.filter(({ value }) => value.trim()).map(({ name, value }) => {
    const plain = value.replaceAll('"', "").trim();
    return `${name}:${plain.includes(" ") ? `"${plain}"` : plain}`;
  });
  const tell = () => { element.querySelector(".chosen").textContent = conditions().join(" "); };
  for (const field of fields) field.addEventListener("input", tell);
  const kept = JSON.parse(sessionStorage.getItem(`sanad-filter ${location.pathname}`) ?? "[]"); // else a page loaded anew would search all
  fields.forEach((field, place) => { field.value = kept[place] ?? ""; });
  tell();
  addEventListener("pagehide", () => sessionStorage.setItem(`sanad-filter ${location.pathname}`, JSON.stringify(fields.map(({ value }) => value))));
  element.querySelector("[data-clear]").addEventListener("click", () => {
    for (const field of fields) field.value = "";
    tell();
  });
  window.sanadWithin = () => conditions().join(" ");
}

const remove = (path) => {
  if (!confirm(`Remove ${path} from the folder?`)) return;
  for (const line of document.querySelectorAll("[data-added]")) if (line.dataset.added === path) line.remove();
  trigger("delete", { remove: path });
};

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { open: place, document: path, ask, judge: judged, page, view: name, close, remove: gone, again, force, copy: cited } = button.dataset;
  if (judged) judge(button);
  else if (cited) copy(button);
  else if (ask) trigger("select", { ask });
  else if (page) list(page);
  else if (gone) remove(gone);
  else if (again !== undefined) trigger("apply", { again });
  else if (force) trigger("select");
  else if (name) view(button);
  else if (place) open(place, { open: place });
  else if (path) open(path, { document: path });
  else if (close) shut();
});

element.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && element.querySelector("[data-place]")) shut();
  const tab = event.target.closest("[role=tab]");
  const other = { ArrowRight: tab?.nextSibling, ArrowLeft: tab?.previousSibling }[event.key];
  if (tab && other) view(other);
});

const reveal = (sheet) => {
  const text = sheet.querySelector(".text");
  const mark = text.querySelector("mark") ?? text.querySelector(".here");
  if (mark) text.scrollTop += mark.getBoundingClientRect().top - text.getBoundingClientRect().top - text.clientHeight / 3;
  sheet.focus({ preventScroll: true });
};

const put = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // a page that is served to others without https has no clipboard, but may do what Ctrl-C does
    const fill = (event) => { event.clipboardData.setData("text/plain", text); event.preventDefault(); };
    addEventListener("copy", fill);
    const done = document.execCommand("copy");
    removeEventListener("copy", fill);
    return done;
  }
};

const copy = async (button) => {
  if (!await put(button.dataset.copy)) return;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
};

let seen = "", asked = "", number = "";
watch("value", () => {
  const sheet = element.querySelector("[data-place]");
  if (sheet) {
    if (!behind) history.pushState(null, "");
    behind = true;
    return reveal(sheet);
  }
  const pressed = element.querySelector("[data-pressed]");
  if (pressed) return press(pressed.dataset.pressed.split(" "));
  for (const time of element.querySelectorAll("time"))
    time.textContent = new Date(time.dateTime).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  const now = element.querySelector(".pager span")?.textContent ?? "";
  if (element.querySelector(".files")) {
    if (number && now && now !== number) {
      scrollTo(0, 0);
      element.querySelector("[data-document]")?.focus({ preventScroll: true });
    }
    return (number = now);
  }
  answer();
});

// Gradio loads the page anew as soon as a server that was away is back; what is in the box then has not been asked.
addEventListener("pagehide", () => sessionStorage.setItem(`sanad-typed ${location.pathname}`, box()?.value ?? ""));

// A page that is loaded anew asks these again; the browser forgets them with the tab.
const keep = () => sessionStorage.setItem(`sanad ${location.pathname}`, JSON.stringify(
  [...element.querySelectorAll(".was, .asked")].map(({ textContent }) => textContent)));

const answer = () => {
  const turn = element.querySelector("article.turn");
  const searching = turn?.querySelector(".searching") !== null;
  const now = turn && `${turn.dataset.turn} ${searching}`;
  if (!turn || now === seen) return;
  seen = now;
  if (!searching) keep();
  if (turn.dataset.turn !== asked && !searching) {
    asked = turn.dataset.turn; // the document beside the chat belongs to an earlier answer
    document.querySelector("#viewer [data-close]")?.click();
  }
  turn.scrollIntoView({ block: "start", behavior: calm });
  if (point) box()?.focus({ preventScroll: true });
  else document.querySelector(".filters").open = false; // it would cover the answer
};
