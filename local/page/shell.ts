import type { Dashboard } from '../../dashboards/lib/model';
import { html } from './view/html';

/** The page before any figure: what a browser paints first. */
export function shellPage(dashboards: readonly Dashboard[], current: Dashboard): string {
  const links = dashboards.map(
    ({ uid, title }) =>
      html`<a href="/d/${uid}" data-uid="${uid}" ${uid === current.uid ? html` aria-current="page"` : ''}>${title}</a>`,
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${current.title} · EdTech Stream</title>
        <link rel="icon" href="/assets/icon.svg" />
        <link rel="stylesheet" href="/assets/figures.css" />
        <link rel="stylesheet" href="/assets/page.css" />
        <script src="/assets/echarts.js" defer></script>
        <script type="module" src="/assets/local/page/client/main"></script>
      </head>
      <body>
        <a class="skip" href="#figures">Skip to the figures</a>
        <header class="top">
          <div class="brand">
            <img src="/assets/icon.svg" alt="" width="28" height="28" /><span>EdTech Stream</span>
          </div>
          <nav aria-label="Dashboards">${links}</nav>
          <span class="simulated">simulated data</span>
        </header>
        <main id="main">
          <div class="heading">
            <div>
              <h1 id="title" tabindex="-1">${current.title}</h1>
              <p id="description">${current.description}</p>
            </div>
            <form id="choices" aria-label="What the figures are of"></form>
          </div>
          <div id="notice" role="alert" hidden></div>
          <div id="figures" tabindex="-1" aria-live="off"></div>
        </main>
        <footer>
          <p>
            Local preview: the same definitions are provisioned to Grafana. Times are those of the cohort:
            <span id="zone">–</span>. <span id="updated"></span>
          </p>
        </footer>
        <noscript>This page draws its figures in the browser and needs JavaScript.</noscript>
      </body>
    </html> `.toString();
}
