/** Why a rehearsal could not be held; `code` is stable. The command's exit status is then 2. */
export type FailureCode =
  | 'ERR_ABORTED'
  | 'ERR_COMMAND'
  | 'ERR_NOT_READY'
  | 'ERR_PORT_IN_USE'
  | 'ERR_STILL_RUNNING'
  | 'ERR_WORKSPACE';

export class RehearsalError extends Error {
  override readonly name = 'RehearsalError';
  readonly code: FailureCode;
  /** What the containers last wrote, where that may tell why. */
  readonly output: readonly string[];

  constructor(
    code: FailureCode,
    message: string,
    options: { cause?: unknown; output?: readonly string[] } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.output = options.output ?? [];
  }
}
