// Both languages: chosen by the browser, by a click, by the account; and no English page with a Chinese word left in it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WIDTHS, sticksOut } from '../lib/fit.mjs';
import { EMPTY, pages, steps } from '../lib/pages.mjs';
import { CORPID } from '../lib/sandbox.mjs';
import { talk } from '../lib/scene.mjs';
import { walk } from '../lib/walk.mjs';
import { CORP, World } from '../lib/world.mjs';

test('the language follows the browser, the click and the account', () => World.ready({ people: 3 }, async (world) => {
  const desk = await world.desk({ language: 'en' });
  await desk.go('/sign-in');
  await desk.heading('Sign in');
  await desk.link('中文').click();
  await desk.heading('登录');
  assert.equal(await desk.page.locator('html').getAttribute('lang'), 'zh-CN');
  await desk.page.reload();
  await desk.heading('登录');

  const other = await world.signedIn('boss', { language: 'en' });
  await other.go('/account');
  await other.field('Language', other.main).selectOption({ label: '中文' });
  await other.press('save');
  await other.heading('我的账号');
}));

test('English pages have no Chinese word left in them, and fit', { timeout: 600_000 }, () => World.ready({
  // one call after another: the fourth member is the one that fails
  people: 0, change: (text) => text.replace(/concurrency +=.*/, 'concurrency = 1').replaceAll('示例集团', 'Example').replaceAll('已禁用用户', 'Disabled').replaceAll('工号', 'Number'),
}, async (world) => {
  const units = 'id,parent_id,name\nr,,Example\nu0,r,Research\nd1,u0,Lab\n';
  const people = Array.from({ length: 12 }, (_, at) => `e${String(at).padStart(4, '0')},no${String(at).padStart(4, '0')},Person ${at},1380000${String(at).padStart(4, '0')},Engineer,u0`);
  const employees = (rows) => `id,employee_no,name,mobile,position,unit_id\n${rows.join('\n')}\n`;
  await world.sandbox.ask('POST', `corps/${CORPID}/console/department/update`, { id: 1, name: 'Example' });
  await world.run(['pull', '--corp', CORP]);
  await world.import({ units, employees: employees(people) });
  await world.sandbox.fault({ path: 'user/create', skip: 3, count: 1, effect: { kind: 'errcode', errcode: 60129 } });
  const json = async (args) => JSON.parse(await world.run([...args, '--json'], [0, 3, 4, 5]));
  const { run } = await json(['sync', '--corp', CORP]);
  await talk(world, { title: 'A notice about approvals that span several departments', text: 'First line', keyword: 'leave', agree: 'Yes', reject: 'No' });
  await world.import({ units, employees: employees(people.slice(4)) });
  const { id: held } = await json(['plan', '--corp', CORP]);
  const accounts = await json(['admin', 'list']);
  await world.account('olga', 'operator', 'Olga');
  const stranger = await world.desk({ language: 'en' });
  const desk = await world.signedIn('boss', { language: 'en' });
  const left = [];
  /** What the page says in Chinese, and by how much it sticks out. */
  const look = async (looking, name) => {
    const words = await looking.page.evaluate(() => {
      const texts = [];
      for (const place of document.querySelectorAll('body *')) {
        if (place.closest('[lang^="zh"], [data-own], script, option[value^="zh"]')) continue;
        const own = [...place.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent).join('');
        // 工号 is the name of an attribute in WeCom, and no word of ours
        for (const text of [own, place.getAttribute('aria-label'), place.getAttribute('placeholder'), place.getAttribute('title')]) if (/\p{Script=Han}/u.test((text ?? '').replaceAll('工号', ''))) texts.push(text.trim());
      }
      return texts;
    });
    for (const text of words) if (!['中文', '王管理', '理'].includes(text)) left.push(`${name}: ${text}`);
    for (const width of WIDTHS) {
      await looking.page.setViewportSize({ width, height: 900 });
      const sideways = await sticksOut(looking.page);
      if (sideways > 0) left.push(`${name} sticks out by ${sideways} at ${width}`);
    }
  };
  const listed = { ...pages({ plan: held, held, run, accounts }), ...Object.fromEntries(EMPTY.map((address) => [`empty ${address}`, [address]])) };
  const { unseen } = await walk({ stranger, boss: desk }, listed, {
    only: process.env.BROWSER_ONLY,
    open: async (looking, address) => {
      if (/first=nobody/.test(address)) looking.expects(422);
      if (/nobody|e0005|e0010|d1|twice/.test(address)) looking.expects(404);
      await looking.go(address);
      looking.expected.length = 0;
    },
    look,
  });
  for (const route of unseen) left.push(`no link leads to ${route}`);
  // what an unknown address, forms with faults and the guide of the console say
  const wanted = ['not-found', 'settings-faults', 'corp-faults', 'diagnostics-done', 'callback-keys'];
  for (const [name, go] of steps(people.length).filter(([step]) => wanted.includes(step))) {
    await desk.page.setViewportSize({ width: 1440, height: 900 });
    await go(desk);
    await look(desk, name);
  }
  assert.deepEqual(left, []);
}));
