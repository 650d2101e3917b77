// Pictures of every page: `node shots.mjs OUT [--people 10000] [--only TEXT] [--language en] [--full]`, 1440 and 390 pixels wide, light and
// dark. WECOM_BRIDGE_PROGRAM names the program; with BROWSER_LIVE set, style sheet and script come from the working tree.
import fs from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { EMPTY, pages, steps } from './lib/pages.mjs';
import { isSetUp, play } from './lib/scene.mjs';
import { firstStart } from './lib/steps.mjs';
import { World } from './lib/world.mjs';

/** The routes as they stand in the sources: pages that the list does not name are found by the links that lead to them. */
async function routes() {
  const folder = new URL('../../src/web/', import.meta.url);
  const names = (await fs.readdir(folder, { recursive: true })).filter((name) => name.endsWith('.rs'));
  const texts = await Promise.all(names.map((name) => fs.readFile(new URL(name, folder), 'utf8')));
  return texts.flatMap((text) => [...text.matchAll(/\.(?:get|list)\(\s*"(\/[^"]*)"/g)].map(([, route]) => route));
}
process.env.WECOM_BRIDGE_ROUTES ??= JSON.stringify(await routes());
const { walk } = await import('./lib/walk.mjs');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { people: { type: 'string', default: '10000' }, only: { type: 'string', default: '' }, language: { type: 'string', default: 'zh' }, full: { type: 'boolean' }, widths: { type: 'string', default: '1440,390' }, schemes: { type: 'string', default: 'light,dark' }, empty: { type: 'boolean' } },
});
const [out] = positionals;
if (!out) throw new Error('node shots.mjs OUT [--people 10000] [--only TEXT] [--language en] [--full] [--empty]');
const people = Number(values.people);
await fs.mkdir(out, { recursive: true });

async function shoot(desk, name) {
  const file = name.replace(/[^\w=]+/g, '_').replace(/^_|_$/g, '') || 'root';
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
  const taken = new Map();
  const { unseen } = await walk({ stranger, boss }, pages(facts), {
    only: values.only,
    open: async (desk, address) => {
      if (/first=nobody/.test(address)) desk.expects(422);
      await desk.go(address);
    },
    look: async (desk, name) => {
      const plain = name.replace(facts.held, 'held').replace(facts.plan, 'ready').replace(facts.run, 'partly').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id');
      const before = taken.get(plain) ?? 0;
      taken.set(plain, before + 1);
      await shoot(desk, before ? `${plain}-${before}` : plain);
    },
  });
  if (unseen.length) console.error(`no link leads to ${unseen.join(' ')}`);
  for (const [name, go] of steps(people)) {
    if (!`step-${name}`.includes(values.only)) continue;
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
