/** Whether a Cache-Control has a directive, in any case, and not as a part or the value of another (RFC 9111 §5.2). */
export function hasDirective(fieldValue: string, name: string): boolean {
  const directives = fieldValue.toLowerCase().match(DIRECTIVE) ?? [];
  return directives.some((directive) => directive.split('=', 1)[0]?.trim() === name);
}

// 1#cache-directive, whose quoted string may have a comma
const DIRECTIVE = /(?:[^",]|"[^"]*")+/g;
