// Plans that a guard holds: one is rejected, the next one allowed with a reason and applied.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ends, preview } from '../lib/steps.mjs';
import { CORP, World, directory } from '../lib/world.mjs';

const PEOPLE = 12;
const GONE = [1, 4, 7];

const decide = (options) => World.ready({
  people: PEOPLE, change: (text) => text.replace('max_removals          = 50', 'max_removals          = 2'),
}, async (world) => {
  await world.run(['sync', '--corp', CORP]);
  await world.import(directory(PEOPLE, { without: GONE }));
  const desk = await world.signedIn('boss', options);
  const { t } = desk;
  const enabled = async () => [...(await world.sandbox.members()).values()].filter((member) => member.is_enabled !== false).length;

  // three people would go, two may: the plan waits
  await preview(desk);
  await desk.sees('plan_is_held');
  assert.equal(await desk.button(t('plan_apply'), desk.main).count(), 0, 'nobody can apply what is held');

  // without a reason nothing is decided
  desk.expects(422);
  await desk.press('decide_reject');
  await desk.sees('decide_needs_reason');
  await desk.fill('decide_reason', '三个人还没有办完离职手续');
  await desk.press('decide_reject');
  await desk.sees('decide_rejected');
  await desk.seesText('三个人还没有办完离职手续');
  assert.equal(await desk.button(t('plan_apply'), desk.main).count(), 0, 'a rejected plan is never applied');
  await desk.navigate('nav_decisions');
  await desk.sees('decisions_none');

  // the next day: made again, found on the overview, allowed
  await preview(desk);
  await desk.navigate('nav_overview');
  await desk.follow('overview_decide');
  await desk.fill('decide_reason', '人事部已确认');
  await desk.press('decide_allow');
  await desk.sees('decide_allowed');
  const apply = desk.button(t('plan_apply'), desk.main);
  if (options.script === false) {
    // nothing holds the button back, so the server does
    desk.expects(422);
    await apply.click();
    await desk.sees('confirm_mismatch');
  } else assert.equal(await apply.isDisabled(), true, 'a removal is confirmed by typing');
  await desk.main.locator('[data-confirm-text]').fill(t('plan_confirm_people', { count: GONE.length }));
  await apply.click();
  await desk.arrives(/\/runs\//);
  await ends(desk, 'Done');
  assert.equal(await enabled(), PEOPLE - GONE.length);

  // both decisions are in the audit log, with their reasons
  await desk.navigate('nav_audit');
  for (const reason of ['三个人还没有办完离职手续', '人事部已确认']) {
    const row = desk.main.getByRole('row').filter({ hasText: reason }).first();
    await row.locator('summary').click();
    await row.getByText(reason).waitFor();
  }
});

test('a held plan is rejected, another one allowed and applied', () => decide({}));
test('a held plan is rejected, another one allowed and applied, without script', () => decide({ script: false }));
