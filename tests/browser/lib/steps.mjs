// Stretches of clicks that several flows walk.
import { CORPID } from './sandbox.mjs';
import { archive } from './book.mjs';
import { PASSWORD } from './world.mjs';

/** Opens the one-time link of the first start and makes the first administrator. */
export async function firstStart(desk, link) {
  const { t } = desk;
  await desk.go(link);
  await desk.heading(t('setup_title'));
  await desk.fill('account_name', 'boss');
  await desk.fill('account_display_name', '王管理');
  await desk.field(t('account_password'), desk.main).fill(PASSWORD);
  await desk.fill('account_repeated', PASSWORD);
  await desk.press('setup_button');
  await desk.heading(t('nav_overview'));
}

/** From an empty overview: tenant, corp, secrets, app; ends on the corp's page. */
export async function connect(desk, sandbox) {
  const { t } = desk;
  await desk.follow('tenant_new');
  await desk.fill('tenant_name', '示例集团');
  await desk.fill('tenant_key', 'acme');
  await desk.press('tenant_create');
  await desk.sees('tenant_created');
  await desk.fill('corp_name', '示例集团');
  await desk.fill('corp_key', 'acme-main');
  await desk.fill('corp_corpid', CORPID);
  await desk.fill('corp_api_base', sandbox.base);
  await desk.main.getByRole('radio', { name: t('access_read_write') }).check();
  await desk.press('corp_create');
  await desk.sees('corp_created');
  await desk.field(t('secret_new'), desk.main).fill('contacts-secret');
  await desk.press('save');
  await desk.follow('step_app');
  await desk.fill('app_label', 'OA');
  await desk.fill('app_key', 'oa');
  await desk.field('AgentID', desk.main).fill('1000002');
  await desk.main.getByLabel('Secret').fill('oa-secret');
  await desk.main.getByRole('checkbox', { name: t('app_reader') }).check();
  await desk.press('save');
  await desk.heading('示例集团');
}

/** Uploads a directory and confirms its preview. */
export async function importDirectory(desk, files) {
  await desk.navigate('nav_import');
  await desk.field(desk.t('import_file'), desk.main).setInputFiles({ name: 'oa.zip', mimeType: 'application/zip', buffer: archive(files) });
  await desk.press('import_look');
  await desk.heading(desk.t('import_preview_title'));
  await desk.press('import_confirm');
  await desk.sees('import_done');
}

/** Makes a preview of the sync, and ends on its page. */
export async function preview(desk) {
  await desk.navigate('nav_sync');
  await desk.press('hub_plan');
  await desk.arrives(/\/plans\/[^/]+$/);
}

/** Waits on the page of a run until its state is one of these: `Done`, `Partly`, `Failed`, `Held` or `Cancelled`. */
export async function ends(desk, state) {
  const names = { Done: ['完成', 'done'], Partly: ['部分完成', 'partly done'], Failed: ['失败', 'failed'], Held: ['等待审批', 'held'], Cancelled: ['已取消', 'cancelled'] };
  await desk.main.locator('.page-title .badge').getByText(names[state][desk.language === 'zh' ? 0 : 1], { exact: true }).waitFor();
}
