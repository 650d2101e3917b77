// A run is followed while it works: progress moves by itself, survives a reload, and the run can be cancelled half-way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ends, preview } from '../lib/steps.mjs';
import { World } from '../lib/world.mjs';

const PEOPLE = 30;
/** One call at a time, and each takes long enough for somebody to look. */
const slow = { people: PEOPLE, change: (text) => text.replace('concurrency      = 10', 'concurrency      = 1') };
const delay = { path: 'user/create', effect: { kind: 'delay', ms: 700 } };

/** Starts a run of creations and waits until some are done. */
async function underWay(world, options) {
  await world.sandbox.fault(delay);
  const desk = await world.signedIn('boss', options);
  await preview(desk);
  await desk.press('plan_apply');
  await desk.arrives(/\/runs\//);
  await done(desk, 3);
  return desk;
}

/** Waits until the progress bar says that so much is done. */
const done = (desk, least) => desk.page.waitForFunction((wanted) => document.querySelector('main progress')?.value >= wanted, least);

test('progress moves by itself and survives a reload', () => World.ready(slow, async (world) => {
  const desk = await underWay(world);
  let loads = 0;
  desk.page.on('load', () => { loads += 1; });
  await done(desk, 8);
  assert.equal(loads, 0, 'it moved without being loaded again');
  await desk.page.reload();
  await done(desk, 12);
  await desk.navigate('nav_overview');
  await desk.navigate('nav_sync');
  await desk.follow('hub_follow');
  await done(desk, 14);
  await world.sandbox.heal();
  await ends(desk, 'Done');
  assert.equal((await world.sandbox.members()).size, PEOPLE);
}));

test('a run is cancelled half-way and the rest is done later', () => World.ready(slow, async (world) => {
  const desk = await underWay(world);
  await desk.press('run_cancel');
  await ends(desk, 'Cancelled');
  await desk.sees('run_cancelling');
  const half = (await world.sandbox.members()).size;
  assert.ok(half >= 1 && half < PEOPLE, `${half} of ${PEOPLE}`);
  await world.sandbox.heal();
  await preview(desk);
  await desk.press('plan_apply');
  await desk.arrives(/\/runs\//);
  await ends(desk, 'Done');
  assert.equal((await world.sandbox.members()).size, PEOPLE);
}));
