// Every page of the route table, and every page that a form leads to: no violation of WCAG A and AA that axe-core knows,
// nothing that sticks out sideways; light and dark, wide and narrow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equip, violations } from '../lib/axe.mjs';
import { EMPTY, NO_PAGES, OPEN, SHOWN_BY, pages, steps } from '../lib/pages.mjs';
import { isSetUp, play } from '../lib/scene.mjs';
import { firstStart } from '../lib/steps.mjs';
import { World } from '../lib/world.mjs';

const PEOPLE = 60;
const WIDTHS = [1440, 390];

/** One finding, and where it was made. */
const note = (found, what, where) => found.set(what, [...(found.get(what) ?? []), where]);

/** Fails with every finding and the first places of it. */
const nothing = (found) => assert.equal([...found].map(([what, places]) => `${what}\n    ${places.length}: ${places.slice(0, 4).join('; ')}`).join('\n'), '');

/** Looks at the page that is open, as four people see it. */
async function look(desk, name, found) {
  for (const width of WIDTHS) {
    await desk.page.setViewportSize({ width, height: 900 });
    const sideways = await desk.page.evaluate(() => document.scrollingElement.scrollWidth - window.innerWidth);
    if (sideways > 0) note(found, 'sticks out sideways', `${name} at ${width} by ${sideways} pixels`);
    for (const colorScheme of ['light', 'dark']) {
      await desk.page.emulateMedia({ colorScheme });
      for (const violation of await violations(desk.page)) note(found, violation, `${name} at ${width}, ${colorScheme}`);
    }
  }
}

test('the walk knows every route', () => {
  const routes = new Set(JSON.parse(process.env.WECOM_BRIDGE_ROUTES));
  const known = new Set([...NO_PAGES, ...Object.keys(pages({ accounts: { accounts: [] } }))]);
  assert.deepEqual([...routes].filter((route) => !known.has(route)), [], 'pages that nobody looks at: add them to lib/pages.mjs');
  assert.deepEqual([...known].filter((route) => !routes.has(route)), [], 'routes that are no more');
});

test('every page is accessible and fits', { timeout: 1_200_000 }, () => World.ready({ people: 0, change: isSetUp }, async (world) => {
  const all = pages(await play(world, PEOPLE));
  const stranger = await world.desk();
  const boss = await world.signedIn('boss');
  await Promise.all([equip(stranger), equip(boss)]);
  const found = new Map();
  const only = process.env.BROWSER_ONLY;
  for (const [route, addresses] of Object.entries(all)) {
    const desk = OPEN.has(route) ? stranger : boss;
    if (addresses === null) assert.ok(['setup', ...steps(PEOPLE).map(([name]) => name)].includes(SHOWN_BY[route]), route);
    for (const address of addresses ?? []) {
      if (only && !address.includes(only)) continue;
      if (/first=nobody/.test(address)) desk.expects(422);
      await desk.go(address);
      assert.equal(desk.page.url(), world.base + address, 'the page answers under its own address');
      await look(desk, address, found);
    }
  }
  for (const [name, go] of steps(PEOPLE)) {
    await boss.page.setViewportSize({ width: 1440, height: 900 });
    try {
      await go(boss);
    } catch (error) {
      note(found, `the way to ${name}: ${error.message}`, boss.page.url());
      continue;
    }
    if (!only || name.includes(only)) await look(boss, name, found);
  }
  nothing(found);
}));

test('an empty appliance is accessible and fits', { timeout: 600_000 }, () => World.with({ isServed: false }, async (world) => {
  const link = await world.serve({ isFirst: true });
  const desk = await world.desk();
  await equip(desk);
  const found = new Map();
  desk.expects(403);
  await desk.go('/setup');
  await look(desk, 'setup without a link', found);
  await desk.go(link);
  await look(desk, 'setup', found);
  desk.expects(422);
  await desk.fill('account_name', '张 三');
  await desk.press('setup_button');
  await desk.sees('fix_fields');
  await look(desk, 'setup with faults', found);
  await desk.page.setViewportSize({ width: 1440, height: 900 });
  await firstStart(desk, link);
  await look(desk, 'the first overview', found);
  await desk.go('/corps');
  await look(desk, 'no corps', found);
  await world.run(['apply', await world.setup((text) => text.replace(/contacts_secret.*/, '').replace(/^secret .*/m, ''))]);
  for (const address of EMPTY) {
    await desk.go(address);
    await look(desk, `empty ${address}`, found);
  }
  nothing(found);
}));
