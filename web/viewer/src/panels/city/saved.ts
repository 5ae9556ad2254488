/** What guidance has saved so far, as far as one run can show it: those with a unit against those without. */

export interface Saved {
  /** Searches begun, and the restricted mean time of one [s]. */
  guided: { searches: number; seconds: number } | null;
  blind: { searches: number; seconds: number } | null;
  /** s of search less for each with a unit, and of all of them; m of cruising likewise. Null: there is nobody to compare with. */
  each: number | null;
  total: number | null;
  metres: number | null;
}

export function saved(value: (name: string) => number | null): Saved {
  const group = (name: string) => {
    const [searches, seconds] = [value(`parking.${name}.searches`), value(`parking.${name}.search_time_s`)];
    return searches && seconds !== null ? { searches, seconds } : null;
  };
  const [guided, blind] = [group("equipped"), group("unequipped")];
  const each = guided && blind ? blind.seconds - guided.seconds : null;
  const [with_, without] = [value("parking.equipped.cruising_m"), value("parking.unequipped.cruising_m")];
  return {
    guided,
    blind,
    each,
    total: each === null ? null : each * guided!.searches,
    metres: each === null || with_ === null || without === null ? null : (without - with_) * guided!.searches,
  };
}
