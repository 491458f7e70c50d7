import { stringify } from 'yaml';
import { INHIBITIONS } from '../../rules';
import { alertmanagerConfig } from '../../rules/alertmanager';
import { IMAGE } from '../../src/images';
import { runInImage } from './promtool';

const ALERTMANAGER = `${IMAGE.alertmanager.repository}:${IMAGE.alertmanager.tag}`;
const config = stringify(
  alertmanagerConfig({
    receivers: {
      oncall: { kind: 'webhook', url: 'https://oncall.example.org/hook' },
      tickets: { kind: 'email', to: 'tickets@example.org' },
      'dead-man': { kind: 'webhook', url: 'http://dead-man.example.org/ping' },
    },
    routes: { critical: 'oncall', warning: 'tickets', none: 'dead-man' },
    smtp: { smarthost: 'mail.example.org:25', from: 'edtech@example.org', requireTls: true },
    inhibitions: INHIBITIONS,
  }),
);
const amtool = (...args: string[]) => runInImage(ALERTMANAGER, 'amtool', args, { 'alertmanager.yaml': config });

test('Alertmanager accepts the configuration', () => {
  const { ok, output } = amtool('check-config', 'alertmanager.yaml');
  expect(ok ? '' : output).toBe('');
  expect(output).toMatch(/3 inhibit rules/);
});

test('a configuration with an unknown receiver is refused by Alertmanager too', () => {
  const broken = config.replace('receiver: oncall', 'receiver: nowhere');
  expect(broken).not.toBe(config);
  const { ok } = runInImage(ALERTMANAGER, 'amtool', ['check-config', 'alertmanager.yaml'], {
    'alertmanager.yaml': broken,
  });
  expect(ok).toBe(false);
});

test.each([
  ['severity=critical alertname=NoPrimary', 'oncall'],
  ['severity=warning alertname=ReplicaLag', 'tickets'],
  ['severity=none alertname=Watchdog', 'dead-man'],
  ['severity=debug alertname=Other', 'nobody'],
])('an alert with %s goes to %s', (labels, receiver) => {
  const { ok, output } = amtool('config', 'routes', 'test', '--config.file=alertmanager.yaml', ...labels.split(' '));
  expect(ok ? output.trim() : output).toBe(receiver);
});
