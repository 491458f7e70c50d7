import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SOURCES } from '../dashboards/lib/sources';
import { renderDashboards } from '../dashboards/render';
import { PROFILES, profilesOf, SOURCE_TYPE } from './profiles';

/** Makes a folder hold exactly the rendered dashboards; files that stay the same are not touched. */
function renderInto(target: string): void {
  const chosen = profilesOf(process.env.EDTECH_PROFILES);
  const absent = PROFILES.filter((profile) => !chosen.includes(profile)).map((profile) => SOURCE_TYPE[profile]);
  const files = renderDashboards(undefined, (source) => !absent.includes(SOURCES[source].type));
  const present = readdirSync(target, { recursive: true }).map(String);
  for (const file of present.filter((name) => name.endsWith('.json') && files[name] === undefined)) {
    rmSync(path.join(target, file));
    console.log(`${file}: gone`);
  }
  for (const [file, text] of Object.entries(files)) {
    const place = path.join(target, file);
    if (existsSync(place) && readFileSync(place, 'utf8') === text) continue;
    mkdirSync(path.dirname(place), { recursive: true });
    // Grafana must not read half a file.
    writeFileSync(`${place}.new`, text);
    renameSync(`${place}.new`, place);
    console.log(`${file}: rendered`);
  }
}

renderInto(process.argv[2]);
