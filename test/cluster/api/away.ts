/** An outage that many live through. */
import type { TestContext } from 'node:test';

/** A way to take something away. */
export interface Away {
  readonly take: (context: TestContext) => Promise<void>;
  readonly giveBack: () => Promise<void>;
}

/** What one of them does; it has seen enough of the outage when it waits until that is over. */
export type Story = (untilBack: () => Promise<void>) => Promise<void>;

/** Takes it away, until all have seen enough, or failed; each story is a test by its title. */
export async function during(
  context: TestContext,
  { take, giveBack }: Away,
  stories: Readonly<Record<string, Story>>,
): Promise<void> {
  await take(context);
  const back = Promise.withResolvers<void>();
  back.promise.catch(() => {});
  const waiting: Promise<void>[] = [];
  const ended = Object.entries(stories).map(([title, story]) => {
    const enough = Promise.withResolvers<void>();
    waiting.push(enough.promise);
    const untilBack = (): Promise<void> => {
      enough.resolve();
      return back.promise;
    };
    return context.test(title, () => story(untilBack).finally(enough.resolve));
  });
  await Promise.all(waiting);
  await giveBack().then(back.resolve, back.reject);
  await Promise.all(ended);
}
