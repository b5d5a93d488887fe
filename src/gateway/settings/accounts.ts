import { readFileSync } from 'node:fs';

const ID_MAX = 2 ** 32 - 2;

/** The number of a user, given as one or by its name in passwd(5); undefined where there is none. */
export function userId(text: string): number | undefined {
  return numberOf(text) ?? idIn('/etc/passwd', text);
}

/** The same for a group and group(5). */
export function groupId(text: string): number | undefined {
  return numberOf(text) ?? idIn('/etc/group', text);
}

function numberOf(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) <= ID_MAX ? Number(text) : undefined;
}

/** Node has no getpwnam(3). Both files have the name first and the number third. */
function idIn(file: string, name: string): number | undefined {
  const lines = readLines(file).map((line) => line.split(':'));
  const id = lines.find(([one]) => one === name)?.[2];
  return id === undefined ? undefined : numberOf(id);
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
