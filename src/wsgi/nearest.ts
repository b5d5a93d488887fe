/** The candidate that a mistyped name most likely stands for, where one is near enough. */
export function nearest(
  name: string,
  candidates: Iterable<string>,
  mostEdits = Math.max(2, name.length / 3),
): string | undefined {
  const distances = Array.from(candidates, (candidate) => ({
    candidate,
    distance: editDistance(name, candidate),
  }));
  const best = distances.toSorted((a, b) => a.distance - b.distance)[0];
  return best && best.distance <= mostEdits ? best.candidate : undefined;
}

/** Levenshtein's distance: how many characters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(previous, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, at(previous, column) + 1, at(current, column - 1) + 1));
    }
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
