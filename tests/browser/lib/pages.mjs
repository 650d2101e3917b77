// Every page there is: for each GET route of the table the addresses that show it in its states, and the pages that only a
// form leads to. A route that is missing here fails the walk.
import { archive } from './book.mjs';
import { staff } from './scene.mjs';

/** Routes that answer no page of their own: files by their ending, and these. */
export const isNoPage = (route) => /\.(csv|xlsx|zip)$/.test(route) || NO_PAGES.has(route);

const NO_PAGES = new Set([
  '/static/{name}', '/runs/{run}/events', '/system/backup/{name}', '/corps/{corp}/apps/{app}/pictures/{picture}',
  // lists that the script puts into a tree of the page around them
  '/plans/{plan}/tree', '/corps/{corp}/members/branch', '/tenants/{tenant}/directory/branch', '/corps/{corp}/compare/branch',
]);

/** The pages of the table: route, then the addresses that show it. `null` stands for a page that a step below opens. */
export const pages = ({ plan, held, run, accounts }) => ({
  '/': ['/'],
  '/setup': null,
  '/sign-in': ['/sign-in'],
  '/corps': ['/corps'],
  '/corps/new': ['/corps/new'],
  '/corps/{corp}': ['/corps/acme-main'],
  '/corps/{corp}/edit': ['/corps/acme-main/edit'],
  '/corps/{corp}/apps/new': ['/corps/acme-main/apps/new'],
  '/corps/{corp}/apps/{app}': ['/corps/acme-main/apps/oa'],
  '/tenants/new': ['/tenants/new'],
  '/tenants/{tenant}/edit': ['/tenants/acme/edit'],
  '/corps/{corp}/settings': ['/corps/acme-main/settings'],
  '/corps/{corp}/settings/scope': ['/corps/acme-main/settings/scope?at=r&q=00'],
  '/corps/{corp}/expressions': ['/corps/acme-main/expressions'],
  '/corps/{corp}/sync': ['/corps/acme-main/sync'],
  '/corps/{corp}/runs': ['/corps/acme-main/runs', '/corps/acme-main/runs?state=cancelled'],
  '/corps/{corp}/explain': ['/corps/acme-main/explain', '/corps/acme-main/explain?q=00', '/corps/acme-main/explain?q=nobody'],
  '/corps/{corp}/explain/{employee}': ['/corps/acme-main/explain/e0002', '/corps/acme-main/explain/e0005', '/corps/acme-main/explain/nobody'],
  '/decisions': ['/decisions'],
  '/plans/{plan}': [`/plans/${plan}`, `/plans/${held}`, `/plans/${held}?tab=checks`, `/plans/${held}?tab=cost`, `/plans/${held}?q=nobody`],
  '/runs/{run}': [`/runs/${run}`],
  '/runs/{run}/records': [`/runs/${run}/records`, `/runs/${run}/records?outcome=failed`, `/runs/${run}/records?q=nobody`],
  '/corps/{corp}/members': ['/corps/acme-main/members', '/corps/acme-main/members?q=nobody'],
  '/corps/{corp}/members/{userid}': ['/corps/acme-main/members/no0000', '/corps/acme-main/members/twice'],
  '/corps/{corp}/compare': ['/corps/acme-main/compare', '/corps/acme-main/compare?unit=d1'],
  '/corps/{corp}/bindings': ['/corps/acme-main/bindings', '/corps/acme-main/bindings?q=nobody'],
  '/corps/{corp}/bindings/resolve': ['/corps/acme-main/bindings/resolve'],
  '/corps/{corp}/bindings/employees': ['/corps/acme-main/bindings/employees'],
  '/corps/{corp}/bindings/members': ['/corps/acme-main/bindings/members'],
  '/corps/{corp}/bindings/new': ['/corps/acme-main/bindings/new?employee=e0002&q=no', '/corps/acme-main/bindings/new?userid=twice'],
  '/corps/{corp}/bindings/swap': ['/corps/acme-main/bindings/swap', '/corps/acme-main/bindings/swap?first=e0000&second=e0003', '/corps/acme-main/bindings/swap?first=nobody&second='],
  '/corps/{corp}/bindings/unbind-all': ['/corps/acme-main/bindings/unbind-all'],
  '/corps/{corp}/bindings/file': ['/corps/acme-main/bindings/file'],
  '/corps/{corp}/bindings/file/{file}': null,
  '/tenants/{tenant}/directory': ['/tenants/acme/directory', '/tenants/acme/directory?unit=d1', '/tenants/acme/directory?q=nobody'],
  '/tenants/{tenant}/directory/new-unit': ['/tenants/acme/directory/new-unit'],
  '/tenants/{tenant}/directory/new-employee': ['/tenants/acme/directory/new-employee'],
  '/tenants/{tenant}/employees/{employee}': ['/tenants/acme/employees/e0001', '/tenants/acme/employees/e0010', '/tenants/acme/employees/e0002'],
  '/tenants/{tenant}/employees/{employee}/history': ['/tenants/acme/employees/e0010/history', '/tenants/acme/employees/e0010/history?q=nobody'],
  '/tenants/{tenant}/employees/{employee}/edit': ['/tenants/acme/employees/e0005/edit'],
  '/tenants/{tenant}/units/{unit}/edit': ['/tenants/acme/units/d1/edit'],
  '/tenants/{tenant}/import': ['/tenants/acme/import'],
  '/tenants/{tenant}/import/{import}': null,
  '/system/about': ['/system/about'],
  '/system/accounts': ['/system/accounts', '/system/accounts?q=nobody'],
  '/system/accounts/new': ['/system/accounts/new'],
  '/system/accounts/{id}': accounts.accounts.map(({ id }) => `/system/accounts/${id}`),
  '/system/audit': ['/system/audit', '/system/audit?actor=nobody'],
  '/system/backup': ['/system/backup'],
  '/system/diagnostics': ['/system/diagnostics'],
  '/system/errcodes': ['/system/errcodes?q=6012', '/system/errcodes?q=nothing'],
  '/system/keys': ['/system/keys', '/system/keys?q=nobody'],
  '/system/keys/new': ['/system/keys/new'],
  '/system/settings': ['/system/settings'],
  '/account': ['/account'],
  '/account/password': ['/account/password'],
  '/account/second-factor': ['/account/second-factor'],
});

/** Pages that strangers see. */
export const OPEN = new Set(['/setup', '/sign-in']);

const csv = (name, text) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });

/** Pages behind forms: a name and the way there. Each begins wherever the one before ended. */
export const steps = (people) => [
  ['not-found', async (desk) => { desk.expects(404); await desk.go('/nothing/here'); await desk.navigation.waitFor(); }],
  ['unknown-person', async (desk) => { desk.expects(404); await desk.go('/tenants/acme/employees/nobody'); }],
  ['import-refused', async (desk) => {
    desk.expects(422);
    await desk.go('/tenants/acme/import');
    await desk.field(desk.t('import_file'), desk.main).setInputFiles(csv('人员.csv', 'id,name,unit_id\n1,甲,nowhere\n1,乙,r\n,丙,r\n'));
    await desk.main.getByRole('radio', { name: desk.t('import_merge') }).check();
    await desk.press('import_look');
    await desk.main.getByRole('alert').waitFor();
  }],
  ['import-preview', async (desk) => {
    await desk.go('/tenants/acme/import');
    const { units, employees } = staff(people, { shift: true });
    const files = { units, employees: `${employees}bad1,b1,${'很长的名字'.repeat(20)},13,工程师,nowhere\n` };
    await desk.field(desk.t('import_file'), desk.main).setInputFiles({ name: '二〇二六年十一月全集团组织架构与人员花名册（最终版）.zip', mimeType: 'application/zip', buffer: archive(files) });
    await desk.main.getByRole('checkbox', { name: desk.t('import_skip') }).check();
    await desk.press('import_look');
    await desk.heading(desk.t('import_preview_title'));
  }],
  ['import-faults', async (desk) => { await desk.main.getByRole('link', { name: desk.t('import_faults') }).click(); await desk.seesText('nowhere'); }],
  ['import-done', async (desk) => { await desk.main.locator('[data-confirm-text]').fill('3'); await desk.press('import_confirm'); await desk.sees('import_done'); }],
  ['binding-file', async (desk) => {
    await desk.go('/corps/acme-main/bindings/file');
    await desk.field(desk.t('import_file'), desk.main).setInputFiles(csv('关联.csv', 'id,link\ne0005,unknown.person\nnobody,no0000\n'));
    await desk.press('import_look');
    await desk.main.getByText('nobody').waitFor();
  }],
  ['diagnostics-done', async (desk) => { await desk.go('/system/diagnostics'); await desk.press('check_button'); await desk.main.locator('.timeline').waitFor(); }],
  ['what-if', async (desk) => { await desk.go('/corps/acme-main/settings'); await desk.press('what_if_button'); await desk.sees('what_if_title'); }],
  ['settings-faults', async (desk) => {
    desk.expects(422);
    await desk.go('/corps/acme-main/settings');
    await desk.main.getByLabel(desk.t('opt_filter')).fill('posit ion ==');
    await desk.press('save');
    await desk.sees('fix_fields');
    desk.leaves = true;
  }],
  ['expression', async (desk) => {
    await desk.go('/corps/acme-main/expressions');
    await desk.fill('expression_text', '{{ name }}');
    await desk.fill('expression_employee', 'e0001');
    await desk.press('expression_try');
    await desk.seesText('欧阳司马');
  }],
  ['corp-faults', async (desk) => { desk.expects(422); await desk.go('/corps/new'); await desk.press('corp_create'); await desk.sees('fix_fields'); }],
  ['callback-keys', async (desk) => { await desk.go('/corps/acme-main'); await desk.main.getByText(desk.t('callback_renew'), { exact: true }).first().click(); await desk.press('callback_renew_now'); await desk.sees('callback_keys_lead'); }],
  ['verify', async (desk) => { await desk.go('/system/backup'); await desk.press('verify_button'); await desk.sees('verify_tables'); }],
  ['backup-made', async (desk) => { await desk.go('/system/backup'); await desk.press('backup_make'); await desk.main.getByRole('status').waitFor(); }],
  ['audit-verified', async (desk) => { await desk.go('/system/audit'); await desk.press('audit_verify'); await desk.sees('audit_whole'); }],
  ['key-made', async (desk) => {
    await desk.go('/system/keys/new');
    await desk.fill('keys_name', 'HR');
    await desk.main.getByRole('checkbox').first().check();
    await desk.press('keys_create');
    await desk.sees('keys_noted');
  }],
  ['first-password', async (desk) => {
    await desk.go('/system/accounts/new');
    await desk.fill('account_name', 'newcomer');
    await desk.fill('account_display_name', '新来的同事');
    await desk.press('accounts_create');
    await desk.sees('accounts_password_noted');
  }],
  ['second-factor-pending', async (desk) => {
    const { PASSWORD } = await import('./world.mjs');
    await desk.go('/account/second-factor');
    await desk.fill('account_present', PASSWORD);
    await desk.press('factor_next');
    await desk.sees('factor_confirm');
  }],
  ['menu-open', async (desk) => { await desk.go('/'); await desk.page.getByRole('banner').locator('details.menu > summary').last().click(); }],
];

/** The addresses of an appliance that was just set up: a tenant and a corp, and nothing in them. */
export const EMPTY = [
  '/', '/corps', '/corps/acme-main', '/decisions', '/system/keys', '/system/backup', '/system/audit', '/system/diagnostics',
  '/tenants/acme/directory', '/tenants/acme/import', ...['sync', 'runs', 'members', 'compare', 'settings', 'settings/scope', 'explain', 'bindings',
    'bindings/resolve', 'bindings/employees', 'bindings/members', 'bindings/swap', 'bindings/unbind-all', 'bindings/file',
    'callbacks', 'inbox', 'replies', 'apps/oa/replies/new', 'apps/oa/pictures', 'menus'].map((page) => `/corps/acme-main/${page}`),
  ...['messages', 'messages/new', 'rules', 'rules/new', 'rules/test'].map((page) => `/tenants/acme/${page}`), '/messages/queues', '/webhooks', '/webhooks-new',
];

/** Which of the steps shows a route that has no address of its own. */
export const SHOWN_BY = { '/setup': 'setup', '/corps/{corp}/bindings/file/{file}': 'binding-file', '/tenants/{tenant}/import/{import}': 'import-preview' };
