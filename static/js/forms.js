// Forms: sent once, typed confirmations, lists that filter while one types, tests against the server.
(() => {
  "use strict";
  const { on } = window.bridge;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.dataset.again !== undefined) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 8000);
  });
  // data-confirm-text: the button works when the text has been typed.
  const solid = (text) => text.replace(/\s+/g, "");
  const check = (input) => {
    const button = input.form.querySelector("[data-confirms]");
    if (button) button.disabled = solid(input.value) !== solid(input.dataset.confirmText);
  };
  for (const input of document.querySelectorAll("[data-confirm-text]")) check(input);
  on("input", "[data-confirm-text]", check);
  // data-auto: a form that is sent when a choice changes.
  on("change", "form[data-auto] select, form[data-auto] input[type=checkbox]", (field) => field.form.requestSubmit());
  // data-checks: one box ticks all the others.
  on("change", "[data-checks]", (box) => {
    for (const other of document.querySelectorAll(box.dataset.checks)) if (!other.closest("[hidden]")) other.checked = box.checked;
  });
  // data-shows: a choice shows the parts that belong to it: data-when="name=value other" .
  const show = (form) => {
    for (const part of form.querySelectorAll("[data-when]")) {
      const [name, values] = part.dataset.when.split("=");
      const field = form.elements[name];
      const value = field instanceof RadioNodeList ? field.value : field.type === "checkbox" ? (field.checked ? "on" : "off") : field.value;
      part.hidden = !values.split(" ").includes(value);
    }
  };
  for (const form of document.querySelectorAll("form")) if (form.querySelector("[data-when]")) {
    show(form);
    form.addEventListener("change", () => show(form));
  }
  // data-press: a choice that changes the form itself presses the button of that word.
  on("change", "[data-press] select", (field) => {
    const word = field.closest("[data-press]").dataset.press;
    const button = field.form.querySelector(`button[name="act"][value="${word}"]`);
    if (button) field.form.requestSubmit(button);
  });
  // data-try="/path": sends the form's fields and puts the answer (HTML of ours) into data-into.
  const waiting = new Map();
  const attempt = (part) => {
    clearTimeout(waiting.get(part));
    waiting.set(part, setTimeout(async () => {
      const form = part.closest("form");
      const target = document.querySelector(part.dataset.into);
      if (!form || !target) return;
      const answer = await fetch(part.dataset.try, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector(part.dataset.into);
      if (fresh) target.replaceWith(fresh);
    }, 250));
  };
  on("input", "[data-try] input, [data-try] textarea, [data-try] select", (field) => attempt(field.closest("[data-try]")));
})();
