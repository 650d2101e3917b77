// Pictures of every page: `node shots.mjs OUT [--people 10000] [--only TEXT] [--language en] [--full]`, 1440 and 390 pixels wide, light and
// dark. WECOM_BRIDGE_PROGRAM names the program; with BROWSER_LIVE set, style sheet and script come from the working tree.
import fs from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { EMPTY, OPEN, pages, steps } from './lib/pages.mjs';
import { isSetUp, play } from './lib/scene.mjs';
import { firstStart } from './lib/steps.mjs';
import { World } from './lib/world.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { people: { type: 'string', default: '10000' }, only: { type: 'string', default: '' }, language: { type: 'string', default: 'zh' }, full: { type: 'boolean' }, widths: { type: 'string', default: '1440,390' }, schemes: { type: 'string', default: 'light,dark' }, empty: { type: 'boolean' } },
});
const [out] = positionals;
if (!out) throw new Error('node shots.mjs OUT [--people 10000] [--only TEXT] [--language en] [--full] [--empty]');
const people = Number(values.people);
await fs.mkdir(out, { recursive: true });

async function shoot(desk, name) {
  if (!name.includes(values.only)) return;
  const file = name.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id').replace(/[^\w=]+/g, '_').replace(/^_|_$/g, '') || 'root';
  for (const width of values.widths.split(',').map(Number)) {
    await desk.page.setViewportSize({ width, height: width < 600 ? 844 : 900 });
    for (const colorScheme of values.schemes.split(',')) {
      await desk.page.emulateMedia({ colorScheme });
      await desk.page.screenshot({ path: path.join(out, `${file}.${width}.${colorScheme}.png`), fullPage: Boolean(values.full) });
    }
  }
  await desk.page.setViewportSize({ width: 1440, height: 900 });
}

/** An appliance in use. */
const used = () => World.ready({ people: 0, change: isSetUp }, async (world) => {
  const facts = await play(world, people);
  const stranger = await world.desk({ language: values.language });
  const boss = await world.signedIn('boss', { language: values.language });
  for (const [route, addresses] of Object.entries(pages(facts))) {
    const desk = OPEN.has(route) ? stranger : boss;
    for (const [at, address] of (addresses ?? []).entries()) {
      if (!address.includes(values.only)) continue;
      if (address.includes('first=nobody')) desk.expects(422);
      await desk.go(address);
      await shoot(desk, `${address}${at > 0 && /id/.test(route) ? `-${at}` : ''}`.replace(facts.held, 'held').replace(facts.plan, 'ready').replace(facts.run, 'partly'));
    }
  }
  for (const [name, go] of steps(people)) {
    await go(boss).catch((error) => console.error(`${name}: ${error.message}`));
    await shoot(boss, `step-${name}`);
  }
});

/** An appliance that was just set up. */
const empty = () => World.with({ isServed: false }, async (world) => {
  const link = await world.serve({ isFirst: true });
  const desk = await world.desk({ language: values.language });
  desk.expects(403);
  await desk.go('/setup');
  await shoot(desk, 'empty-setup-without');
  await desk.go(link);
  await shoot(desk, 'empty-setup');
  await firstStart(desk, link);
  await shoot(desk, 'empty-first');
  await desk.go('/corps');
  await shoot(desk, 'empty-no-corps');
  await world.run(['apply', await world.setup((text) => text.replace(/contacts_secret.*/, '').replace(/^secret .*/m, ''))]);
  for (const address of EMPTY) {
    await desk.go(address);
    await shoot(desk, `empty${address}`);
  }
});

await (values.empty ? empty() : used());
