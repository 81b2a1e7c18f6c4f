// Runs once for the conversation and once for the document beside it; Gradio gives element, trigger, props and watch.
const box = () => document.querySelector("#question textarea");
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
const point = matchMedia("(pointer: fine)").matches; // on a phone, focus would raise the keyboard over the answer

const shut = () => {
  const place = element.querySelector("[data-place]")?.dataset.place;
  props.value = "";
  document.querySelector(`[data-open="${place}"]`)?.focus();
};

element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-open], [data-ask], [data-close], [data-judge]");
  if (!button) return;
  if (button.dataset.judge) return judge(button);
  const { open, ask } = button.dataset;
  if (ask) return trigger("select", { ask });
  if (!open) return shut();
  const shown = document.querySelector(`#viewer [data-place="${open}"]`);
  if (shown) return reveal(shown);
  trigger("click", { open });
});

// The server keeps the judgements; only where it cannot does it send the conversation again, as it is written.
const judge = (button) => {
  const { judge: place, as } = button.dataset;
  const holds = button.getAttribute("aria-pressed") !== "true";
  const against = { right: `[data-judge="${place}"][data-as="wrong"], [data-judge="${place.split(".")[0]}"]`,
    wrong: `[data-judge="${place}"][data-as="right"]`, none: `[data-judge^="${place}."][data-as="right"]` }[as];
  for (const other of holds ? element.querySelectorAll(against) : []) other.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-pressed", holds);
  trigger("like", { judge: place, as, holds: String(holds) });
};

element.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && element.querySelector("[data-place]")) shut();
});

const reveal = (sheet) => {
  const text = sheet.querySelector(".text");
  const mark = text.querySelector("mark") ?? text.querySelector(".here");
  if (mark) text.scrollTop += mark.getBoundingClientRect().top - text.getBoundingClientRect().top - text.clientHeight / 3;
  sheet.focus({ preventScroll: true });
};

let seen = "", asked = "";
watch("value", () => {
  const sheet = element.querySelector("[data-place]");
  if (sheet) return reveal(sheet);
  const turn = element.querySelector("article.turn");
  const searching = turn?.querySelector(".searching") !== null;
  const now = turn && `${turn.dataset.turn} ${searching}`;
  if (!turn || now === seen) return;
  seen = now;
  if (turn.dataset.turn !== asked && !searching) {
    asked = turn.dataset.turn; // the document beside the chat belongs to an earlier answer
    document.querySelector("#viewer [data-close]")?.click();
  }
  turn.scrollIntoView({ block: "start", behavior: calm });
  if (point) box()?.focus({ preventScroll: true });
});
