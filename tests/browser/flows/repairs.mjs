// What goes wrong and is put right: a record that failed is tried again, a run is undone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ends, preview } from '../lib/steps.mjs';
import { World } from '../lib/world.mjs';

const PEOPLE = 12;

const retry = (options) => World.ready({ people: PEOPLE }, async (world) => {
  await world.sandbox.fault({ path: 'user/create', skip: 5, count: 1, effect: { kind: 'errcode', errcode: 60104 } });
  const desk = await world.signedIn('boss', options);
  await preview(desk);
  await desk.press('plan_apply');
  await desk.arrives(/\/runs\//);
  await ends(desk, 'Partly');
  assert.equal((await world.sandbox.members()).size, PEOPLE - 1);
  await desk.sees('run_failed_title', { count: 1 });
  await desk.seesText('60104');
  await desk.press('run_retry');
  await ends(desk, 'Done');
  assert.equal((await world.sandbox.members()).size, PEOPLE);
});

test('a failed record is tried again', () => retry({}));
test('a failed record is tried again without script', () => retry({ script: false }));

test('a run is undone by a plan that is looked at first', () => World.ready({ people: PEOPLE }, async (world) => {
  const desk = await world.signedIn();
  const { t } = desk;
  await preview(desk);
  await desk.press('plan_apply');
  await desk.arrives(/\/runs\//);
  await ends(desk, 'Done');
  assert.equal((await world.sandbox.members()).size, PEOPLE);
  await desk.press('run_undo');
  await desk.arrives(/\/plans\/[^/]+$/);
  await desk.sees('plan_is_undo');
  assert.equal((await world.sandbox.members()).size, PEOPLE, 'looking undoes nothing');
  // everybody would go: more than the guards let pass
  await desk.fill('decide_reason', '演练结束，收回全部新建');
  await desk.press('decide_allow');
  await desk.sees('decide_allowed');
  const confirm = desk.main.locator('[data-confirm-text]');
  await confirm.fill(await confirm.getAttribute('data-confirm-text'));
  await desk.button(t('plan_apply'), desk.main).click();
  await desk.arrives(/\/runs\//);
  await ends(desk, 'Done');
  await desk.heading(t('run_title', { kind: t('run_kind_undo') }));
  await desk.sees('undo_again');
  assert.equal((await world.sandbox.members()).size, 0);
}));
