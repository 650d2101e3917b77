// Every page of the route table, and every page that a form leads to: no violation of WCAG A and AA that axe-core knows,
// nothing that sticks out sideways; light and dark, wide and narrow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equip, violations } from '../lib/axe.mjs';
import { WIDTHS, sticksOut } from '../lib/fit.mjs';
import { EMPTY, SHOWN_BY, pages, steps } from '../lib/pages.mjs';
import { isSetUp, play } from '../lib/scene.mjs';
import { firstStart } from '../lib/steps.mjs';
import { CORPID } from '../lib/sandbox.mjs';
import { ROUTES, walk } from '../lib/walk.mjs';
import { CORP, World } from '../lib/world.mjs';

const PEOPLE = 60;

/** One finding, and where it was made. */
const note = (found, what, where) => found.set(what, [...(found.get(what) ?? []), where]);

/** Fails with every finding and the first places of it. */
const nothing = (found) => assert.equal([...found].map(([what, places]) => `${what}\n    ${places.length}: ${places.slice(0, 4).join('; ')}`).join('\n'), '');

/** Ids that a page gives twice: labels and descriptions would point to the wrong place. */
const twice = (page) => page.evaluate(() => {
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  return [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))];
});

/** Looks at the page that is open, as four people see it. */
async function look(desk, name, found) {
  for (const id of await twice(desk.page)) note(found, `the id ${id} is there twice`, name);
  for (const width of WIDTHS) {
    await desk.page.setViewportSize({ width, height: 900 });
    const sideways = await sticksOut(desk.page);
    if (sideways > 0) note(found, 'sticks out sideways', `${name} at ${width} by ${sideways} pixels`);
    for (const colorScheme of ['light', 'dark']) {
      await desk.page.emulateMedia({ colorScheme });
      for (const violation of await violations(desk.page)) note(found, violation, `${name} at ${width}, ${colorScheme}`);
    }
  }
}

test('the list of pages is of today', () => {
  const routes = new Set(ROUTES);
  const known = new Set(Object.keys(pages({ accounts: { accounts: [] } })));
  assert.deepEqual([...known].filter((route) => !routes.has(route)), [], 'pages that are no more');
});

test('every page is accessible and fits', { timeout: 1_200_000 }, () => World.ready({ people: 0, change: isSetUp }, async (world) => {
  const all = pages(await play(world, PEOPLE));
  const stranger = await world.desk();
  const boss = await world.signedIn('boss');
  await Promise.all([equip(stranger), equip(boss)]);
  const found = new Map();
  const only = process.env.BROWSER_ONLY;
  for (const [route, addresses] of Object.entries(all)) {
    if (addresses === null) assert.ok(['setup', ...steps(PEOPLE).map(([name]) => name)].includes(SHOWN_BY[route]), route);
  }
  const { links, unseen } = await walk({ stranger, boss }, all, {
    only,
    open: async (desk, address) => {
      if (/first=nobody/.test(address)) desk.expects(422);
      await desk.go(address);
      assert.equal(desk.page.url(), new URL(address, world.base).href, 'the page answers under its own address');
    },
    look: (desk, name) => look(desk, name, found),
  });
  for (const route of unseen) note(found, `no link leads to ${route}`, 'the walk');
  for (const { href, from } of links.values()) {
    const answer = await boss.context.request.get(href, { maxRedirects: 0 });
    if (answer.status() >= 400) note(found, `a link leads to ${answer.status()}: ${href}`, from);
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

test('the page of the sandbox is accessible and fits', () => World.ready({ people: 12 }, async (world) => {
  await world.run(['sync', '--corp', CORP]);
  const desk = await world.desk();
  await equip(desk);
  const found = new Map();
  for (const page of ['/', '/?department=2', '/?view=messages', `/_sandbox/phone/${CORPID}/no0001`]) {
    await desk.go(world.sandbox.base + page);
    await look(desk, `sandbox ${page}`, found);
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
