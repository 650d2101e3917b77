// The words of the pages, read from the locale files, so that a flow clicks on what people see, in either language.
import fs from 'node:fs';

const folder = new URL('../../../src/locale/', import.meta.url);
const words = new Map();
for (const name of fs.readdirSync(folder, { recursive: true })) {
  if (!name.endsWith('.rs')) continue;
  const text = fs.readFileSync(new URL(name, folder), 'utf8');
  const line = /^ {4}(\w+)(?:\([\w, ]+\))? =\s+"((?:[^"\\]|\\.)*)",\s+"((?:[^"\\]|\\.)*)";/gm;
  for (const [, key, zh, en] of text.matchAll(line)) words.set(key, { zh: JSON.parse(`"${zh}"`), en: JSON.parse(`"${en}"`) });
}

/** The words of one language: `t('rows_total', { count: 3 })`. An unknown name stops the test. */
export const speaking = (language) => (key, holes = {}) => {
  const found = words.get(key);
  if (!found) throw new Error(`the locale files have no text ${key}`);
  return found[language].replace(/\{(\w+)\}/g, (hole, name) => (name in holes ? String(holes[name]) : hole));
};
