// --inspect, --inspect-brk, --inspect-wait, --inspect-port, --debug-port, each with =[HOST:]PORT or without
const OPTION = /^--(?:inspect(?:-brk|-wait|-port)?|debug-port)(?:=.*)?$/;
const OPTION_BEFORE_VALUE = /^--(?:inspect|debug)-port$/;

/** Node's options without those that open its inspector: a child would want the port of its parent. */
export function withoutInspector(options: readonly string[]): string[] {
  return options.filter((option, index) => {
    const isValue = OPTION_BEFORE_VALUE.test(options[index - 1] ?? '');
    return !isValue && !OPTION.test(option);
  });
}

/** The same for the options in NODE_OPTIONS. */
export function environmentWithoutInspector(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS } = environment;
  if (NODE_OPTIONS === undefined) return environment;
  // Spaces in double quotes part nothing.
  const options = NODE_OPTIONS.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
  return { ...environment, NODE_OPTIONS: withoutInspector(options).join(' ') };
}
