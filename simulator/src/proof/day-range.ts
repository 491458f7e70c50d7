import { formatDay, type Day } from '../model/day';

/** Days that cannot be proven were asked for. Exit code 2: trying again cannot help, and nothing was compared. */
export class DaysRefused extends RangeError {}

/** @throws DaysRefused if the first day is after the last */
export function requireOrder(what: string, from: Day, to: Day): void {
  if (from > to)
    throw new DaysRefused(
      `${what} from ${formatDay(from)} to ${formatDay(to)}: the first day must not be after the last`,
    );
}
