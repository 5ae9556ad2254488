/** Lines of `section.key = value`, as in a scenario file. */

/** The values by key, or one line that says what is wrong. A value is JSON; a word that is not stays a word. */
export function parseOverrides(text: string): Record<string, unknown> | string {
  const found: Record<string, unknown> = {};
  for (const [place, line] of text.split("\n").entries()) {
    const bare = line.trim();
    if (!bare || bare.startsWith("#")) continue;
    const match = /^([\w-]+(?:\.[\w-]+)+)\s*=\s*(.+)$/.exec(bare);
    if (!match) return `Line ${place + 1}: section.key = value is what it should look like.`;
    try {
      found[match[1]!] = JSON.parse(match[2]!);
    } catch {
      found[match[1]!] = match[2]!;
    }
  }
  return found;
}
