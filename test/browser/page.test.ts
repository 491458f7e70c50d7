import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { startPage, type RunningPage } from '../../local/page/server';
import { createFilledDatabase, NOW } from '../dashboards/support/filled-database';
import type { TestDatabase } from '../support/database';
import { contrastProblems } from './support/contrast';

const DASHBOARDS = ['edu-class', 'edu-lesson', 'edu-student', 'edu-risk', 'edu-cohort', 'ops-pipeline'];
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Screenshots to look at; nothing compares them. */
const PICTURES = path.resolve(__dirname, '../../coverage/pages');

/** Runs in the page: what has the focus, and whether one can see that it has. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  const visible = getComputedStyle(element).outlineStyle !== 'none' ? '' : 'unseen ';
  return visible + (element.className || element.getAttribute('name') || element.tagName);
})()`;

const SIZES = [
  { name: 'wide', width: 1440, height: 900, colorScheme: 'light' },
  { name: 'wide and dark', width: 1440, height: 900, colorScheme: 'dark' },
  { name: 'narrow', width: 380, height: 800, colorScheme: 'light' },
] as const;

describe('the local page in Chromium', () => {
  let filled: TestDatabase;
  let site: RunningPage;
  let browser: Browser;
  const queryErrors: unknown[] = [];
  beforeAll(async () => {
    if (!existsSync(CHROMIUM)) {
      throw new Error(`there is no Chromium at ${CHROMIUM}: install Debian's package chromium or set CHROMIUM`);
    }
    filled = await createFilledDatabase('browser');
    const onError = (error: unknown) => queryErrors.push(error);
    site = await startPage({
      databaseUrl: filled.url('educator'),
      adminUrl: filled.url('admin'),
      port: 0,
      // The stream of the tests is small.
      settings: { minimumGroup: 3 },
      now: () => NOW,
      onError,
    });
    // Chromium's own sandbox needs privileges that containers and root do not have.
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    });
    mkdirSync(PICTURES, { recursive: true });
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await filled?.drop();
  });

  /** Opens a page and waits until its figures are there; errors of the page are collected. */
  async function open(
    address: string,
    size: (typeof SIZES)[number] = SIZES[0],
  ): Promise<{ page: Page; errors: string[] }> {
    const { width, height, colorScheme } = size;
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${site.url}${address}`);
    await shown(page);
    return { page, errors };
  }

  const shown = (page: Page): Promise<unknown> =>
    page.waitForFunction(() => performance.getEntriesByName('figures-shown').length > 0, undefined, {
      timeout: 30_000,
    });

  /** Waits for the figures after a change. */
  async function after(page: Page, change: () => Promise<unknown>): Promise<void> {
    await page.evaluate(() => performance.clearMarks('figures-shown'));
    await change();
    await shown(page);
  }

  describe.each(SIZES)('$name', (size) => {
    it.each(DASHBOARDS)(
      '%s draws every panel, without an error, in readable contrast and without scrolling sideways',
      async (uid) => {
        const { page, errors } = await open(`/d/${uid}`, size);
        expect(errors).toEqual([]);
        expect(queryErrors).toEqual([]);
        expect(await page.locator('.panel').count()).toBeGreaterThan(8);
        expect(await page.locator('.waiting, .failed').count()).toBe(0);
        expect(await page.locator('.body.chart canvas').count()).toBeGreaterThan(1);
        expect(await page.evaluate(contrastProblems)).toEqual([]);
        const overflow = await page.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        expect(overflow).toBeLessThanOrEqual(0);
        await page.screenshot({
          path: path.join(PICTURES, `${uid}-${size.name.replaceAll(' ', '-')}.png`),
          fullPage: true,
        });
        await page.context().close();
      },
    );
  });

  it('a choice of the cohort changes classroom, figures and address', async () => {
    const { page } = await open('/d/edu-class');
    const before = await page.locator('select[name="var-classroom"]').inputValue();
    const options = page.locator('select[name="var-cohort"] option');
    await after(page, async () =>
      page.selectOption('select[name="var-cohort"]', (await options.last().getAttribute('value'))!),
    );
    expect(await page.locator('select[name="var-classroom"]').inputValue()).not.toBe(before);
    expect(page.url()).toContain('var-cohort=');
    await page.context().close();
  });

  it('a choice of the range changes the address, and the way back restores it', async () => {
    const { page } = await open('/d/edu-lesson');
    await after(page, () => page.selectOption('select[name="range"]', 'now-7d'));
    expect(page.url()).toContain('from=now-7d');
    await after(page, () => page.goBack());
    expect(await page.locator('select[name="range"]').inputValue()).toBe('now-14d');
    await page.context().close();
  });

  it('a link in a table opens the dashboard that it names with the same class', async () => {
    const { page } = await open('/d/edu-risk');
    const link = page.locator('#panel-list tbody a').first();
    const name = (await link.textContent())?.trim();
    await after(page, () => link.click());
    expect(page.url()).toContain('/d/edu-student?');
    const chosen = await page.locator('select[name="var-student"] option:checked').textContent();
    expect(chosen?.trim()).toBe(name);
    await page.context().close();
  });

  it('shows a dashboard that could not be read as soon as it can be, and until then says why not', async () => {
    const { page, errors } = await open('/d/edu-class');
    const definition = '**/api/edu-cohort/definition';
    await page.route(definition, (route) => route.fulfill({ status: 500, body: 'not now' }));
    await page.locator('nav a[data-uid="edu-cohort"]').click();
    await page.locator('#notice', { hasText: 'The page could not be read: not now' }).waitFor();
    // Longer than a refresh takes to come round: it must not put the new figures into the old cards.
    await page.waitForTimeout(6_000);
    expect(await page.locator('#notice').textContent()).toBe('The page could not be read: not now');
    await after(page, () => page.unroute(definition));
    expect(await page.locator('#title').textContent()).toBe('Cohort comparison');
    expect(await page.locator('#notice').isHidden()).toBe(true);
    expect(errors.filter((error) => !error.startsWith('Failed to load resource'))).toEqual([]);
    await page.context().close();
  });

  it('shows the later of two followed links, also if the earlier one is answered last', async () => {
    const { page, errors } = await open('/d/edu-class');
    let answer!: () => Promise<unknown>;
    const asked = new Promise<void>((resolve) => {
      void page.route('**/api/edu-lesson/definition', (route) => {
        answer = () => route.continue().catch(() => undefined);
        resolve();
      });
    });
    await page.locator('nav a[data-uid="edu-lesson"]').click();
    await asked;
    await after(page, () => page.locator('nav a[data-uid="edu-cohort"]').click());
    await answer();
    await after(page, () => Promise.resolve());
    expect(page.url()).toContain('/d/edu-cohort');
    expect(await page.locator('#title').textContent()).toBe('Cohort comparison');
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('can be used by keyboard alone, and shows where the focus is', async () => {
    const { page } = await open('/d/edu-cohort');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the figures');
    const reached = new Set<string>();
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate<string>(FOCUSED));
    }
    expect([...reached]).toEqual(
      expect.arrayContaining(['var-cohort', 'range', 'live', 'as-table', 'about-button', 'csv']),
    );
    expect([...reached].filter((name) => name.startsWith('unseen') && !name.endsWith('BODY'))).toEqual([]);
    await page.context().close();
  });

  it('a followed link moves the focus to the title, and reading out is left to what people do', async () => {
    const { page } = await open('/d/edu-class');
    const nav = page.locator('nav a[data-uid="edu-cohort"]');
    await after(page, () => nav.press('Enter'));
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Cohort comparison');
    // Figures are read every few seconds: a live region that says so would never be quiet.
    expect(await page.locator('[role="status"], [aria-live="polite"], [aria-live="assertive"]').count()).toBe(0);
    await page.context().close();
  });

  it('names its buttons, and the tables that take the focus, by the panel', async () => {
    const { page } = await open('/d/edu-risk');
    const names = await page
      .locator('.tools > *')
      .evaluateAll((tools) => tools.map((tool) => tool.getAttribute('aria-label') ?? ''));
    expect(names.length).toBeGreaterThan(8);
    expect(new Set(names).size).toBe(names.length);
    const body = page.locator('#panel-list .body');
    expect(await body.getAttribute('tabindex')).toBe('0');
    expect(await body.getAttribute('aria-labelledby')).toBe('panel-list-title');
    const trend = page.locator('#panel-trend');
    await trend.locator('.as-table').press('Enter');
    expect(await trend.locator('.body').getAttribute('role')).toBe('group');
    await trend.locator('.as-table').press('Enter');
    expect(await trend.locator('.body').getAttribute('role')).toBe('img');
    expect(await trend.locator('.body').getAttribute('tabindex')).toBeNull();
    await page.context().close();
  });

  it('says why days in the wrong order change nothing', async () => {
    const { page } = await open('/d/edu-lesson');
    await after(page, () => page.selectOption('select[name="range"]', 'custom'));
    const address = page.url();
    await page.fill('input[name="last"]', '2026-01-01');
    await page.locator('input[name="last"]').dispatchEvent('change');
    const message = await page.evaluate<string>(`document.querySelector('input[name="last"]').validationMessage`);
    expect(message).toContain('The last day must not be before the first one');
    expect(page.url()).toBe(address);
    await page.context().close();
  });

  it('shows each drawing as a table too, and what a figure means', async () => {
    const { page } = await open('/d/edu-class');
    await page.locator('#panel-usual .as-table').press('Enter');
    expect(await page.locator('#panel-usual tbody tr').count()).toBeGreaterThan(5);
    await page.locator('#panel-usual .about-button').press('Enter');
    expect(await page.locator('#panel-usual .about').isVisible()).toBe(true);
    await page.context().close();
  });

  it('prints how long the first paint took', async () => {
    const { page } = await open('/d/edu-class');
    const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime);
    const figures = await page.evaluate(() => performance.getEntriesByName('figures-shown')[0].startTime);
    process.stdout.write(`first paint ${Math.round(paint)} ms, all figures ${Math.round(figures)} ms\n`);
    expect(figures).toBeGreaterThanOrEqual(paint);
    await page.context().close();
  });
});
