/** The tree of limits as rows: each node below what feeds it, with how deep it is. */

export interface Nodes {
  names: readonly string[];
  parent: readonly number[];
  /** W; null: none. */
  limit_w: readonly (number | null)[];
  drawn_w: readonly number[];
  granted_w: readonly number[];
}

export interface Row {
  node: number;
  depth: number;
  /** Of how many it feeds. */
  feeds: number;
  /** Whether it is its feeder's last, and so of each above it: how the lines go on. */
  last: boolean;
  trail: boolean[];
}

/** Children of each node in their order, and the roots under -1. */
export function children(parent: readonly number[]): Map<number, number[]> {
  const found = new Map<number, number[]>();
  parent.forEach((up, node) => {
    const list = found.get(up);
    if (list) list.push(node);
    else found.set(up, [node]);
  });
  return found;
}

/** From the roots down, without what lies below a node that is closed. Feeders come before sites that nothing feeds. */
export function rowsOf(parent: readonly number[], closed: (node: number, feeds: number) => boolean): Row[] {
  const of = children(parent);
  const rows: Row[] = [];
  const walk = (node: number, depth: number, last: boolean, trail: boolean[]) => {
    const below = of.get(node) ?? [];
    rows.push({ node, depth, feeds: below.length, last, trail });
    if (closed(node, below.length)) return;
    below.forEach((child, place) =>
      walk(child, depth + 1, place === below.length - 1, depth > 0 ? [...trail, last] : trail),
    );
  };
  const roots = [...(of.get(-1) ?? [])].sort((a, b) => Number(of.has(b)) - Number(of.has(a)) || a - b);
  roots.forEach((root) => walk(root, 0, true, []));
  return rows;
}

/** Shares of a node's bar, 0..1: of its limit, or where it has none, of the most that is granted or drawn. */
export function bar(nodes: Nodes, node: number): { drawn: number; granted: number; over: boolean } {
  const [limit, drawn, granted] = [nodes.limit_w[node], nodes.drawn_w[node] ?? 0, nodes.granted_w[node] ?? 0];
  const whole = limit ?? Math.max(drawn, granted);
  const share = (watts: number) => (whole > 0 ? Math.min(1, Math.max(0, watts / whole)) : 0);
  // SUMO tells charges so coarsely that half a per cent too much is none.
  return { drawn: share(drawn), granted: share(granted), over: typeof limit === "number" && drawn > limit * 1.005 };
}
