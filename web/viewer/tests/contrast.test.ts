/** WCAG 2.2, 1.4.3 and 1.4.11: contrast of text and of signs, in both themes. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("../src/styles/tokens.css", import.meta.url), "utf-8");

function tokens(selector: string): Record<string, string> {
  const block = css.split(selector)[1]!.split("}")[0]!;
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\b/g)].map(([, name, hex]) => [name, hex]));
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light! + 0.05) / (dark! + 0.05);
}

describe.each([
  ["dark", ":root {"],
  ["light", ':root[data-theme="light"] {'],
])("%s colours", (_, selector) => {
  const colour = tokens(selector);
  it.each(["text", "muted", "accent", "good", "warning", "bad"])("%s can be read on every ground", (name) => {
    for (const ground of ["ground", "panel", "raised"]) {
      expect(contrast(colour[name]!, colour[ground]!), ground).toBeGreaterThanOrEqual(4.5);
    }
  });
  it("buttons can be read", () => {
    expect(contrast(colour["on-accent"]!, colour["accent"]!)).toBeGreaterThanOrEqual(4.5);
  });
});

it("is measured as the standard does", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});
