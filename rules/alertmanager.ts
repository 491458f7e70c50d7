import type { Inhibition, Severity } from './model';

/** Where an alert goes. */
export type Receiver =
  | { readonly kind: 'none' }
  | { readonly kind: 'webhook'; readonly url: string }
  | { readonly kind: 'email'; readonly to: string };

export interface Smtp {
  /** Relay on the premises, as `host:port`. */
  readonly smarthost: string;
  readonly from: string;
  readonly requireTls: boolean;
}

export interface AlertmanagerProps {
  /** By name. */
  readonly receivers: Readonly<Record<string, Receiver>>;
  /** Name of the receiver of each severity; `none` is the dead-man receiver. */
  readonly routes: Readonly<Record<Severity, string>>;
  /** Needed for e-mail. */
  readonly smtp?: Smtp;
  readonly inhibitions: readonly Inhibition[];
}

/** A built-in receiver that tells nobody: what no route names ends there. */
export const NOBODY = 'nobody';

const WEB_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** Where Alertmanager opens a connection to tell a receiver; undefined for one that it need not reach, or cannot. */
export function reachedAt(
  receiver: Receiver,
  smtp?: Smtp,
): { readonly host: string; readonly port: number } | undefined {
  if (receiver.kind === 'none') return undefined;
  if (receiver.kind === 'email') {
    const [host, port] = smtp?.smarthost.split(':') ?? [];
    return host === undefined ? undefined : { host, port: Number(port) };
  }
  if (!URL.canParse(receiver.url)) return undefined;
  const { hostname, port, protocol } = new URL(receiver.url);
  return { host: hostname, port: port === '' ? WEB_PORTS[protocol] : Number(port) };
}

function receiver(name: string, settings: Receiver): object {
  if (settings.kind === 'webhook') return { name, webhook_configs: [{ url: settings.url, send_resolved: true }] };
  if (settings.kind === 'email') return { name, email_configs: [{ to: settings.to, send_resolved: true }] };
  return { name };
}

/** Problems of the routes, each with the value got and what is allowed. */
export function routeProblems({ receivers, routes, smtp }: Omit<AlertmanagerProps, 'inhibitions'>): string[] {
  const known = [NOBODY, ...Object.keys(receivers)];
  const problems = Object.entries(routes)
    .filter(([, name]) => !known.includes(name))
    .map(
      ([severity, name]) => `alerts of severity ${severity} go to receiver '${name}'; allowed are ${known.join(', ')}`,
    );
  for (const [name, settings] of Object.entries(receivers)) {
    if (name === NOBODY) problems.push(`receiver ${NOBODY} is built in; give yours another name`);
    if (settings.kind === 'webhook' && !/^https?:\/\/[^@\s?]+$/.test(settings.url)) {
      problems.push(
        `receiver ${name} has url '${settings.url}'; allowed is http(s):// without credentials or parameters, which would be secrets in a committed file`,
      );
    }
    if (settings.kind === 'email' && !/^[^@\s]+@[^@\s]+$/.test(settings.to)) {
      problems.push(`receiver ${name} has address '${settings.to}'; allowed is one e-mail address`);
    }
    if (settings.kind === 'email' && smtp === undefined)
      problems.push(`receiver ${name} is an e-mail address, but no relay is told (smtp)`);
  }
  return problems;
}

/** Configuration of Alertmanager. @throws Error naming every route to a receiver that does not exist */
export function alertmanagerConfig(props: AlertmanagerProps): object {
  const problems = routeProblems(props);
  if (problems.length > 0)
    throw new Error(`alerting has ${problems.length} problem(s):\n${problems.map((p) => `  - ${p}`).join('\n')}`);
  const { receivers, routes, smtp } = props;
  return {
    global: {
      resolve_timeout: '5m',
      ...(smtp && { smtp_smarthost: smtp.smarthost, smtp_from: smtp.from, smtp_require_tls: smtp.requireTls }),
    },
    route: {
      receiver: NOBODY,
      group_by: ['alertname'],
      group_wait: '10s',
      group_interval: '1m',
      repeat_interval: '4h',
      routes: [
        // The dead-man receiver expects a sign of life: repeated every minute, whatever else fires. Each minute Alertmanager looks whether the
        // last message is older than the repetition; with a minute it is just not, and every second one would be left out.
        {
          matchers: ['alertname = "Watchdog"'],
          receiver: routes.none,
          group_wait: '0s',
          group_interval: '1m',
          repeat_interval: '50s',
        },
        { matchers: ['severity = "critical"'], receiver: routes.critical, repeat_interval: '1h' },
        { matchers: ['severity = "warning"'], receiver: routes.warning, repeat_interval: '12h' },
      ],
    },
    inhibit_rules: props.inhibitions.map(({ sources, targets }) => ({
      source_matchers: [`alertname =~ "${sources.join('|')}"`],
      target_matchers: [`alertname =~ "${targets.join('|')}"`],
    })),
    receivers: [{ name: NOBODY }, ...Object.entries(receivers).map(([name, settings]) => receiver(name, settings))],
  };
}
