import type { ECharts } from 'echarts';
import { chartTableHtml, matrixHtml, statHtml, tableHtml } from '../view/figures';
import { html, type Html } from '../view/html';
import { markdown } from '../view/markdown';
import { marksLegend } from '../view/chart-marks';
import { chartOption } from '../view/option';
import { isEmpty } from '../view/series';
import type { DashboardHead, PanelResult, PanelView } from '../view/types';
import { pathOf, queryOf, type Address } from './address';

declare const echarts: typeof import('echarts');

const CHARTS = new Set(['timeseries', 'trend', 'bars']);
const dark = matchMedia('(prefers-color-scheme: dark)');

/** One panel: its question, what it means, and its figures as a drawing or a table. */
export class PanelCard {
  readonly element = document.createElement('section');
  private readonly body: HTMLElement;
  private chart?: ECharts;
  private asTable = false;
  private last?: { head: DashboardHead; result: PanelResult; address: Address };
  private shown = '';
  private readonly resized = new ResizeObserver(() => this.resize());
  private readonly themed = (): void => this.draw();

  constructor(
    private readonly panel: PanelView,
    private readonly uid: string,
  ) {
    const id = `panel-${panel.key}`;
    this.element.className = `panel kind-${panel.kind}`;
    this.element.id = id;
    this.element.setAttribute('aria-labelledby', `${id}-title`);
    this.element.style.setProperty('--w', String(panel.size.w));
    this.element.style.setProperty('--h', String(panel.size.h));
    this.element.innerHTML = this.frame(id).toString();
    this.body = this.element.querySelector<HTMLElement>('.body')!;
    const about = this.element.querySelector<HTMLButtonElement>('.about-button')!;
    about.addEventListener('click', () => {
      const text = this.element.querySelector<HTMLElement>('.about')!;
      text.hidden = !text.hidden;
      about.setAttribute('aria-expanded', String(!text.hidden));
    });
    this.element.querySelector('.as-table')?.addEventListener('click', () => this.toggle());
    if (panel.kind === 'text') this.body.innerHTML = markdown(panel.content ?? '').toString();
    else if (panel.needs) this.say(`Shown in Grafana: this panel needs ${panel.needs}.`, 'needs');
    else this.body.innerHTML = '<p class="waiting">Reading …</p>';
    this.resized.observe(this.body);
    dark.addEventListener('change', this.themed);
  }

  private frame(id: string): Html {
    const { panel } = this;
    const why = panel.thresholds?.reason;
    return html`<header>
        <h2 id="${id}-title">${panel.title}</h2>
        <div class="tools">
          ${CHARTS.has(panel.kind) && !panel.needs ? html`<button type="button" class="as-table" aria-pressed="false" aria-label="Table: ${panel.title}" title="Show the figures as a table">Table</button>` : ''}
          ${panel.kind === 'table' && !panel.needs ? html`<a class="csv" href="#" download aria-label="CSV: ${panel.title}" title="Download this table">CSV</a>` : ''}
          <button
            type="button"
            class="about-button"
            aria-expanded="false"
            aria-controls="${id}-about"
            aria-label="About: ${panel.title}"
          >
            ?
          </button>
        </div>
      </header>
      <p class="about" id="${id}-about" hidden>
        ${panel.description}${why && !panel.description.includes(why) ? ` Marks: ${why}` : ''}
      </p>
      <div class="body"></div>
      <div class="below"></div>`;
  }

  show(head: DashboardHead, result: PanelResult, address: Address): void {
    this.last = { head, result, address };
    const csv = this.element.querySelector<HTMLAnchorElement>('.csv');
    if (csv) csv.href = `/api/${this.uid}/panels/${this.panel.key}.csv${queryOf(this.resolved(head, address))}`;
    this.draw();
  }

  say(message: string, kind: 'empty' | 'failed' | 'needs'): void {
    this.clearChart();
    this.put(html`<p class="${kind}">${message}</p>`);
  }

  /** Ends what would keep a card alive that is no longer on the page. */
  dispose(): void {
    this.resized.disconnect();
    dark.removeEventListener('change', this.themed);
    this.clearChart();
  }

  /** The choices that the server made stand in links and downloads, not only those that were asked for. */
  private resolved(head: DashboardHead, address: Address): Address {
    const chosen = head.variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
    return { ...address, variables: { ...address.variables, ...Object.fromEntries(chosen) } };
  }

  private draw(): void {
    if (!this.last) return;
    const { head, result, address } = this.last;
    const { panel } = this;
    if (isEmpty(panel, result.frames)) return this.say(panel.noData, 'empty');
    const own = this.resolved(head, address);
    const linkTo = (uid: string, variables: Readonly<Record<string, string>>): string =>
      pathOf({
        uid,
        variables,
        from: uid === this.uid ? own.from : undefined,
        to: uid === this.uid ? own.to : undefined,
      });
    if (CHARTS.has(panel.kind) && !this.asTable) return this.drawChart(head, result);
    this.clearChart();
    if (CHARTS.has(panel.kind)) return this.put(chartTableHtml(panel, result.frames, head.timeZone));
    if (panel.kind === 'stat')
      return this.put(this.withLink(statHtml(panel, result.frames, head.timeZone), own.variables, linkTo));
    if (panel.kind === 'matrix') return this.put(matrixHtml(panel, result.frames, head.timeZone));
    this.put(tableHtml(panel, result.frames, head.timeZone, own.variables, linkTo));
  }

  private withLink(
    figures: Html,
    own: Readonly<Record<string, string>>,
    linkTo: (uid: string, variables: Readonly<Record<string, string>>) => string,
  ): Html {
    const { link } = this.panel;
    if (!link) return figures;
    const variables = Object.keys(link.variables).flatMap((name) =>
      own[name] === undefined ? [] : [[name, own[name]] as const],
    );
    return html`${figures}
      <p class="more"><a href="${linkTo(link.uid, Object.fromEntries(variables))}">${link.title} →</a></p>`;
  }

  private drawChart(head: DashboardHead, result: PanelResult): void {
    if (!this.chart) {
      this.body.replaceChildren();
      this.shown = '';
      this.undescribe();
      this.body.classList.add('chart');
      this.chart = echarts.init(this.body, undefined, { renderer: 'canvas' });
      this.body.setAttribute('role', 'img');
    }
    const around = {
      from: result.from,
      to: head.to,
      timeZone: head.timeZone,
      annotations: head.annotations,
      theme: dark.matches ? 'dark' : 'light',
      width: this.body.clientWidth,
    } as const;
    const { panel } = this;
    this.chart.setOption(chartOption(panel, result.frames, around), { notMerge: true });
    const { annotations } = head;
    const below =
      panel.kind === 'timeseries' ? marksLegend(annotations.filter(({ timeEnd }) => (timeEnd ?? 0) > result.from)) : '';
    this.element.querySelector('.below')!.innerHTML = String(below);
    this.body.setAttribute('aria-label', `${panel.title} A drawing; the button "Table" shows its figures.`);
  }

  private toggle(): void {
    this.asTable = !this.asTable;
    this.element.querySelector('.as-table')!.setAttribute('aria-pressed', String(this.asTable));
    this.draw();
  }

  /** Replaces the body unless it says the same already; a link in it that has the focus keeps it. */
  private put(content: Html): void {
    const markup = content.toString();
    if (markup === this.shown) return;
    const links = [...this.body.querySelectorAll('a')];
    const focused = links.indexOf(document.activeElement as HTMLAnchorElement);
    const { scrollTop } = this.body;
    this.shown = markup;
    this.body.innerHTML = markup;
    this.body.scrollTop = scrollTop;
    this.describeTable();
    if (focused >= 0) [...this.body.querySelectorAll('a')][focused]?.focus();
  }

  /** A table may be larger than its card: the card takes the focus, to be scrolled by keyboard, and says whose figures these are. */
  private describeTable(): void {
    if (!this.body.querySelector('table')) return this.undescribe();
    this.body.tabIndex = 0;
    this.body.setAttribute('role', 'group');
    this.body.setAttribute('aria-labelledby', `${this.element.id}-title`);
  }

  private undescribe(): void {
    for (const name of ['tabindex', 'role', 'aria-labelledby', 'aria-label']) this.body.removeAttribute(name);
  }

  private clearChart(): void {
    this.element.querySelector('.below')!.innerHTML = '';
    this.chart?.dispose();
    this.chart = undefined;
    if (!this.body.classList.contains('chart')) return;
    this.body.classList.remove('chart');
    this.undescribe();
  }

  private resize(): void {
    if (!this.chart) return;
    this.chart.resize();
    this.draw();
  }
}
