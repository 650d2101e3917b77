// What the three roles see and may do: the navigation, the pages, the buttons.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ends, preview } from '../lib/steps.mjs';
import { World, directory } from '../lib/world.mjs';

const PEOPLE = 12;

/** Pages and buttons: who finds the button on the page. The others either see the page without it or are refused the page. */
const MATTERS = [
  // page, button or link, administrator, operator, auditor
  ['/corps', 'corp_new', true, false, false],
  ['/corps/acme-main', 'corp_remove', true, false, false],
  ['/corps/acme-main/sync', 'hub_pull', true, true, false],
  ['/corps/acme-main/sync', 'hub_plan', true, true, false],
  ['/corps/acme-main/settings', 'save', true, false, false],
  ['/tenants/acme/directory', 'dir_new_employee', true, true, false],
  ['/tenants/acme/import', 'import_look', true, true, false],
  ['/corps/acme-main/bindings', 'swap_title', true, true, false],
  ['/system/accounts', 'accounts_new', true, false, false],
  ['/system/keys', 'keys_new', true, false, false],
  ['/system/settings', 'save', true, false, false],
  ['/system/backup', 'backup_make', true, false, false],
  ['/system/audit', 'audit_verify', true, false, true],
];

test('each role sees what it may and is refused the rest', () => World.ready({
  people: PEOPLE, change: (text) => text.replace('max_removals          = 50', 'max_removals          = 1'),
}, async (world) => {
  await world.account('olga', 'operator', '操作员');
  await world.account('audrey', 'auditor', '审计员');
  const desks = { administrator: await world.signedIn('boss'), operator: await world.signedIn('olga'), auditor: await world.signedIn('audrey') };
  const { t } = desks.administrator;

  for (const [path, name, ...expected] of MATTERS) {
    for (const [at, [role, desk]] of Object.entries(desks).entries()) {
      desk.expects(403);
      await desk.go(path);
      const refused = desk.expected.length === 0;
      desk.expected.length = 0;
      const found = await desk.main.locator('button, a.button').filter({ hasText: t(name) }).count() > 0;
      assert.equal(found, expected[at], `${role} and ${name} on ${path}`);
      if (refused) assert.equal(await desk.main.locator('.error-status').innerText(), '403', `${role} is told on ${path}`);
    }
  }

  // nothing in a navigation leads to a refusal
  for (const [role, desk] of Object.entries(desks)) {
    await desk.go('/');
    const links = await desk.navigation.getByRole('link').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
    assert.ok(links.length > 5, role);
    for (const link of links) {
      const answer = await desk.context.request.get(world.base + link);
      assert.equal(answer.status(), 200, `${role} at ${link}`);
    }
  }

  // the operator syncs; what a guard holds waits for the administrator
  const { administrator: boss, operator: olga, auditor: audrey } = desks;
  await preview(olga);
  await olga.press('plan_apply');
  await olga.arrives(/\/runs\//);
  await ends(olga, 'Done');
  assert.equal((await world.sandbox.members()).size, PEOPLE);
  await world.import(directory(PEOPLE, { without: [2, 5] }));
  await preview(olga);
  await olga.sees('plan_waits_for_admin');
  assert.equal(await olga.button(t('decide_allow'), olga.main).count(), 0);
  const held = olga.path;
  await audrey.go(held);
  await audrey.sees('plan_waits_for_admin');
  await boss.go(held);
  await boss.fill('decide_reason', '已核对');
  await boss.press('decide_allow');
  await boss.sees('decide_allowed');
  await audrey.go(held);
  assert.equal(await audrey.button(t('plan_apply'), audrey.main).count(), 0, 'an auditor only looks');
  await olga.go(held);
  await olga.main.locator('[data-confirm-text]').fill(t('plan_confirm_people', { count: 2 }));
  await olga.button(t('plan_apply'), olga.main).click();
  await olga.arrives(/\/runs\//);
  await ends(olga, 'Done');
  await audrey.navigate('nav_runs');
  await audrey.main.getByRole('row').filter({ hasText: 'olga' }).first().waitFor();
}));
