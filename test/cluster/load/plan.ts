/** Connections: a new one for each request, or a gateway's pool of kept ones. */
export type Clients = 'new' | 'kept';

/** What a load is to be. It travels as JSON in a query: both ends are ours. */
export interface LoadPlan {
  /** A Service's address. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Requests a second. */
  readonly rate: number;
  readonly clients: Clients;
  /** Every so many requests, one that takes long. */
  readonly slow?: { readonly path: string; readonly every: number };
}
