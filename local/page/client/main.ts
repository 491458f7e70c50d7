import { html } from '../view/html';
import type { AnswerLine, DashboardHead, DashboardView } from '../view/types';
import { pathOf, queryOf, readAddress, type Address } from './address';
import { Choices } from './choices';
import { PanelCard } from './panel-card';
import { readLines } from './stream';

/** Milliseconds between two refreshes: as often as the platform takes in events. */
const REFRESH_MS = 5_000;

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

/** The page: reads what the address line asks for, shows it, and follows it. */
class Page {
  private address = readAddress(location);
  private view?: DashboardView;
  private cards = new Map<string, PanelCard>();
  private live = true;
  private timer?: ReturnType<typeof setTimeout>;
  private running?: AbortController;
  /** Whether a link is being followed. */
  private followed = false;
  private readonly choices = new Choices(
    element<HTMLFormElement>('choices'),
    (change) => this.go({ ...this.address, ...change }),
    (live) => {
      this.live = live;
      this.schedule();
    },
  );

  constructor() {
    addEventListener('popstate', () => void this.open(readAddress(location)));
    document.addEventListener('click', (event) => this.clicked(event));
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.live) void this.refresh();
    });
  }

  /** Links between dashboards change the page in place; anything else is the browser's. */
  private clicked(event: MouseEvent): void {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a[href^="/d/"]');
    if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey)
      return;
    event.preventDefault();
    const target = readAddress(link);
    // From the navigation the choices go along; links of a figure name theirs.
    const variables = link.closest('nav') ? { ...this.address.variables, ...target.variables } : target.variables;
    this.followed = true;
    this.go({ ...target, variables });
    scrollTo({ top: 0 });
  }

  private go(address: Address): void {
    history.pushState(null, '', pathOf(address));
    void this.open(address);
  }

  async open(address: Address): Promise<void> {
    this.address = address;
    await this.refresh();
  }

  private async definition(uid: string, signal: AbortSignal): Promise<DashboardView> {
    const response = await fetch(`/api/${uid}/definition`, { signal });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as DashboardView;
  }

  private lay(view: DashboardView): void {
    this.view = view;
    for (const card of this.cards.values()) card.dispose();
    this.cards = new Map(view.panels.map((panel) => [panel.key, new PanelCard(panel, view.uid)]));
    element('figures').replaceChildren(...[...this.cards.values()].map((card) => card.element));
    element('title').textContent = view.title;
    element('description').textContent = view.description;
    document.title = `${view.title} · EdTech Stream`;
    // As after a page that the browser loads: reading begins at the top, and the title says what is read.
    if (this.followed) element('title').focus({ preventScroll: true });
    this.followed = false;
    for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a')) {
      if (link.dataset.uid === view.uid) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }

  /** Reads what the address asks for. The next one ends it: of two addresses in a row only the later one is shown. */
  private async refresh(): Promise<void> {
    this.running?.abort();
    clearTimeout(this.timer);
    const running = new AbortController();
    this.running = running;
    let wanted = 'page';
    try {
      // Here, so that a dashboard that could not be read is asked for again at the next refresh.
      if (this.view?.uid !== this.address.uid) {
        const view = await this.definition(this.address.uid, running.signal);
        if (running.signal.aborted) return;
        this.lay(view);
      }
      wanted = 'figures';
      await this.figures(running.signal);
    } catch (error) {
      if (running.signal.aborted) return;
      this.notice(`The ${wanted} could not be read: ${(error as Error).message}`);
    }
    this.schedule();
  }

  private async figures(signal: AbortSignal): Promise<void> {
    let head: DashboardHead | undefined;
    await readLines(`/api/${this.address.uid}/data${queryOf(this.address)}`, signal, (line) => {
      if (!signal.aborted) head = this.take(line, head);
    });
    this.notice('');
    element('updated').textContent = `Read at ${new Date().toLocaleTimeString('en-GB')}.`;
    performance.mark('figures-shown');
  }

  private take(line: AnswerLine, head: DashboardHead | undefined): DashboardHead | undefined {
    if (line.kind === 'head') {
      this.choices.show(this.view!, line, this.address, this.live);
      element('zone').textContent = line.timeZone;
      const missing = line.variables.find(({ value }) => value === undefined);
      if (missing)
        for (const card of this.cards.values()) card.say(`There is no ${missing.label.toLowerCase()} yet.`, 'empty');
      return line;
    }
    const card = this.cards.get(line.key);
    if (line.kind === 'failure') card?.say(line.message, 'failed');
    else if (head) card?.show(head, line, this.address);
    return head;
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.live && !document.hidden) this.timer = setTimeout(() => void this.refresh(), REFRESH_MS);
  }

  private notice(message: string): void {
    const notice = element('notice');
    notice.hidden = message === '';
    notice.innerHTML = html`${message}`.toString();
  }
}

void new Page().open(readAddress(location));
