// The walk over every page: those of a list, and the others by the links that lead to them. A page that no link leads to is
// seen by nobody.
import { OPEN, isNoPage } from './pages.mjs';

/** The routes of pages. */
export const ROUTES = JSON.parse(process.env.WECOM_BRIDGE_ROUTES ?? '[]').filter((route) => !isNoPage(route));

/** The route that answers a path: of those that fit, the one with the fewest holes. */
const routeOf = (path) => ROUTES
  .filter((route) => new RegExp(`^${route.replace(/\{\w+\}/g, '[^/]+')}$`).test(path))
  .sort((a, b) => a.split('{').length - b.split('{').length)[0];

/** Keeps where the page's links lead, one of each kind: ids and values in them do not matter. */
async function gather(page, links) {
  for (const href of await page.locator('a[href]').evaluateAll((all) => all.map((link) => link.href))) {
    const { origin, pathname, searchParams } = new URL(href);
    if (origin !== new URL(page.url()).origin) continue;
    const kind = `${pathname.replace(/[^/]*\d[^/]*/g, '#')}?${[...searchParams.keys()].sort().join()}`;
    if (!links.has(kind)) links.set(kind, { href, from: page.url() });
  }
}

/**
 * Opens every page and looks at it: `list` has the addresses by their route, `open` goes to one, `look` is told its name.
 * With `only`, nothing but the listed addresses that hold that text. Answers the links that were found, by their kind, and
 * the routes that none of them leads to.
 */
export async function walk({ stranger, boss }, list, { open, look, only }) {
  const links = new Map();
  for (const [route, addresses] of Object.entries(list)) {
    const desk = OPEN.has(route) ? stranger : boss;
    for (const address of addresses ?? []) {
      if (only && !address.includes(only)) continue;
      await open(desk, address);
      await look(desk, address);
      await gather(desk.page, links);
    }
  }
  const rest = new Set(only ? [] : ROUTES.filter((route) => !(route in list)));
  for (let isMore = true; isMore;) {
    isMore = false;
    for (const route of rest) {
      const way = [...links.values()].find(({ href }) => routeOf(new URL(href).pathname) === route);
      if (!way) continue;
      rest.delete(route);
      isMore = true;
      await open(boss, way.href);
      await look(boss, route);
      await gather(boss.page, links);
    }
  }
  return { links, unseen: [...rest] };
}
