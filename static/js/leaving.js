// data-keeps: whoever leaves such a form after a change is asked first; with data-keeps="unsaved" also before one, for what it shows is
// saved nowhere, unless it is what the same form showed when it was opened. Nobody is asked for its own buttons, for the link beside them (cancel), and for what is in data-free.
(() => {
  "use strict";
  const parts = [...document.querySelectorAll("[data-keeps]")];
  const opened = (part) => `${new URL(part.getAttribute("action"), location.href).pathname}\n${values(part, true)}`;
  // what is entered, or stood there at first; empty fields and what every page has anew say nothing
  const values = (part, isFirst) => JSON.stringify([...part.elements].flatMap((field) => {
    if (!field.name || ["_csrf", "once", "seen"].includes(field.name) || field.matches("button, fieldset, output, [type=password]")) return [];
    let found = [isFirst ? field.defaultValue : field.value];
    if (field.options) {
      found = [...field.options].filter((option) => (isFirst ? option.defaultSelected : option.selected)).map((option) => option.value);
      if (!found.length && !field.multiple && field.options.length) found = [field.options[0].value];
    } else if (field.type === "checkbox" || field.type === "radio") {
      found = (isFirst ? field.defaultChecked : field.checked) ? [field.value] : [];
    }
    return found.filter(Boolean).map((value) => [field.name, value]);
  }));
  const fresh = parts.find((part) => part.elements && !part.dataset.keeps);
  let known = null;
  try {
    known = sessionStorage.getItem("opened");
    if (fresh) sessionStorage.setItem("opened", opened(fresh));
    else if (!parts.length) sessionStorage.removeItem("opened");
  } catch { /* a browser that stores nothing asks once more than it must */ }
  if (!parts.length) return;
  for (const part of parts) {
    // shown as it is stored: from here on only a change counts
    if (part.elements && part.dataset.keeps && opened(part) === known) part.dataset.keeps = "";
  }
  let isFree = false;
  const free = () => { isFree = true; setTimeout(() => { isFree = false; }, 3000); };
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented && event.target.closest("[data-keeps]")) free();
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a");
    if (link && (link.closest("[data-free]") || link.matches("[data-keeps] :is(.actions, .form-foot) > button ~ a"))) free();
  });
  const differs = (field) => {
    if (field.options) return field.selectedIndex !== Math.max([...field.options].findIndex((option) => option.defaultSelected), 0);
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    return field.defaultValue !== undefined && field.value !== field.defaultValue;
  };
  window.addEventListener("beforeunload", (event) => {
    if (!isFree && parts.some((part) => part.dataset.keeps || [...part.elements].some(differs))) {
      event.preventDefault();
      // whoever stays may send the other forms again
      for (const form of document.forms) delete form.dataset.sent;
    }
    isFree = false;
  });
})();
