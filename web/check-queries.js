// A default tab is one file: its leading comment is the tab's name in words, its one operation the
// same name in PascalCase, which is the title GraphiQL puts on the tab. The build stops otherwise.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'graphql';

const pascalCase = (words) =>
  words
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join('');

export function checkQueries(directory) {
  const names = readdirSync(directory).filter((name) => name.endsWith('.graphql'));
  if (names.length === 0) throw new Error(`${directory} has no query`);
  for (const name of names) {
    const text = readFileSync(join(directory, name), 'utf8');
    const comment = /^# (.+)\n/.exec(text)?.[1];
    if (!comment) throw new Error(`${name}: the first line is not a "# Name of the tab" comment`);
    const operations = parse(text).definitions.filter((d) => d.kind === 'OperationDefinition');
    const expected = pascalCase(comment);
    if (operations.length !== 1 || operations[0].name?.value !== expected) {
      throw new Error(`${name}: expected one operation, named ${expected} after the first line`);
    }
  }
}
