// One bridge, one sandbox, one browser, one folder; all of them end with the test.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Desk } from './desk.mjs';
import { launch } from './launch.mjs';
import { run, start } from './program.mjs';
import { Sandbox } from './sandbox.mjs';

const example = new URL('../../../packaging/setup-example.toml', import.meta.url);

export const CORP = 'acme-main';
export const TENANT = 'acme';

export class World {
  /** A server that was never started before, and a sandbox with the corp of the documented set-up file. */
  static async open(options = {}) {
    const world = new World();
    world.folder = await fs.mkdtemp(path.join(os.tmpdir(), 'wecom-bridge-browser-'));
    world.desks = [];
    world.known = new Set();
    try {
      const args = ['sandbox', '--listen', '127.0.0.1:0'];
      if (options.seed) args.push('--seed', await world.write('seed.json', JSON.stringify(options.seed)));
      [world.sandboxRun, world.chromium] = await Promise.all([start(args, [/answers at (http:\S+)/]), launch()]);
      world.sandbox = new Sandbox(world.sandboxRun.found[0]);
      world.known.add(world.sandbox.base);
      if (options.isReady) await world.prepare(options);
      if (options.isServed !== false) await world.serve();
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** The same in a world with tenant, corp and app set up, one administrator, and so many people in the directory. */
  static ready(options, act) {
    return World.with({ people: 12, ...options, isReady: true }, act);
  }

  /** Opens a world, acts in it and closes it; a failure tells what every desk was looking at. */
  static async with(options, act) {
    const world = await World.open(options);
    try {
      await act(world);
    } catch (error) {
      for (const desk of world.desks) await desk.tell();
      await world.close().catch((troubles) => console.error(troubles.message));
      throw error;
    }
    await world.close();
  }

  async prepare({ people, change = (text) => text }) {
    await this.run(['apply', await this.setup(change)]);
    if (people) await this.import(directory(people));
    await this.account('boss', 'administrator', '王管理');
  }

  /** The documented set-up file with the sandbox's address, changed as wished. */
  async setup(change) {
    const text = (await fs.readFile(example, 'utf8')).replaceAll('http://127.0.0.1:9000', this.sandbox.base);
    return this.write('setup.toml', change(text));
  }

  /** Starts the server; answers the link of the first start where there is no account yet. */
  async serve({ isFirst = false } = {}) {
    const patterns = [/listens on ([\d.:]+)/, ...(isFirst ? [/(http:\S+\/setup\?\S+)/] : [])];
    this.server = await start(['--data-dir', this.data, 'serve', '--listen', '127.0.0.1:0'], patterns);
    const [address, link] = this.server.found;
    this.base = `http://${address}`;
    return link;
  }

  /** Where the pages are; every address that was ever one of ours may be asked. */
  set base(address) { this.known.add(this.current = address); }
  get base() { return this.current; }

  get data() { return path.join(this.folder, 'data'); }

  /** A command beside the server. */
  run(args, codes, input) { return run(['--data-dir', this.data, ...args], codes, input); }

  async write(name, content) {
    const file = path.join(this.folder, name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, content);
    return file;
  }

  /** Imports a directory given as the text of its two files. */
  async import({ units, employees }) {
    await this.write('oa/units.csv', units);
    await this.write('oa/employees.csv', employees);
    await this.run(['import', path.join(this.folder, 'oa'), '--tenant', TENANT, '--allow-shrink', '--allow-other-people', '--yes']);
  }

  /** An account with a password that needs no change. */
  async account(name, role, displayName = name) {
    await this.run(['admin', 'create', name, '--role', role, '--display-name', displayName, '--password-file', '-'], [0], `${PASSWORD}\n`);
  }

  /** A browser profile of its own that knows nobody. */
  async desk(options) {
    const desk = await Desk.open(this, options);
    this.desks.push(desk);
    return desk;
  }

  /** Somebody who has signed in. */
  async signedIn(name = 'boss', options = {}) {
    const desk = await this.desk(options);
    await desk.signIn(name, PASSWORD);
    return desk;
  }

  /** Ends everything, and fails the test when a page complained meanwhile. */
  async close() {
    const troubles = this.desks.flatMap((desk) => desk.troubles);
    await this.chromium?.close();
    await Promise.all([this.server?.stop(), this.sandboxRun?.stop()]);
    await fs.rm(this.folder, { recursive: true, force: true });
    assert.deepEqual(troubles, [], 'pages complained');
  }
}

export const PASSWORD = 'Correct horse 电池 9';

/** A root, three units and so many people, spread evenly. */
export function directory(people, { without = [], rename = {} } = {}) {
  const units = 'id,parent_id,name\nr,,示例集团\nu0,r,研发中心\nu1,r,市场部\nu2,r,行政部\n';
  const rows = [];
  for (let at = 0; at < people; at += 1) {
    if (without.includes(at)) continue;
    const number = String(at).padStart(4, '0');
    rows.push(`e${number},no${number},${rename[at] ?? `员工${number}`},1380000${number},工程师,u${at % 3}`);
  }
  return { units, employees: `id,employee_no,name,mobile,position,unit_id\n${rows.join('\n')}\n` };
}
