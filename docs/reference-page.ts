import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  isClassDeclaration,
  isFunctionDeclaration,
  isPropertyDeclaration,
  isVariableDeclaration,
  type ClassElement,
  type Node,
} from 'typescript/unstable/ast';
import {
  API,
  SymbolFlags,
  type Checker,
  type Project,
  type Symbol,
} from 'typescript/unstable/sync';

/** A public name: what is written of it in the sources. */
export interface PublicName {
  readonly module: string;
  readonly name: string;
  readonly sentence: string;
  readonly declarations: readonly string[];
  readonly throws: readonly string[];
}

/** The packages whose public names a project uses. The gateway's are settings: gateway.md has them. */
const PACKAGES = ['framework', 'wsgi'];
const ROOT = join(import.meta.dirname, '..');

/** The text of reference.md: every public name, from the sources' own docstrings. */
export function referencePage(): string {
  const modules = Map.groupBy(publicNames(), ({ module }) => module);
  return [INTRODUCTION, ...Array.from(modules, moduleText)].join('\n\n');
}

/** What the modules that `exports` of each package.json names export, types included. */
export function publicNames(): readonly PublicName[] {
  const api = new API({ cwd: ROOT });
  try {
    return PACKAGES.flatMap((name) => namesOfPackage(api, join(ROOT, 'packages', name)));
  } finally {
    api.close();
  }
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, { readonly source: string }>>;
}

function namesOfPackage(api: API, folder: string): PublicName[] {
  const { name, exports } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Manifest;
  const configFile = join(folder, 'tsconfig.json');
  const project = api.updateSnapshot({ openProjects: [configFile] }).getProject(configFile);
  if (project === undefined) throw new Error(`${configFile} gives no project.`);
  return Object.entries(exports).flatMap(([path, { source }]) =>
    exportsOf(project, join(folder, source)).map((symbol) =>
      describe(project, name + path.slice(1), symbol),
    ),
  );
}

function exportsOf({ program, checker }: Project, file: string): Symbol[] {
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  // A module that is run, not imported, has none.
  return module
    ? checker.getExportsOfModule(module).map((symbol) => original(checker, symbol))
    : [];
}

function original(checker: Checker, symbol: Symbol): Symbol {
  return symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function describe(project: Project, module: string, symbol: Symbol): PublicName {
  const nodes = symbol.declarations.flatMap((handle) => handle.resolve(project) ?? []);
  const tags = symbol.getJsDocTags(project.checker);
  return {
    module,
    name: symbol.name,
    sentence: symbol.getDocumentationComment(project.checker),
    declarations: withoutImplementation(nodes).map(declarationText),
    throws: tags.filter(({ name }) => name === 'throws').map(({ text = '' }) => text),
  };
}

/** Of a function with overloads, those alone are public. */
function withoutImplementation(nodes: readonly Node[]): readonly Node[] {
  const overloads = nodes.filter((node) => isFunctionDeclaration(node) && !node.body);
  return overloads.length > 0 ? overloads : nodes;
}

/** As a declaration file has it: without `export`, bodies and initial values. */
function declarationText(node: Node): string {
  if (isVariableDeclaration(node)) return `const ${withoutValue(node)};`;
  if (isFunctionDeclaration(node)) return `${withoutBody(node)};`.replace(/^export /, '');
  const text = isClassDeclaration(node)
    ? `${textUntil(node, node.members.pos)}\n${node.members.flatMap(memberText).join('\n')}\n}`
    : node.getText();
  return text.replace(/^export /, '');
}

/** With its own docstring; what is private has no text. */
function memberText(member: ClassElement): string[] {
  const isPrivate = /^private |^(?:[a-z]+ )*#/.test(member.getText());
  if (isPrivate) return [];
  const comment = member
    .getFullText()
    .slice(0, member.getStart() - member.pos)
    .trim();
  const text = isPropertyDeclaration(member) ? withoutValue(member) : withoutBody(member);
  return [`${comment}\n${text.replace(/;?$/, ';')}`.trim()];
}

function withoutBody(node: Node & { readonly body?: Node | undefined }): string {
  return textUntil(node, node.body?.pos ?? node.end).replace(/^(export )?async /, '$1');
}

function withoutValue(node: Node & { readonly type?: Node | undefined }): string {
  return textUntil(node, node.type?.end ?? node.end);
}

function textUntil(node: Node, end: number): string {
  return node
    .getText()
    .slice(0, end - node.getStart())
    .trimEnd();
}

function moduleText([module, names]: readonly [string, readonly PublicName[]]): string {
  const links = names.map(({ name }) => `[${name}](#${anchor(module, name)})`);
  return [`## ${module}`, links.join(', '), ...names.map(nameText)].join('\n\n');
}

/** Two modules may export one name: the anchor says whose it is. */
function nameText({ module, name, sentence, declarations, throws }: PublicName): string {
  return [
    `### <a id="${anchor(module, name)}"></a>\`${name}\``,
    escape(sentence),
    `\`\`\`ts\n${declarations.join('\n')}\n\`\`\``,
    ...throws.map((text) => `Throws ${escape(text.replace(/^\{(\w+)\}/, '`$1`'))}`),
  ].join('\n\n');
}

function anchor(module: string, name: string): string {
  return `${module.replace('@wsgi/', '').replaceAll('/', '-')}.${name}`;
}

/** A star or a tag outside of code would be markup. */
function escape(text: string): string {
  return text.replaceAll(/(`[^`]*`)|[*<]/g, (match, code?: string) => code ?? `\\${match}`);
}

const INTRODUCTION = `<!-- Written by \`npm run docs\` from the docstrings in packages/*/src: change them there. -->

# Reference

Every public name of \`@wsgi/framework\`, which a project imports day to day, and of \`@wsgi/wsgi\`, the
contract and its adapters. [settings.md](settings.md) has the settings, [gateway.md](gateway.md) the
gateway's, [recipes.md](recipes.md) shows them at work.`;
