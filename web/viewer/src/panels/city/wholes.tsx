/** The city's services as wholes: its car parks, its charging sites and what feeds them. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { replaying } from "../../state/replay";
import { store } from "../../state/store";
import { panelWatches } from "../../state/ui";
import { Empty } from "../bits";
import { ChargingPanel } from "./charging";
import { ParkingPanel } from "./parking";

type Service = "parking" | "charging";
const TITLES: Record<Service, string> = { parking: "Parking", charging: "Charging" };

export function City() {
  const wanted = useSignal<Service>("parking");
  const world = store.world.value;
  const there: Service[] = [];
  if (world?.parks.length) there.push("parking");
  if (world?.sites.length) there.push("charging");
  const shown = there.includes(wanted.value) ? wanted.value : there[0];
  const live = !replaying.value;
  useEffect(() => {
    panelWatches.value = shown && live ? [`${shown}/0`] : [];
    return () => (panelWatches.value = []);
  }, [shown, live]);
  return (
    <div class="panel" tabIndex={0}>
      {!shown && <Empty>This city has neither car parks nor charging sites.</Empty>}
      {there.length > 1 && (
        <div class="services" role="radiogroup" aria-label="Service">
          {there.map((service) => (
            <label key={service}>
              <input
                type="radio"
                name="service"
                checked={shown === service}
                onChange={() => (wanted.value = service)}
              />
              {TITLES[service]}
            </label>
          ))}
        </div>
      )}
      {shown === "parking" && <ParkingPanel details={store.details.value.get("parking/0")} />}
      {shown === "charging" && <ChargingPanel details={store.details.value.get("charging/0")} />}
    </div>
  );
}
