// A person at a browser: finds things by what they are called, clicks, and notices when a page complains.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { speaking } from './words.mjs';

/** How long a condition may take on a busy machine before it counts as never. */
const PATIENCE_MS = Number(process.env.BROWSER_PATIENCE_MS ?? 60_000);

/** Style sheet and script as they stand in the working tree, for looking at a change without building the program. */
async function live(url) {
  const root = new URL('../../../', import.meta.url);
  const kind = url.includes('app.css') ? 'css' : 'js';
  const list = await fs.readFile(new URL('src/web/assets.rs', root), 'utf8');
  const names = [...list.matchAll(new RegExp(`"\\.\\./\\.\\./(static/${kind}/\\w+\\.${kind})"`, 'g'))].map(([, name]) => name);
  const parts = await Promise.all(names.map((name) => fs.readFile(new URL(name, root), 'utf8')));
  return { body: parts.join(''), contentType: kind === 'css' ? 'text/css' : 'text/javascript' };
}

export class Desk {
  static async open(world, { language = 'zh', script = true, width = 1440, height = 900, dark = false } = {}) {
    const context = await world.chromium.newContext({
      locale: language === 'zh' ? 'zh-CN' : 'en',
      javaScriptEnabled: script,
      viewport: { width, height },
      colorScheme: dark ? 'dark' : 'light',
      acceptDownloads: true,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const desk = new Desk();
    Object.assign(desk, { world, context, t: speaking(language), language, troubles: [], expected: [], asked: 0, stays: false, leaves: false });
    if (process.env.BROWSER_LIVE) await context.route('**/static/app.*', async (route) => route.fulfill(await live(route.request().url())));
    desk.page = await context.newPage();
    desk.watch(desk.page);
    return desk;
  }

  /** Whether a page may be left is asked for (`asked`) and answered with yes, or with no where somebody `stays`; where it is not expected either (`leaves`, once), the question is a trouble. Script faults, refused by the content policy, answers of 400 and more, requests to anywhere else: all are troubles. */
  watch(page) {
    const note = (text) => this.troubles.push(`${page.url()}: ${text}`);
    page.on('dialog', (dialog) => {
      if (dialog.type() === 'beforeunload') {
        this.asked += 1;
        if (!this.stays && !this.leaves) note('asks whether to leave');
        this.leaves = false;
        return this.stays ? dialog.dismiss() : dialog.accept();
      }
      note(`a script of somebody else says ${dialog.message()}`);
      return dialog.dismiss();
    });
    page.on('pageerror', (error) => note(`script: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) note(`console: ${message.text()}`);
    });
    page.on('response', (response) => {
      const at = this.expected.indexOf(response.status());
      if (at >= 0) this.expected.splice(at, 1);
      else if (response.status() >= 400) note(`${response.status()} for ${response.request().method()} ${response.url()}`);
    });
    page.on('request', (request) => {
      const url = request.url();
      if (![...this.world.known, 'data:'].some((base) => url.startsWith(base))) note(`asks for ${url}`);
    });
  }

  /** The next answers with these statuses are no troubles. */
  expects(...statuses) { this.expected.push(...statuses); }

  go(path) { return this.page.goto(path.startsWith('http') ? path : this.world.base + path); }
  get path() { return new URL(this.page.url()).pathname; }

  button(name, within = this.page) { return within.getByRole('button', { name, exact: true }); }
  link(name, within = this.page) { return within.getByRole('link', { name, exact: true }); }
  field(name, within = this.page) { return within.getByLabel(name, { exact: true }); }
  get main() { return this.page.getByRole('main'); }
  get navigation() { return this.page.getByRole('navigation', { name: this.t('nav_main') }); }

  /** Goes by the navigation. */
  async navigate(key) {
    await this.navigation.getByRole('link', { name: this.t(key) }).first().click();
  }

  /** Presses a button of the page's main part that is called so. */
  press(key, holes) { return this.button(this.t(key, holes), this.main).first().click(); }

  /** Follows a link of the page's main part that is called so. */
  follow(key, holes) { return this.link(this.t(key, holes), this.main).first().click(); }

  fill(key, value) { return this.field(this.t(key), this.main).first().fill(value); }

  /** Waits until the page's main part shows a text of the locale files. */
  sees(key, holes) { return this.seesText(this.t(key, holes)); }
  seesText(text) { return this.main.getByText(text).first().waitFor(); }
  async lacks(key) { await this.lacksText(this.t(key)); }
  async lacksText(text) { assert.equal(await this.main.getByText(text).count(), 0, `${this.page.url()} shows ${text}`); }

  /** Waits until the heading of the page is this. */
  heading(text) { return this.page.getByRole('heading', { level: 1, name: text }).waitFor(); }

  arrives(pattern) { return this.page.waitForURL(pattern); }

  /** What is looked at, for a test that failed; with BROWSER_PICTURES also as a picture in that folder. */
  async tell() {
    const text = await this.page.locator('body').innerText().catch(() => '');
    console.error(`--- ${this.page.url()}\n${text.slice(0, 1500)}\n---`);
    const folder = process.env.BROWSER_PICTURES;
    if (folder) await this.page.screenshot({ path: `${folder}/failed-${Date.now()}.png`, fullPage: true }).catch(() => {});
  }

  async signIn(name, password) {
    await this.go('/sign-in');
    await this.fill('sign_in_name', name);
    await this.fill('sign_in_password', password);
    await this.press('sign_in_button');
    await this.page.getByRole('banner').waitFor();
  }
}
