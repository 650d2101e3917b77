// The pictures of README and docs: `node readme.mjs OUT`, made from the demo's organisation. WECOM_BRIDGE_PROGRAM names the program.
import fs from 'node:fs/promises';
import path from 'node:path';
import { Desk } from './lib/desk.mjs';
import { launch } from './lib/launch.mjs';
import { start } from './lib/program.mjs';
import { preview } from './lib/steps.mjs';

const [out = '../../docs/images'] = process.argv.slice(2);
await fs.mkdir(out, { recursive: true });
const demo = await start(['demo', '--json', '--employees', '2000', '--listen', '127.0.0.1:0'], [/^(\{.*"account".*\})$/m]);
const told = JSON.parse(demo.found[0]);
const chromium = await launch();
const world = { base: told.url, sandbox: { base: told.sandbox }, known: new Set([told.url, told.sandbox]), chromium };

async function ask(method, address, body) {
  const answer = await fetch(`${told.url}/api/v1/${address}`, { method, body: body && JSON.stringify(body), headers: { authorization: `Bearer ${told.api_key}`, 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() } });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

try {
  // a week in the organisation's life: a new team, people who join, move, get another title, and leave
  const { items: units } = await ask('GET', 'tenants/acme/units?limit=300');
  const { items: people } = await ask('GET', 'tenants/acme/employees?limit=400');
  const parent = units.find((unit) => unit.parent_id && units.some((other) => other.parent_id === unit.id)) ?? units[1];
  await ask('POST', 'tenants/acme/units', { units: [{ id: 'new-team', parent_id: parent.id, name: '智能创新中心' }] });
  const names = ['林晓彤', '周子墨', '许嘉禾', '何雨桐', '宋知远', '唐若溪', '韩景行', '冯一诺'];
  const joined = names.map((name, at) => ({ id: `n${at}`, employee_no: `30000${at}`, name, mobile: `1390000100${at}`, position: '工程师', unit_id: 'new-team' }));
  const others = people.filter((one) => one.status !== 'departed' && !one.admin);
  const moved = others.slice(20, 31).map((one) => ({ ...one, unit_id: 'new-team' }));
  const titled = others.slice(60, 77).map((one) => ({ ...one, position: '高级工程师' }));
  const left = others.slice(120, 180).map((one) => ({ ...one, status: 'departed' }));
  await ask('POST', 'tenants/acme/employees', { employees: [...joined, ...moved, ...titled, ...left] });

  for (const language of ['zh', 'en']) {
    const open = async (options) => {
      const desk = await Desk.open(world, { language, ...options });
      await desk.signIn(told.account.name, told.account.password);
      return desk;
    };
    const take = (desk, name) => desk.page.screenshot({ path: path.join(out, `${name}.${language}.png`) });
    const desk = await open({ height: 860 });
    await preview(desk);
    const plan = desk.path;
    await desk.main.locator('.tree details').first().waitFor();
    await take(desk, 'preview');
    await desk.go('/');
    await take(desk, 'overview');
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
