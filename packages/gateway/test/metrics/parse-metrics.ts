/** A metric with its samples, by their names with labels. */
export interface Family {
  readonly type: string;
  readonly samples: Map<string, number>;
}

const HELP = /^# HELP ([a-z_]+) \S.*$/;
const TYPE = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/;
const SAMPLE =
  /^([a-z_]+)(\{[a-z]+="(?:[^"\\]|\\[\\"n])*"(?:,[a-z]+="(?:[^"\\]|\\[\\"n])*")*\})? (\S+)$/;
const ENDINGS: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
};

/**
 * Reads Prometheus' text format 0.0.4, as strictly as it is written down: help, type, then the samples
 * of that metric, none of them twice, and a line feed at the end.
 *
 * @throws {Error} naming the line that is wrong.
 */
export function parseMetrics(text: string): ReadonlyMap<string, Family> {
  const families = new Map<string, Family>();
  if (!text.endsWith('\n')) throw new Error('no line feed at the end');
  let helped: string | undefined;
  let name = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const [, typed = '', type = ''] = TYPE.exec(line) ?? [];
    const help = HELP.exec(line);
    if (help !== null) helped = help[1];
    else if (typed !== '' && typed === helped && !families.has(typed)) {
      name = typed;
      families.set(name, { type, samples: new Map() });
    } else addSample(line, name, families.get(name));
  }
  return families;
}

function addSample(line: string, name: string, family: Family | undefined): void {
  const [, sampleName = '', labels = '', digits = ''] = SAMPLE.exec(line) ?? [];
  const names = (ENDINGS[family?.type ?? ''] ?? ['']).map((ending) => name + ending);
  const value = Number(digits || Number.NaN);
  if (family === undefined || !names.includes(sampleName) || Number.isNaN(value)) {
    throw new Error(`not a sample of ${name}: ${line}`);
  }
  if (family.samples.has(sampleName + labels)) throw new Error(`twice: ${line}`);
  family.samples.set(sampleName + labels, value);
}
