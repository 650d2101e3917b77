// axe-core in the page: violations of WCAG 2.0 and 2.1, levels A and AA.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const source = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Puts axe into every page of a desk from now on; the content policy of the pages stays as it is. */
export const equip = (desk) => desk.context.addInitScript({ content: source });

/** What axe finds in the page that is open, one line for each violation. */
export const violations = (page) => page.evaluate(async () => {
  const found = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations'] });
  return found.violations.map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary.split('\n')[1]?.trim() ?? ''}`).join(' | ')}`);
});
