/** The whole page. */

import { selected, toasts, dismiss } from "../state/ui";
import { Button } from "./bits";
import { Dialogs } from "./dialogs";
import { Dock, Rail } from "./dock";
import { Announcer } from "./events";
import { Inspector } from "./inspector/Inspector";
import { Headline } from "./headline";
import { Stage } from "./stage";
import { TourBar } from "./tour";
import { TopBar } from "./topbar";
import { Transport } from "./transport";
import { ViewMenu } from "./viewmenu";

export function App({ mount }: { mount: (host: HTMLElement) => void }) {
  return (
    <>
      <a class="skip" href="#map" onClick={skip}>
        To the map
      </a>
      <TopBar />
      <Rail />
      <Dock />
      <Stage mount={mount} />
      <Headline />
      <TourBar />
      {selected.value && <Inspector key={selected.value} of={selected.value} />}
      <Transport />
      <ViewMenu />
      <Dialogs />
      <Toasts />
      <Announcer />
    </>
  );
}

/** By hand: the fragment belongs to the link. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("map")?.focus();
}

function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.key} class={`toast ${toast.level}`}>
          <span class="sign" aria-hidden="true">
            {toast.level === "warning" ? "▲" : "●"}
          </span>
          <p>{toast.text}</p>
          {toast.action && (
            <Button
              text
              tone="main"
              label={toast.action.label}
              onPress={() => {
                toast.action?.run();
                dismiss(toast.key);
              }}
            />
          )}
          <Button label="Dismiss" icon="close" onPress={() => dismiss(toast.key)} />
        </div>
      ))}
    </div>
  );
}
