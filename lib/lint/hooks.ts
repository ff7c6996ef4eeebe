import type { Container, Hook } from '../kubelet/pod.ts';
import { quoted } from '../quoted.ts';
import { didYouMean } from '../suggest.ts';
import { placeOf } from './place.ts';
import type { Mismatch, Subject } from './subject.ts';

type HttpHook = Extract<Hook, { readonly type: 'httpGet' }>;

/** Every container's preStop hook is `/drain?container=ITS-NAME`, podusher's own too. */
export function hooks(subject: Subject): Mismatch[] {
  return [subject.agent, ...subject.others].flatMap(container => {
    const where = placeOf(subject, container, 'lifecycle.preStop');
    const { preStop } = container;
    if (preStop?.type === 'httpGet') return httpMismatches(subject, container, preStop, `${where}.httpGet`);
    const message = notCalled(subject, container);
    return message === undefined ? [] : [{ where, message }];
  });
}

/** A command may call podusher besides whatever else it does. */
function notCalled(subject: Subject, container: Container): string | undefined {
  const accepted = `accepted: httpGet, path ${pathOf(subject, container)}, port ${subject.own.port}`;
  const { preStop } = container;
  if (preStop?.type === 'exec') {
    const called = new RegExp(`/drain\\?container=${nameOf(subject, container)}(?![-a-z0-9])`, 'u');
    if (called.test(preStop.command.join(' '))) return undefined;
    return `runs a command that does not call podusher; ${accepted}`;
  }
  if (preStop !== undefined) return `does not call podusher; ${accepted}`;
  return container === subject.agent
    ? `is missing: without podusher's own hook a termination looks like restarts; ${accepted}`
    : `is missing, so nothing holds ${container.name} back; ${accepted}`;
}

function httpMismatches(subject: Subject, container: Container, hook: HttpHook, where: string): Mismatch[] {
  const { own } = subject;
  if (hook.port !== own.port) {
    return [
      { where: `${where}.port`, message: `${hook.port} is not podusher's port; accepted: ${own.port}` },
    ];
  }
  const found: Mismatch[] = [];
  if (hook.scheme !== 'HTTP') {
    found.push({ where: `${where}.scheme`, message: 'podusher does not speak HTTPS; accepted: HTTP' });
  }
  const path = pathMismatch(subject, container, hook.path);
  if (path !== undefined) {
    const message = `${path}; accepted: ${pathOf(subject, container)}`;
    found.push({ where: `${where}.path`, message });
  }
  if (own.token !== undefined && !hook.headers.some(({ name }) => name.toLowerCase() === 'authorization')) {
    const message = 'has no Authorization, which podusher asks for; accepted: Bearer TOKEN';
    found.push({ where: `${where}.httpHeaders`, message });
  }
  return found;
}

/** As the agent reads it (`placeHook`). A bare hook is enough where there is but one other container. */
function pathMismatch(subject: Subject, container: Container, given: string): string | undefined {
  const [path = '', ...search] = given.split('?');
  if (path.replace(/^\/?/u, '/') !== '/drain') return `${quoted(given)} is not podusher's`;
  const query = new URLSearchParams(search.join('?'));
  const name = query.get('container');
  const [strange] = query.keys();
  if (name === null && strange !== undefined) {
    return `has the unknown parameter ${quoted(strange)}${didYouMean(strange, ['container'])}`;
  }
  if (name === null) {
    const isClear = container !== subject.agent && subject.others.length === 1;
    return isClear ? undefined : 'does not say whose hook it is';
  }
  return name === nameOf(subject, container) ? undefined : `${quoted(name)} is not this container`;
}

function pathOf(subject: Subject, container: Container): string {
  return `/drain?container=${nameOf(subject, container)}`;
}

function nameOf({ agent, own }: Subject, container: Container): string {
  return container === agent ? own.name : container.name;
}
