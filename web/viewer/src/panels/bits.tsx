/** The few pieces that all panels are put together from. */

import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icons";
import { percent } from "../format";
import { isRef } from "../refs";
import { store } from "../state/store";
import { show } from "../state/ui";

interface ButtonProps {
  label: string;
  icon?: IconName;
  /** Shown as text too; otherwise the label is for screen readers and the tip. */
  text?: boolean;
  keys?: string;
  /** Why it cannot be pressed now. */
  hindered?: string;
  pressed?: boolean;
  expanded?: boolean;
  tone?: "plain" | "main" | "warning";
  onPress: () => void;
}

export function Button({ label, icon, text, keys, hindered, pressed, expanded, tone = "plain", onPress }: ButtonProps) {
  const tip = hindered || (text && !keys ? undefined : keys ? `${label} (${keys})` : label);
  return (
    <button
      type="button"
      class={`button ${tone}${text ? " text" : ""}`}
      aria-label={text ? undefined : label}
      aria-pressed={pressed}
      aria-expanded={expanded}
      // Not `disabled`: then nobody could come to it and read the reason.
      aria-disabled={hindered ? true : undefined}
      title={tip}
      onClick={() => !hindered && onPress()}
    >
      {icon && <Icon name={icon} />}
      {text && <span>{label}</span>}
    </button>
  );
}

/** A section of a panel, with a quiet heading. */
export function Section({
  title,
  extra,
  children,
}: {
  title: string;
  extra?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="section">
      <h3>
        <span>{title}</span>
        {extra && <span class="extra">{extra}</span>}
      </h3>
      {children}
    </section>
  );
}

/** Name and value pairs. */
export function Facts({ rows }: { rows: readonly (readonly [string, ComponentChildren] | null | false)[] }) {
  return (
    <dl class="facts">
      {rows.map(
        (row) =>
          row && (
            <div key={row[0]}>
              <dt>{row[0]}</dt>
              <dd>{row[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** A filled bar with its words: `share` taken, `also` promised besides. */
export function Fill({
  share,
  also = 0,
  words,
  warn,
}: {
  share: number;
  also?: number;
  words: string;
  warn?: boolean;
}) {
  const width = (value: number) => `${Math.max(0, Math.min(1, value)) * 100}%`;
  return (
    <div class={`fill${warn ? " warn" : ""}`} role="img" aria-label={words} title={words}>
      <span class="taken" style={{ width: width(share) }} />
      <span class="promised" style={{ width: width(Math.min(also, 1 - share)) }} />
    </div>
  );
}

/** A channel busy ratio, 0..1. */
export function Busy({ of }: { of: number }) {
  return (
    <span class="busy">
      <Fill share={of} words={`Channel busy ${percent(of)} of the last 100 ms`} warn={of > 0.62} />
      {percent(of)}
    </span>
  );
}

/** An object that can be gone to; plain text where it is none. */
export function RefLink({ of, label }: { of: unknown; label?: string }) {
  if (!isRef(of)) return <span class="muted">{label ?? "none"}</span>;
  return (
    <button type="button" class="reference" onClick={() => show(of)} title={label ?? store.label(of)}>
      {label ?? store.label(of)}
    </button>
  );
}

export function Tag({
  children,
  tone = "plain",
}: {
  children: ComponentChildren;
  tone?: "plain" | "good" | "warning" | "bad" | "accent";
}) {
  return <span class={`tag ${tone}`}>{children}</span>;
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** What the server sent, where it is what it should be. */
export function num(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function list<T = Record<string, unknown>>(value: unknown): T[] {
  return Array.isArray(value) ? (value as T[]) : [];
}

export function record(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : value === null || value === undefined ? "none" : String(value);
}
