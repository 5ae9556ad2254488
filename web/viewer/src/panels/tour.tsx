/** The caption of a tour's stop, and the way through it. */

import { store } from "../state/store";
import { holdTour, leaveTour, nextStop, tour } from "../tour";
import { Button } from "./bits";

export function TourBar() {
  const place = tour.value;
  if (!place) return null;
  const { title, stops, at, caption, ref, share, held } = place;
  return (
    <section class="tourbar" aria-label={title}>
      <div class="tourshare" style={{ width: `${share * 100}%` }} aria-hidden="true" />
      <p class="muted tourhead">
        <span>{title}</span>
        <span>
          {at + 1} of {stops.length}
        </span>
        {ref && <span>{store.label(ref)}</span>}
      </p>
      <p class="tourwords" role="status" aria-live="polite">
        {caption}
      </p>
      <div class="tourbuttons">
        <Button label="The stop before" icon="back" keys="PgUp" onPress={() => nextStop(-1)} />
        <Button
          label={held ? "Go on" : "Stay here"}
          icon={held ? "play" : "pause"}
          keys="I"
          pressed={held}
          onPress={holdTour}
        />
        <Button label="The next stop" icon="next" keys="PgDn" onPress={() => nextStop(1)} />
        <Button text label="Leave the tour" onPress={leaveTour} />
      </div>
    </section>
  );
}
