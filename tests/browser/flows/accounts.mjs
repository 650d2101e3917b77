// People and machines that get in: a second factor, a first password that must be changed, an API key that is shown once.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { PASSWORD, World } from '../lib/world.mjs';

/** The code that an authenticator app shows, so many steps of 30 seconds from now. */
function code(secret, steps = 0) {
  const bits = [...secret.replace(/\s/g, '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const seed = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', seed).update(step).digest();
  const offset = mac.at(-1) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('a second factor is set up, asked for, and replaced by a recovery code', () => World.ready({ people: 0 }, async (world) => {
  const desk = await world.signedIn();
  const { t } = desk;
  const signOut = async () => {
    await desk.page.getByRole('banner').locator('details.menu > summary').last().click();
    await desk.button(t('sign_out')).click();
    await desk.arrives(/\/sign-in/);
  };
  const enter = async (given) => {
    await desk.fill('sign_in_name', 'boss');
    await desk.fill('sign_in_password', PASSWORD);
    if (given !== undefined) {
      const field = desk.field(t('sign_in_code'), desk.main);
      if (!await field.isVisible()) await desk.main.getByText(t('sign_in_have_code')).click();
      await field.fill(given);
    }
    await desk.press('sign_in_button');
  };

  await desk.go('/account');
  await desk.follow('factor_manage');
  await desk.fill('account_present', PASSWORD);
  await desk.press('factor_next');
  const secret = await desk.main.locator('ol code').innerText();
  desk.expects(422);
  await desk.main.locator('#f-code').fill('000000');
  await desk.press('factor_confirm');
  await desk.sees('account_fault_code');
  await desk.main.locator('#f-code').fill(code(secret));
  await desk.press('factor_confirm');
  await desk.sees('factor_done');
  const recovery = (await desk.main.locator('#codes').innerText()).trim().split(/\s+/);
  assert.ok(recovery.length >= 5, recovery.join());
  await desk.follow('factor_codes_kept');
  await desk.sees('factor_on');
  await signOut();

  // the password alone opens nothing
  desk.expects(401);
  await enter();
  await desk.sees('sign_in_needs_code');
  await enter(code(secret, 1));
  await desk.heading(t('nav_overview'));
  await signOut();

  // the telephone is at home: a recovery code, and each only once
  await enter(recovery[0]);
  await desk.heading(t('nav_overview'));
  await signOut();
  desk.expects(401);
  await enter(recovery[0]);
  await desk.sees('sign_in_wrong_code');
}));

test('a new colleague signs in with the first password and has to choose another', () => World.ready({ people: 0 }, async (world) => {
  const boss = await world.signedIn();
  await boss.navigate('nav_accounts');
  await boss.follow('accounts_new');
  await boss.fill('account_name', 'newcomer');
  await boss.fill('account_display_name', '新同事');
  await boss.press('accounts_create');
  const first = await boss.main.locator('input.code').inputValue();
  await boss.follow('accounts_password_noted');
  await boss.heading('新同事');

  const desk = await world.desk();
  await desk.signIn('newcomer', first);
  await desk.sees('account_password_must');
  await desk.go('/corps');
  await desk.sees('account_password_must');
  await desk.fill('account_present', first);
  await desk.fill('account_new_password', PASSWORD);
  await desk.fill('account_repeated', PASSWORD);
  await desk.press('account_password_change');
  await desk.navigate('nav_corps');
  await desk.heading(desk.t('nav_corps'));

  // disabled: the open session ends with the next click
  await boss.press('accounts_disable');
  await boss.sees('accounts_disabled');
  await desk.navigate('nav_overview');
  await desk.arrives(/\/sign-in/);
}));

test('an API key is shown once, works, and stops working when it is revoked', () => World.ready({ people: 3 }, async (world) => {
  const desk = await world.signedIn();
  const { t } = desk;
  // the address of the sample on the page is one that this key may ask
  const ask = async (key) => (await fetch(`${world.base}/api/v1/corps`, { headers: { authorization: `Bearer ${key}` } })).status;
  await desk.navigate('nav_keys');
  await desk.follow('keys_new');
  await desk.fill('keys_name', 'OA');
  await desk.main.getByRole('checkbox', { name: 'corp.read' }).check();
  await desk.press('keys_create');
  const key = await desk.main.locator('input.code').inputValue();
  assert.match(key, /^wbk_/);
  await desk.seesText(`${world.base}/api/v1/corps`);
  assert.equal(await ask(key), 200);
  await desk.follow('keys_noted');
  await desk.seesText('OA');
  assert.ok(!(await desk.page.content()).includes(key), 'it is never shown again');
  await desk.press('keys_revoke');
  await desk.seesText(t('keys_revoked_now', { name: 'OA' }));
  assert.equal(await ask(key), 401);
}));
