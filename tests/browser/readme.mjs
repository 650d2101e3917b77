// The pictures of README and docs: `node readme.mjs OUT`, made from the demo's organisation. WECOM_BRIDGE_PROGRAM names the program.
import fs from 'node:fs/promises';
import path from 'node:path';
import { Desk } from './lib/desk.mjs';
import { launch } from './lib/launch.mjs';
import { start } from './lib/program.mjs';

const [out = '../../docs/images'] = process.argv.slice(2);
await fs.mkdir(out, { recursive: true });
const demo = await start(['demo', '--json', '--employees', '2000', '--listen', '127.0.0.1:0'], [/^(\{.*"account".*\})$/m]);
const told = JSON.parse(demo.found[0]);
const chromium = await launch();
const world = { base: told.url, sandbox: { base: told.sandbox }, known: new Set([told.url, told.sandbox]), chromium };

try {
  // a week of the organisation's life is in the demo already, and a plan waits for a decision
  for (const language of ['zh', 'en']) {
    const open = async (options) => {
      const desk = await Desk.open(world, { language, ...options });
      await desk.signIn(told.account.name, told.account.password);
      return desk;
    };
    const take = (desk, name) => desk.page.screenshot({ path: path.join(out, `${name}.${language}.png`) });
    const desk = await open({ height: 860 });
    await desk.go('/');
    await take(desk, 'overview');
    await desk.follow('overview_decide');
    await desk.main.locator('.tree details').first().waitFor();
    const plan = desk.path;
    await take(desk, 'preview');
    const dark = await open({ dark: true, height: 860 });
    await dark.go('/tenants/acme/directory');
    await take(dark, 'directory-dark');
    const narrow = await open({ width: 390, height: 844 });
    await narrow.go(plan);
    await take(narrow, 'preview-narrow');
    const night = await open({ dark: true, width: 390, height: 844 });
    await night.go('/');
    await take(night, 'overview-narrow');
    for (const one of [desk, dark, narrow, night]) await one.context.close();
  }
} finally {
  await chromium.close();
  await demo.stop();
}
