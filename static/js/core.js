// Small helps on top of pages that work without them. No page needs a script.
(() => {
  "use strict";
  const on = (kind, selector, act) => document.addEventListener(kind, (event) => {
    const found = event.target instanceof Element && event.target.closest(selector);
    if (found) act(found, event);
  });
  // Menus close on a click outside and on Escape.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open], details.nav-toggle[open]")) {
      const keeps = menu.classList.contains("nav-toggle") && event.target.closest(".sidebar");
      if (!menu.contains(event.target) && !keeps) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = document.querySelector("details.menu[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
    }
    const typing = event.target instanceof Element && event.target.closest("input, textarea, select");
    if (event.key === "/" && !typing) {
      const search = document.querySelector("main input[type=search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
  });
  // data-copy: copies a text, or the value of the element that it names.
  on("click", "[data-copy]", async (button) => {
    const wanted = button.dataset.copy;
    const source = wanted.startsWith("#") ? document.querySelector(wanted) : null;
    const text = source ? (source.value ?? source.textContent) : wanted;
    try { await navigator.clipboard.writeText(text); } catch {
      const area = document.createElement("textarea");
      area.value = text; document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
    }
    const label = button.querySelector("[data-label]") ?? button;
    const before = label.textContent;
    label.textContent = document.body.dataset.copied;
    setTimeout(() => { label.textContent = before; }, 1500);
  });
  // A table that is wider than its place is scrolled by the keyboard too.
  const reach = () => {
    for (const place of document.querySelectorAll(".table-wrap")) {
      if (place.scrollWidth > place.clientWidth) place.tabIndex = 0; else place.removeAttribute("tabindex");
    }
  };
  window.addEventListener("resize", reach);
  reach();
  window.bridge = { on };
})();
