import { type DatabaseConfig, Session } from '../database/session';
import type { Logger } from '../logger';
import type { Leases } from './leases';

/**
 * Renews leases on a connection of its own while a long transaction runs. A renewal that fails is only logged: the transaction
 * checks its leases before it commits.
 */
export class LeaseKeeper {
  private readonly timer: NodeJS.Timeout;
  private working: Promise<void> | undefined;
  private session: Session | undefined;

  constructor(
    private readonly database: DatabaseConfig,
    private readonly leases: Leases,
    leaseMs: number,
    private readonly log: Logger,
  ) {
    this.timer = setInterval(() => (this.working ??= this.renew()), leaseMs / 4);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.working;
    await this.session?.close();
  }

  private async renew(): Promise<void> {
    try {
      if (!this.session?.usable) this.session = await Session.open(this.database, 'edtech-simulator leases');
      await this.leases.announce(this.session);
      await this.leases.renewAll(this.session);
    } catch (err) {
      this.log.warn({ err }, 'leases could not be renewed');
      this.session?.destroy();
    } finally {
      this.working = undefined;
    }
  }
}
