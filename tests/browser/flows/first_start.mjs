// From a server that was never started to a finished run, entirely by clicks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, ends, firstStart, importDirectory, preview } from '../lib/steps.mjs';
import { World, directory } from '../lib/world.mjs';

const PEOPLE = 24;

/** The whole way of a new administrator. */
const walk = (options) => World.with({ isServed: false }, async (world) => {
  const link = await world.serve({ isFirst: true });
  const desk = await world.desk(options);
  const { t } = desk;
  await firstStart(desk, link);
  await connect(desk, world.sandbox);

  // the connection is tested step by step
  await desk.press('corp_test');
  await desk.sees('check_all_well');

  await importDirectory(desk, directory(PEOPLE));

  // the sync is switched on, and limited to two units
  await desk.navigate('nav_sync_settings');
  await desk.main.getByRole('checkbox', { name: t('opt_enabled') }).check();
  await desk.fill('opt_userid_from', 'employee_no');
  await desk.press('save');
  await desk.sees('sync_saved');
  await desk.press('scope_edit');
  await desk.follow('scope_root');
  await desk.link('示例集团', desk.main).click();
  for (const unit of ['研发中心', '市场部']) {
    await desk.main.getByRole('row', { name: unit }).getByRole('button', { name: t('scope_add') }).click();
    await desk.main.getByRole('row', { name: unit }).getByRole('button', { name: t('scope_remove') }).waitFor();
  }
  await desk.press('save');
  await desk.sees('scope_saved');

  // what would happen
  await preview(desk);
  await desk.heading(t('plan_title'));
  assert.equal(await desk.main.getByRole('row', { name: '行政部' }).count(), 0, 'outside the scope');
  assert.equal((await world.sandbox.members()).size, 0, 'a preview writes nothing');

  // and it happens
  await desk.press('plan_apply');
  await desk.arrives(/\/runs\//);
  await ends(desk, 'Done');
  const members = await world.sandbox.members();
  assert.equal(members.size, PEOPLE * 2 / 3);
  assert.equal(members.get('no0000').name, '员工0000');
  assert.deepEqual(await world.sandbox.departments(), ['市场部', '研发中心', '示例集团']);

  // afterwards both sides agree
  await preview(desk);
  await desk.sees('plan_none');
  await desk.navigate('nav_members');
  await desk.link('员工0000', desk.main).first().click();
  await desk.seesText('no0000');
});

test('first start to a finished run, in Chinese', () => walk({ language: 'zh' }));
test('first start to a finished run, in English', () => walk({ language: 'en' }));
test('first start to a finished run, without script', () => walk({ script: false }));
