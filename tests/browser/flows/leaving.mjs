// What was entered and is not saved is not lost without a question.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CORP, World } from '../lib/world.mjs';

const SETTINGS = `/corps/${CORP}/settings`;

test('whoever leaves settings that were changed is asked, and saving asks nothing', () => World.ready({ people: 3 }, async (world) => {
  await world.run(['pull', '--corp', CORP]);
  const desk = await world.signedIn();
  const { t } = desk;
  const field = desk.main.locator('#f-max_removals');
  const leave = async ({ asks = false } = {}) => {
    desk.leaves = asks;
    await desk.navigate('nav_runs');
    await desk.heading(t('nav_runs'));
    desk.leaves = false;
  };
  /** Tries to leave, is asked, and stays. */
  const stay = async () => {
    const [before, path] = [desk.asked, desk.path];
    desk.stays = true;
    await Promise.all([desk.page.waitForEvent('dialog'), desk.navigate('nav_runs')]);
    desk.stays = false;
    assert.equal(desk.asked, before + 1);
    assert.equal(desk.path, path);
  };

  // nothing was changed, or it was changed back
  await desk.go(SETTINGS);
  const saved = await field.inputValue();
  await field.fill('7');
  await field.fill(saved);
  await leave();
  assert.equal(desk.asked, 0);

  await desk.go(SETTINGS);
  await field.fill('7');
  await stay();
  assert.equal(await field.inputValue(), '7');
  await leave({ asks: true });
  assert.equal(desk.asked, 2, 'asked again, and left');
  await desk.go(SETTINGS);
  assert.equal(await field.inputValue(), saved);

  // the buttons of the form ask nothing; what is tried is not saved
  await field.fill('7');
  await desk.press('what_if_button');
  await desk.sees('what_if_title');
  assert.equal(desk.asked, 2);
  await stay();
  await desk.press('save');
  await desk.sees('sync_saved');
  assert.equal(await field.inputValue(), '7');
  await leave();
  assert.equal(desk.asked, 3);

  // a scope that is picked and not saved: on its own page nothing is lost, beside it everything
  await desk.go(`${SETTINGS}/scope?pick=%2Bexclude+e0001`);
  await stay();
  await desk.link(t('scope_drop'), desk.main).click();
  await desk.main.getByText(t('scope_drop')).waitFor({ state: 'detached' });
  await leave();
  assert.equal(desk.asked, 4);

  // a form that is answered with what it showed when it was opened has nothing unsaved; with something else it has
  await desk.go(SETTINGS);
  await desk.press('what_if_button');
  await desk.sees('what_if_title');
  await leave();
  await desk.go('/corps/new');
  desk.expects(422);
  await desk.press('corp_create');
  await desk.sees('fix_fields');
  await leave();
  assert.equal(desk.asked, 4);
  await desk.go('/corps/new');
  await desk.main.locator('#f-key').fill('other');
  desk.expects(422);
  await desk.press('corp_create');
  await desk.sees('fix_fields');
  await stay();
  await leave({ asks: true });
  assert.equal(desk.asked, 6);
}));
