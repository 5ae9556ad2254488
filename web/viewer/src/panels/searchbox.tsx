/** Search for anything, by keyboard first. */

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { decimal } from "../format";
import { TITLES } from "../refs";
import { search, type Entry } from "../search";
import { store } from "../state/store";
import { scene, show } from "../state/ui";
import { Icon } from "./icons";

function* present(): Iterable<readonly [number, string]> {
  for (const station of scene.value?.stations() ?? []) {
    const row = store.names.get(station);
    if (row) yield [station, row[1]];
  }
}

export function SearchBox() {
  const text = useSignal("");
  const open = useSignal(false);
  const active = useSignal(0);
  const input = useRef<HTMLInputElement>(null);
  const groups = open.value ? search(text.value, store.index, present()) : [];
  const hits: Entry[] = groups.flatMap((group) => group.hits);
  const chosen = Math.min(active.value, hits.length - 1);

  const choose = (entry: Entry) => {
    show(entry.ref);
    open.value = false;
    input.current?.blur();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") active.value = Math.min(hits.length - 1, chosen + 1);
    else if (event.key === "ArrowUp") active.value = Math.max(0, chosen - 1);
    else if (event.key === "Enter" && hits[chosen]) choose(hits[chosen]);
    else if (event.key === "Escape") {
      text.value = "";
      input.current?.blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  let place = -1;
  return (
    <div class="search" role="search">
      <Icon name="search" size={16} />
      <input
        ref={input}
        type="text"
        placeholder="Search vehicles, streets, car parks ..."
        aria-label="Search for anything by id or name"
        role="combobox"
        aria-expanded={hits.length > 0}
        aria-controls="hits"
        aria-activedescendant={hits.length ? `hit-${chosen}` : undefined}
        autocomplete="off"
        spellcheck={false}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          open.value = true;
          active.value = 0;
        }}
        onFocus={(event) => {
          open.value = true;
          event.currentTarget.select();
        }}
        onBlur={() => setTimeout(() => (open.value = false), 150)}
        onKeyDown={onKeyDown}
      />
      <kbd>/</kbd>
      {open.value && text.value.trim() !== "" && (
        <div class="hits" id="hits" role="listbox" aria-label="Found">
          {!hits.length && <p class="empty">Nothing is called so.</p>}
          {groups.map((group) => (
            <div key={group.kind} role="group" aria-label={TITLES[group.kind].many}>
              <h3>
                {TITLES[group.kind].many} <span class="muted">{decimal(group.count, 0)}</span>
              </h3>
              {group.hits.map((entry) => {
                place += 1;
                const here = place;
                return (
                  <div
                    key={entry.ref}
                    id={`hit-${here}`}
                    role="option"
                    class={`hit${here === chosen ? " active" : ""}`}
                    aria-selected={here === chosen}
                    onPointerDown={(event) => {
                      event.preventDefault();
                      choose(entry);
                    }}
                    onPointerMove={() => (active.value = here)}
                  >
                    <span>{entry.name || entry.id}</span>
                    {entry.name && <span class="muted">{entry.id}</span>}
                  </div>
                );
              })}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
