import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CommandError } from '../errors.ts';
import { print, type Command } from './command.ts';

export const startproject: Command = {
  name: 'startproject',
  usage: 'NAME',
  summary: 'Makes this clone a project of your own: gives it your name, a README and a changelog.',
  run(args) {
    const { positionals } = parseArgs({ args, allowPositionals: true });
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0) throw new CommandError('Usage: startproject NAME');
    requireSample();
    requireName(name);
    for (const file of globSync(FILES_WITH_NAME, { exclude: [RECIPES] }).filter(isTextFile))
      renameIn(file, name);
    for (const folder of ['src', 'test']) {
      renameSync(`${folder}/${SAMPLE_NAME}`, `${folder}/${name}`);
    }
    writeFileSync('README.md', readme(name));
    writeFileSync('CHANGELOG.md', CHANGELOG);
    // The driver that .gitattributes names for README.md is a setting of each clone.
    if (existsSync('.git')) execFileSync('git', ['config', 'merge.ours.driver', 'true']);
    print(nextSteps(name));
    return 0;
  },
};

const SAMPLE_NAME = 'myproject';

/**
 * Files that name the project. The packages, the pages about them and the recipes go on to speak of the
 * sample, so that a newer template can be merged into them.
 */
const FILES_WITH_NAME = [
  '*.{json,ts,yml}',
  '.env.example',
  'Dockerfile',
  'deploy/**',
  'src/**',
  'test/**',
];
const RECIPES = 'test/recipes/**';

function requireSample(): void {
  if (existsSync(`src/${SAMPLE_NAME}`) && existsSync(`test/${SAMPLE_NAME}`)) return;
  throw new CommandError(
    `There is no folder src/${SAMPLE_NAME} and test/${SAMPLE_NAME} here: this clone has its own name already.`,
  );
}

/** A module's name, and one that npm takes for a package. */
function requireName(name: string): void {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    throw new CommandError(
      `'${name}' cannot be a project's name: expected lower-case letters, digits and _, a letter first.`,
    );
  }
  const taken = [`src/${name}`, `src/${name}.ts`, `test/${name}`].find((path) => existsSync(path));
  if (taken !== undefined) {
    throw new CommandError(`'${name}' cannot be a project's name: there is ${taken} already.`);
  }
}

function isTextFile(path: string): boolean {
  return statSync(path).isFile() && !readFileSync(path).includes(0);
}

function renameIn(file: string, name: string): void {
  const text = readFileSync(file, 'utf8');
  const renamed = text.replaceAll(new RegExp(String.raw`\b${SAMPLE_NAME}\b`, 'g'), name);
  if (renamed !== text) writeFileSync(file, renamed);
}

function readme(name: string): string {
  return `# ${name}

What it is, and for whom.

## Run it

\`\`\`sh
docker compose up --wait
\`\`\`

http://localhost:8080 shows it. \`npm ci && npm run dev\` serves it for development on
http://localhost:8000, \`npm test\` runs the tests.

## Where things are

- \`src/${name}/\`: the settings, the URLs and the views.
- \`test/${name}/\`: their tests.
- \`packages/\`, \`nginx/\`, \`deploy/\`: from the template. [docs/updating.md](docs/updating.md) takes over a
  newer one.
- [docs/](docs/): settings, gateway and recipes.
`;
}

const CHANGELOG = `# Changelog

## Unreleased
`;

function nextSteps(name: string): string {
  return `This clone is the project ${name} now: src/${name}, test/${name}, README.md and CHANGELOG.md are yours.
Its history is kept, so that a newer template can be merged: docs/updating.md says how. Go on with:

  npm install
  npm run format
  git add --all
  git commit --message "Start ${name}"
  npm run dev`;
}
