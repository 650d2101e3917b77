// data-keeps: whoever leaves such a form after a change is asked first; with data-keeps="unsaved" in any case, for what it shows is
// saved nowhere. Nobody is asked for its own buttons, for the link beside them (cancel), and for what is in data-free.
(() => {
  "use strict";
  const parts = [...document.querySelectorAll("[data-keeps]")];
  if (!parts.length) return;
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
