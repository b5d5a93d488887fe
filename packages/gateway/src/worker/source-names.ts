import type { Profiler } from 'node:inspector';
import { setImmediate } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { findSourceMap, type SourceMapping } from 'node:module';

/** A profile with the names and lines of the sources, where the modules have source maps that Node reads. */
export function profileOfSources(profile: Profiler.Profile): Profiler.Profile {
  return { ...profile, nodes: profile.nodes.map(nodeOfSource) };
}

function nodeOfSource(node: Profiler.ProfileNode): Profiler.ProfileNode {
  const { callFrame, positionTicks = [] } = node;
  const place = placeInSource(callFrame.url, callFrame.lineNumber, callFrame.columnNumber);
  if (place === undefined) return node;
  return {
    ...node,
    callFrame: { ...callFrame, ...place },
    positionTicks: positionTicks.map(({ line, ticks }) => {
      // Ticks count lines from 1, and know no column: what a line ends with belongs to it.
      const there = placeInSource(callFrame.url, line - 1, Infinity);
      return { line: there === undefined ? line : there.lineNumber + 1, ticks };
    }),
  };
}

type Place = Pick<Profiler.ProfileNode['callFrame'], 'url' | 'lineNumber' | 'columnNumber'>;

function placeInSource(url: string, line: number, column: number): Place | undefined {
  if (!url.startsWith('file:')) return undefined;
  const entry: Partial<SourceMapping> = findSourceMap(url)?.findEntry(line, column) ?? {};
  const { originalSource, originalLine = 0, originalColumn = 0 } = entry;
  if (originalSource === undefined) return undefined;
  return { url: originalSource, lineNumber: originalLine, columnNumber: originalColumn };
}

const PIECE_BYTES = 65_536;
const FILE_URL = /"(file:[^"\\]+)"/g;

/**
 * The text of a heap snapshot, all of which is there already, with the sources' names in the place of
 * those of the modules made of them. The event loop turns between its pieces.
 */
export async function* snapshotOfSources(snapshot: Readable): AsyncGenerator<string> {
  const names = new Map<string, string>();
  let rest = '';
  for (let piece = pieceOf(snapshot); piece !== undefined; piece = pieceOf(snapshot)) {
    const text = rest + piece.toString('latin1');
    const end = text.lastIndexOf(',') + 1;
    rest = text.slice(end);
    yield text.slice(0, end).replace(FILE_URL, (_, url: string) => {
      const name = names.get(url) ?? JSON.stringify(nameOfSource(url));
      names.set(url, name);
      return name;
    });
    await setImmediate();
  }
  yield rest;
}

function pieceOf(snapshot: Readable): Buffer | undefined {
  return (snapshot.read(PIECE_BYTES) as Buffer | null) ?? undefined;
}

function nameOfSource(url: string): string {
  return findSourceMap(url)?.payload.sources[0] ?? url;
}
