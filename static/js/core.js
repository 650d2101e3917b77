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
  // The navigation is longer than a small window: it stays where it was, with the open page in sight.
  const sidebar = document.querySelector(".sidebar");
  if (sidebar) {
    sidebar.scrollTop = Number(sessionStorage.getItem("nav") ?? 0);
    const current = sidebar.querySelector("[aria-current]");
    if (current) {
      const [box, own] = [sidebar.getBoundingClientRect(), current.getBoundingClientRect()];
      if (own.top < box.top || own.bottom > box.bottom) sidebar.scrollTop += own.top - box.top - box.height / 2;
    }
    sidebar.addEventListener("scroll", () => sessionStorage.setItem("nav", sidebar.scrollTop), { passive: true });
  }
  // Of tabs that do not all fit, the open one is in sight.
  for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
    const row = tab.closest(".tabs");
    const [box, own] = [row.getBoundingClientRect(), tab.getBoundingClientRect()];
    if (own.right > box.right) row.scrollLeft += own.right - box.right + 28;
  }
  // A sentence of the form before survives when the page that shows it is loaded anew by itself.
  const reload = () => {
    const flash = document.querySelector(".flash");
    if (flash) sessionStorage.setItem("flash", JSON.stringify([location.pathname, flash.className, flash.textContent]));
    location.reload();
  };
  const [where, kind, said] = JSON.parse(sessionStorage.getItem("flash") ?? "[]");
  sessionStorage.removeItem("flash");
  if (where === location.pathname && !document.querySelector(".flash")) {
    const flash = document.createElement("div");
    flash.className = kind; flash.textContent = said; flash.setAttribute("role", "status");
    document.querySelector("main").prepend(flash);
  }
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
  window.bridge = { on, reload };
})();
