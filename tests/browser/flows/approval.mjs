// An approval card travels from the API to the phones, is pressed there, reaches the business system signed and once, and
// changes on every recipient's phone; the administrator sees who did what.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equip, violations } from '../lib/axe.mjs';
import { Hook, api, isGenuine } from '../lib/hook.mjs';
import { CORPID } from '../lib/sandbox.mjs';
import { CORP, TENANT, World } from '../lib/world.mjs';

const AGENT = 1000002;
const WORDS = '员工0001 已同意';

test('a card is approved on the phone', () => World.ready({ people: 3 }, async (world) => {
  await world.run(['sync', '--corp', CORP]);
  const ask = await api(world);
  const callback = { url: `${world.base}/cb/${CORP}/oa`, token: 'oaToken', aes_key: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG' };
  await world.sandbox.ask('PUT', `corps/${CORPID}/apps/${AGENT}/callback`, callback);
  const hook = await Hook.open();
  try {
    const { secret } = await ask('PUT', 'webhooks/oa', { url: hook.url, events: [] });
    await ask('POST', `tenants/${TENANT}/rules`, { name: '待办', source: 'workflow', targets: [{ corp: CORP, app: 'oa', kind: 'template_card' }] });
    const { id } = await ask('POST', 'messages', {
      tenant: TENANT, source: 'workflow', event: 'leave.submitted', todo: 'pending', title: '请假审批', body: '张三申请三天年假',
      url: `${world.base}/sign-in`, recipients: { employees: ['e0000', 'e0001', 'e0002'] }, webhook: 'oa', data: { ticket: 4711 },
      buttons: [{ key: 'ok', text: '同意' }, { key: 'no', text: '驳回', style: 4 }],
    });

    // it is on all three phones, with its buttons
    const phones = [];
    for (const userid of ['no0000', 'no0001', 'no0002']) {
      const phone = await world.desk({ width: 390, height: 800 });
      await phone.go(`${world.sandbox.base}/_sandbox/phone/${CORPID}/${userid}/app/${AGENT}`);
      await phone.button('同意').waitFor();
      await phone.button('驳回').waitFor();
      await phone.page.getByText('请假审批').first().waitFor();
      phones.push(phone);
    }
    await phones[1].button('同意').click();

    // the business system hears of it: signed, and once
    await hook.hears();
    const [{ headers, body }] = hook.told;
    assert.ok(isGenuine(secret, headers, body), 'the signature is right');
    assert.ok(!isGenuine(secret, headers, body.replace('"ok"', '"no"')), 'a changed body is not');
    assert.ok(!isGenuine(secret, headers, body, Date.now() / 1000 + 600), 'ten minutes later it is a replay');
    const { type, data } = JSON.parse(body);
    assert.equal(type, 'card.decision');
    assert.deepEqual(
      { message: data.message, button: data.button, employee: data.employee, userid: data.userid, ticket: data.data.ticket },
      { message: id, button: 'ok', employee: 'e0001', userid: 'no0001', ticket: 4711 },
    );

    // every phone shows it by itself, and nobody can press any more
    for (const phone of phones) {
      await phone.page.getByText(WORDS).waitFor();
      assert.equal(await phone.button('同意').count() + await phone.button('驳回').count(), 0, phone.page.url());
    }

    // the administrator sees who pressed what, that it was told, and that the cards show it; by clicks, without script too
    for (const options of [{}, { script: false, width: 390, height: 800 }]) {
      const desk = await world.signedIn('boss', options);
      if (options.script !== false) await equip(desk);
      await desk.go(`/tenants/${TENANT}/messages/${id}`);
      await desk.sees('todo_title');
      await desk.seesText(WORDS);
      await desk.sees('todo_told_done');
      await desk.main.getByRole('row').filter({ hasText: 'acme-main/no0001' }).getByText('同意').waitFor();
      await desk.main.getByRole('row').filter({ hasText: desk.t('todo_everyone') }).getByText('已更新').waitFor();
      if (options.script !== false) assert.deepEqual(await violations(desk.page), []);
    }

    // what the business system says afterwards is shown as well
    await ask('POST', `messages/${id}/todo`, { state: 'returned', text: '已退回申请人' });
    for (const phone of phones) await phone.page.getByText('已退回申请人').waitFor();
    assert.equal(hook.told.length, 1, 'it was told once');
    const { todo } = await ask('GET', `messages/${id}`);
    assert.deepEqual([todo.stage, todo.decision.button, todo.cards.map(({ state }) => state)], ['returned', 'ok', ['done', 'done']]);
  } finally {
    await hook.close();
  }
}));

test('a card made by hand on the page is approved too', () => World.ready({ people: 2 }, async (world) => {
  await world.run(['sync', '--corp', CORP]);
  const ask = await api(world);
  const callback = { url: `${world.base}/cb/${CORP}/oa`, token: 'oaToken', aes_key: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG' };
  await world.sandbox.ask('PUT', `corps/${CORPID}/apps/${AGENT}/callback`, callback);
  const hook = await Hook.open();
  try {
    await ask('PUT', 'webhooks/oa', { url: hook.url, events: [] });
    await ask('POST', `tenants/${TENANT}/rules`, { name: '待办', targets: [{ corp: CORP, app: 'oa', kind: 'template_card' }] });
    const desk = await world.signedIn('boss');
    const { t } = desk;
    await equip(desk);
    await desk.go(`/tenants/${TENANT}/messages/new`);
    await desk.fill('push_new_employees', 'e0000');
    await desk.fill('push_log_title', '用印申请');
    await desk.main.locator('summary').filter({ hasText: t('todo_title') }).click();
    await desk.field(t('todo_kind'), desk.main).selectOption('pending');
    for (const [n, text, key, style] of [[1, '批准', 'yes', '1'], [2, '不予批准', 'no', '4']]) {
      await desk.field(t('todo_new_button_text', { n }), desk.main).fill(text);
      await desk.field(t('todo_new_button_key', { n }), desk.main).fill(key);
      await desk.field(t('todo_new_button_style', { n }), desk.main).selectOption(style);
    }
    await desk.field(t('todo_new_webhook'), desk.main).selectOption('oa');
    assert.deepEqual(await violations(desk.page), []);
    await desk.press('push_new_preview');
    await desk.seesText('用印申请');
    await desk.press('push_new_send');
    await desk.sees('push_new_sent');
    const phone = await world.desk({ width: 390, height: 800 });
    await phone.go(`${world.sandbox.base}/_sandbox/phone/${CORPID}/no0000/app/${AGENT}`);
    await phone.button('不予批准').click();
    await phone.page.getByText('员工0000 已不予批准').waitFor();
    await hook.hears();
    assert.equal(JSON.parse(hook.told[0].body).data.button, 'no');
    await desk.page.reload();
    await desk.main.getByRole('row').filter({ hasText: 'acme-main/no0000' }).getByText('不予批准').waitFor();
  } finally {
    await hook.close();
  }
}));
