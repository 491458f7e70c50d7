import { zoneOffsetMs } from '../data/time-range';
import { html } from '../view/html';
import type { DashboardHead, DashboardView } from '../view/types';
import type { Address } from './address';

const RANGES: readonly (readonly [string, string])[] = [
  ['now/d', 'Today'],
  ['now-24h', 'Last 24 hours'],
  ['now-7d', 'Last 7 days'],
  ['now-14d', 'Last 14 days'],
  ['now-28d', 'Last 28 days'],
  ['now-90d', 'Last 90 days'],
];

/** Day of an instant in a zone, as a date field wants it. */
function dateOf(ms: number, timeZone: string): string {
  return new Date(ms + zoneOffsetMs(new Date(ms), timeZone)).toISOString().slice(0, 10);
}

/** First instant of a day in a zone. */
function startOf(date: string, timeZone: string): Date {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  const guess = new Date(midnight - zoneOffsetMs(new Date(midnight), timeZone));
  return new Date(midnight - zoneOffsetMs(guess, timeZone));
}

/** Fields above the figures: the variables, the range, and whether they follow what happens. */
export class Choices {
  private shown = '';
  private timeZone = 'UTC';

  /**
   * @param onChange called with the new range and variables
   * @param onLive called when following is switched on or off
   */
  constructor(
    private readonly form: HTMLFormElement,
    private readonly onChange: (change: Partial<Omit<Address, 'uid'>>) => void,
    private readonly onLive: (live: boolean) => void,
  ) {
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('change', (event) => this.changed(event.target as HTMLInputElement | HTMLSelectElement));
  }

  /** Shows what the figures are of. Fields are made anew only if something is different, so that none loses the focus. */
  show(view: DashboardView, head: DashboardHead, address: Address, live: boolean): void {
    this.timeZone = head.timeZone;
    const from = address.from ?? view.range.from;
    const custom = !RANGES.some(([value]) => value === from) || (address.to ?? view.range.to) !== 'now';
    const variables = head.variables.map(({ name, label, options, value }) => {
      const list = options.map(
        (option) =>
          html`<option value="${option.value}" ${option.value === value ? html` selected` : ''}>
            ${option.text}
          </option>`,
      );
      return html`<label
        ><span>${label}</span
        ><select name="var-${name}">
          ${list}
        </select></label
      >`;
    });
    const ranges = RANGES.map(
      ([value, text]) =>
        html`<option value="${value}" ${!custom && value === from ? html` selected` : ''}>${text}</option>`,
    );
    const dates = html`<label
        ><span>First day</span><input type="date" name="first" value="${dateOf(head.from, head.timeZone)}" required
      /></label>
      <label
        ><span>Last day</span><input type="date" name="last" value="${dateOf(head.to - 1, head.timeZone)}" required
      /></label>`;
    const markup = html`${variables}
      <label
        ><span>Range</span
        ><select name="range">
          ${ranges}
          <option value="custom" ${custom ? html` selected` : ''}>Days …</option>
        </select></label
      >
      ${custom ? dates : ''}
      <label class="live"
        ><input type="checkbox" name="live" ${live ? html` checked` : ''} /><span>Follow live</span></label
      >`.toString();
    if (markup === this.shown) return;
    const focused = (document.activeElement as HTMLInputElement | null)?.name;
    this.shown = markup;
    this.form.innerHTML = markup;
    if (focused) this.form.querySelector<HTMLElement>(`[name="${CSS.escape(focused)}"]`)?.focus();
  }

  private changed(field: HTMLInputElement | HTMLSelectElement): void {
    if (field.name === 'live') return this.onLive((field as HTMLInputElement).checked);
    if (field.name.startsWith('var-')) return this.onChange({ variables: this.variables(field.name) });
    if (field.name === 'range' && field.value !== 'custom') return this.onChange({ from: field.value, to: 'now' });
    const [first, last] = field.name === 'range' ? this.lastWeek() : this.dates();
    if (!first || !last || !this.inOrder(first, last)) return;
    const end = new Date(startOf(last, this.timeZone).getTime() + 36 * 3_600_000);
    const midnight = startOf(dateOf(end.getTime(), this.timeZone), this.timeZone);
    this.onChange({ from: startOf(first, this.timeZone).toISOString(), to: midnight.toISOString() });
  }

  /** Choices up to the one that changed: those after it depend on it. */
  private variables(changed: string): Record<string, string> {
    const values: Record<string, string> = {};
    for (const { name, value } of this.form.querySelectorAll<HTMLSelectElement>('select[name^="var-"]')) {
      values[name.slice('var-'.length)] = value;
      if (name === changed) break;
    }
    return values;
  }

  private dates(): [string, string] {
    const value = (name: string): string => this.form.querySelector<HTMLInputElement>(`[name="${name}"]`)?.value ?? '';
    return [value('first'), value('last')];
  }

  /** Whether the days are in order; says so at the field if they are not, since nothing else would happen. */
  private inOrder(first: string, last: string): boolean {
    const field = this.form.querySelector<HTMLInputElement>('[name="last"]');
    field?.setCustomValidity(first > last ? `The last day must not be before the first one, ${first}.` : '');
    return field?.reportValidity() ?? first <= last;
  }

  private lastWeek(): [string, string] {
    const now = Date.now();
    return [dateOf(now - 6 * 86_400_000, this.timeZone), dateOf(now, this.timeZone)];
  }
}
