/** One sentence for who is here for the first time. */

import { welcomed } from "../state/prefs";
import { store } from "../state/store";
import { onStage } from "../state/ui";
import { tour } from "../tour";
import { Button } from "./bits";

export function Welcome() {
  if (welcomed.value || onStage.value || tour.value || store.run.value?.against || !store.world.value) return null;
  return (
    <p class="notice welcome">
      Simulated cars drive through this city, and roadside units help them by radio: click anything to see what it knows
      and why, or point at the legend to find it.
      <Button text label="Understood" onPress={() => (welcomed.value = true)} />
    </p>
  );
}
