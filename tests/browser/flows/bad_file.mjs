// Files that cannot be imported, or only in part: faults by row, and nothing is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archive } from '../lib/book.mjs';
import { TENANT, World, directory } from '../lib/world.mjs';

const PEOPLE = 12;

/** Names of the people who are stored. */
async function stored(desk) {
  const answer = await desk.context.request.get(`${desk.world.base}/tenants/${TENANT}/directory.csv`);
  assert.equal(answer.status(), 200);
  return (await answer.text()).match(/员工\d+/g).sort();
}

async function upload(desk, name, buffer) {
  await desk.navigate('nav_import');
  await desk.field(desk.t('import_file'), desk.main).setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
  await desk.press('import_look');
}

test('a bad file changes nothing and says where it is bad', () => World.ready({ people: PEOPLE }, async (world) => {
  const desk = await world.signedIn();
  const { t } = desk;
  const before = await stored(desk);
  const { units, employees } = directory(PEOPLE);

  // no file at all of this kind
  desk.expects(422);
  await upload(desk, '通讯录.xlsx', Buffer.from('not a workbook'));
  await desk.seesText(t('import_refused', { file: '通讯录.xlsx' }));

  // a unit above itself: refused whole
  desk.expects(422);
  await upload(desk, 'oa.zip', archive({ units: `${units}a,b,甲\nb,a,乙\n`, employees }));
  await desk.seesText(t('import_refused', { file: 'oa.zip' }));
  assert.deepEqual(await stored(desk), before);

  // single bad rows: shown with row, column and value, before anything is written
  const bad = `${employees}bad1,nb1,无处可去,13811111111,工程师,nowhere\nbad2,nb2,,13811111112,工程师,u0\n`;
  await upload(desk, 'oa.zip', archive({ units, employees: bad }));
  await desk.heading(t('import_preview_title'));
  await desk.main.getByRole('link', { name: t('import_faults') }).click();
  for (const [row, column] of [[PEOPLE + 2, '主部门'], [PEOPLE + 3, '姓名']]) {
    const line = desk.main.getByRole('row').filter({ hasText: t('fault_row', { row }) });
    await line.getByRole('cell', { name: column, exact: true }).waitFor();
  }
  await desk.seesText('nowhere');
  assert.deepEqual(await stored(desk), before, 'a preview writes nothing');

  // thrown away
  await desk.press('import_discard');
  await desk.sees('import_discarded');
  assert.deepEqual(await stored(desk), before);
}));

const leaveOut = (options) => World.ready({ people: PEOPLE }, async (world) => {
  const desk = await world.signedIn('boss', options);
  const { t } = desk;
  const before = await stored(desk);
  const { units, employees } = directory(PEOPLE, { rename: { 3: '员工9999' } });
  await upload(desk, 'oa.zip', archive({ units, employees: `${employees}bad1,nb1,无处可去,13811111111,工程师,nowhere\n` }));
  await desk.heading(t('import_preview_title'));
  await desk.main.getByRole('checkbox', { name: t('import_skip_count', { count: 1 }) }).check();
  await desk.press('import_confirm');
  await desk.sees('import_done');
  const after = before.filter((name) => name !== '员工0003').concat('员工9999').sort();
  assert.deepEqual(await stored(desk), after);
});

test('bad rows are left out when somebody says so', () => leaveOut({}));
test('bad rows are left out without script, in English', () => leaveOut({ script: false, language: 'en' }));
