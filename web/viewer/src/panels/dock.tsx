/** The panels at the side, one at a time. */

import { dockOpen, tab, type Tab } from "../state/prefs";
import { store } from "../state/store";
import { Button } from "./bits";
import { City } from "./city/wholes";
import { Events } from "./events";
import { Figures } from "./figures";
import { Icon, type IconName } from "./icons";
import { Messages } from "./messages";
import { Presenter } from "./presenter";
import { Table } from "./table";

const TABS: readonly { tab: Tab; label: string; key: string; icon: IconName }[] = [
  { tab: "figures", label: "Figures", key: "K", icon: "figures" },
  { tab: "city", label: "Services", key: "Y", icon: "city" },
  { tab: "messages", label: "Messages", key: "M", icon: "messages" },
  { tab: "events", label: "Events", key: "E", icon: "events" },
  { tab: "table", label: "Table", key: "B", icon: "table" },
  { tab: "stage", label: "Actions", key: "P", icon: "stage" },
];

export function Rail() {
  const press = (which: Tab) => {
    dockOpen.value = !(dockOpen.value && tab.value === which);
    tab.value = which;
  };
  return (
    <nav class="rail" aria-label="Panels">
      {TABS.map(({ tab: which, label, key, icon }) => (
        <button
          type="button"
          key={which}
          aria-pressed={dockOpen.value && tab.value === which}
          title={`${label} (${key})`}
          onClick={() => press(which)}
        >
          <Icon name={icon} size={20} />
          <span>{label}</span>
        </button>
      ))}
    </nav>
  );
}

export function Dock() {
  if (!dockOpen.value) return null;
  const now = TABS.find((entry) => entry.tab === tab.value)!;
  return (
    <aside class="dock left" aria-label={now.label}>
      <header class="cardhead">
        <h2>{now.label}</h2>
        <Button label="Close" icon="close" keys="\\" onPress={() => (dockOpen.value = false)} />
      </header>
      {tab.value === "figures" && <Figures />}
      {tab.value === "city" && <City />}
      {tab.value === "messages" && <Messages key={store.run.value?.run} />}
      {tab.value === "events" && <Events />}
      {tab.value === "table" && <Table />}
      {tab.value === "stage" && <Presenter />}
    </aside>
  );
}
