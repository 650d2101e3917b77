// A backup is made and downloaded by clicks, and is good enough to restore from.
import assert from 'node:assert/strict';
import path from 'node:path';
import fs from 'node:fs/promises';
import { test } from 'node:test';
import { run, start } from '../lib/program.mjs';
import { World } from '../lib/world.mjs';

test('a backup is made, downloaded and restored', () => World.ready({ people: 12 }, async (world) => {
  const desk = await world.signedIn();
  await desk.navigate('nav_backup');
  await desk.sees('backup_none');
  await desk.press('backup_make');
  await desk.main.getByRole('status').waitFor();
  const [download] = await Promise.all([desk.page.waitForEvent('download'), desk.main.getByRole('rowheader').getByRole('link').click()]);
  const file = path.join(world.folder, download.suggestedFilename());
  await download.saveAs(file);

  // on another machine, with the key that was kept apart
  const elsewhere = path.join(world.folder, 'elsewhere');
  await fs.mkdir(elsewhere, { mode: 0o700 });
  await fs.copyFile(path.join(world.data, 'master.key'), path.join(elsewhere, 'master.key'));
  await run(['--data-dir', elsewhere, 'restore', file, '--yes']);
  const server = await start(['--data-dir', elsewhere, 'serve', '--listen', '127.0.0.1:0'], [/listens on ([\d.:]+)/]);
  try {
    world.base = `http://${server.found[0]}`;
    const other = await world.signedIn();
    await other.navigate('nav_oa');
    await other.seesText('员工0011');
  } finally {
    await server.stop();
  }
  assert.ok((await fs.stat(file)).size > 0);
}));
