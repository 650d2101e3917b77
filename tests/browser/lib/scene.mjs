// An appliance in use: a directory, a corp that was synced, runs that went well and badly, plans that wait, and what stands
// in the lists of the system pages. Every page has something to show.
import { CORP, TENANT, directory } from './world.mjs';

/** Names as people really have them, and as nobody should. */
const NASTY = {
  1: '欧阳司马诸葛上官夏侯东方皇甫尉迟公孙慕容长孙宇文',
  2: "<script>alert('姓名')</script>",
  3: 'Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren',
  4: 'مرحبا بالعالم שלום',
  5: '👩‍👩‍👧‍👦 zero​width ‮evil',
  6: '{{ 7 * 7 }} & "quoted" \'single\'',
};

/** Units below the three of the small directory: deep, wide, and with long names. */
const UNITS = `d1,u0,第一研究院暨国家重点实验室联合创新中心筹备工作领导小组办公室
d2,d1,Department-of-Extraordinarily-Long-Names-Without-Any-Break
d3,d2,第四层
d4,d3,第五层
d5,d4,第六层
d6,d5,"<b>第七层</b> & ""引号"""
`;

/** The directory of the scene; `shift` is the day on which some people have left and others were renamed. */
export function staff(people, { shift = false } = {}) {
  const without = shift ? [10, 13, 16] : [];
  const rename = { ...NASTY, ...(shift ? { 7: '改名后的员工', 20: '员工0021' } : { 20: '员工0021' }) };
  const { units, employees } = directory(people, { without, rename });
  const deep = ['d1', 'd2', 'd3', 'd4', 'd5', 'd6'].map((unit, at) => `x${at},deep-${at},深层员工${at},1390000000${at},首席高级资深架构工程师兼技术委员会委员,${unit}`);
  const wide = Array.from({ length: Math.ceil(people / 40) }, (_, at) => `w${at},u1,第${at + 1}营业部`).join('\n');
  return { units: `${units}${UNITS}${wide}\n`, employees: `${employees}${deep.join('\n')}\n` };
}

export const isSetUp = (text) => text
  .replace('employee = "employee_no"', 'employee = "name"').replace('member   = "userid"', 'member   = "name"')
  .replace('[[corp.match]]\nemployee = "mobile"\nmember   = "mobile"\n', '')
  .replace('max_removals          = 50', 'max_removals          = 2');

const TALK = { title: '关于二〇二六年度第四季度跨部门联合审批流程调整的补充通知（修订稿）', text: '<b>第一行</b>\n第二行', keyword: '请假', agree: '同意', reject: '驳回' };

/** What the lists of messages, rules, callbacks, auto replies and webhooks show. */
export async function talk(world, { title, text, keyword, agree, reject } = TALK) {
  const { key } = JSON.parse(await world.run(['key', 'create', '--name', 'scene', '--scope', 'all', '--json']));
  const known = Object.keys((await (await fetch(`${world.base}/api/v1/openapi.json`)).json()).paths);
  const ask = async (method, address, body) => {
    const answer = await fetch(`${world.base}/api/v1/${address}`, { method, body: JSON.stringify(body), headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() } });
    if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status} ${await answer.text()}`);
  };
  const offers = (path) => known.some((one) => one.endsWith(path));
  if (offers('/tenants/{tenant}/rules')) await ask('POST', 'tenants/acme/rules', { name: title, source: 'workflow', targets: [{ corp: CORP, app: 'oa', kind: 'text' }] });
  if (offers('/webhooks/{webhook}')) await ask('PUT', 'webhooks/oa', { url: `${world.sandbox.base}/nothing`, events: ['*'] });
  const buttons = [{ key: 'ok', text: agree }, { key: 'no', text: reject, style: 4 }];
  if (offers('/messages')) await ask('POST', 'messages', { tenant: TENANT, source: 'workflow', event: 'leave.submitted', recipients: { employees: ['e0000', 'nobody'] }, title, body: text, url: 'https://oa.example.org/t/1', todo: 'pending', buttons, webhook: 'oa' });
  if (offers('/auto-replies')) await ask('POST', `corps/${CORP}/apps/oa/auto-replies`, { name: title.slice(0, 30), said: 'text', matching: 'contains', keyword, reply: { kind: 'text', text }, priority: 10 });
  if (offers('/corps/{corp}/inbox')) {
    const app = 'corps/ww0123456789abcdef/apps/1000002';
    const callback = { url: `${world.base}/cb/${CORP}/oa`, token: 'oaToken', aes_key: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG' };
    await world.sandbox.ask('PUT', `${app}/callback`, callback);
    await world.sandbox.ask('POST', 'corps/ww0123456789abcdef/members/no0000/apps/1000002/act', { act: 'text', content: `${keyword} <script>alert(1)</script>` });
  }
}

/** Plays the scene in a world that is ready; answers the ids that paths are made of. */
export async function play(world, people) {
  const json = async (args, codes) => JSON.parse(await world.run([...args, '--json'], codes));
  const { sandbox } = world;
  // somebody in WeCom with a name that two employees have, and somebody whom nobody knows
  const console_ = (act, body) => sandbox.ask('POST', `corps/ww0123456789abcdef/console/${act}`, body);
  await console_('user/create', { userid: 'twice', name: '员工0021', mobile: '13700000001', department: [1] });
  await console_('user/create', { userid: 'unknown.person', name: '外部顾问', mobile: '13700000002', department: [1] });
  await world.import(staff(people));
  await world.run(['pull', '--corp', CORP], [0, 5]);
  // one record that WeCom refuses: none of the first, which are asked for at once and come in any order
  await sandbox.fault({ path: 'user/create', skip: Math.floor(people / 2), count: 1, effect: { kind: 'errcode', errcode: 60129, errmsg: 'missing mobile or email' } });
  const partly = await json(['sync', '--corp', CORP], [0, 5]);
  await sandbox.heal();
  // some have left, one has another name: over the limit of the guard
  await world.import(staff(people, { shift: true }));
  const held = await json(['plan', '--corp', CORP], [0, 3, 4]);
  await world.import(staff(people));
  const ready = await json(['plan', '--corp', CORP], [0, 3, 4]);
  const failing = await world.run(['import', await world.write('bad.csv', 'id,name\n1,x\n'), '--tenant', TENANT], [0, 1, 2]);
  await world.account('olga', 'operator', '欧阳诸葛-Featherstonehaugh 操作员');
  await world.account('audrey', 'auditor', '审计员');
  await json(['key', 'create', '--name', 'OA', '--scope', 'directory.read']);
  await talk(world);
  const accounts = await json(['admin', 'list']);
  return { run: partly.run, plan: ready.id, held: held.id, accounts, partly, heldPlan: held, ready, failing };
}
