import { VARIABLES } from '../simulator/src/config';

/** Beginnings of the simulator's variables, such as `DATABASE_`: it refuses one that it does not know. */
const SIMULATOR = [...new Set(Object.keys(VARIABLES).map((name) => name.slice(0, name.indexOf('_') + 1)))];
/** Beginning of the variables that the driver of PostgreSQL reads beside a connection string. */
const DRIVER = 'PG';

/**
 * What our processes inherit of the shell's environment. Their settings are those of the run alone: many a shell exports a `DATABASE_NAME`
 * or a `PGSSLMODE` for something else.
 */
export const inherited = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) => ![DRIVER, ...SIMULATOR].some((start) => name.startsWith(start))),
  );

/** Takes from this process what the driver would read: our server's address is complete, and it has no TLS. */
export function forgetDriverSettings(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith(DRIVER)) delete process.env[name];
}
