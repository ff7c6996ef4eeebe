/** The kinds of values that settings have: each reads its text and says what it accepts, for people and schemas. */
import * as v from 'valibot';
import { type Parsed, parsed, unparsed } from '../parsed.ts';
import { quoted } from '../quoted.ts';
import { PROBE_FORMS, parseProbe } from '../readiness/parse-probe.ts';
import type { Probe } from '../readiness/probe.ts';
import { ACCEPTED_DRAIN_ACTIONS, parseDrainAction } from './drain-action.ts';
import { acceptedDurations, type Bounds, DURATION_PATTERN, parseDuration } from './duration.ts';
import { ACCEPTED_IN_FLIGHT_SOURCES, parseInFlightSource } from './in-flight-source.ts';
import { parseList } from './list.ts';
import type { DrainAction, InFlightSource } from './settings.ts';

/** One kind of value. */
export interface Kind<T> {
  /** What stands for it in a usage line: `DURATION`. */
  readonly placeholder: string;
  /** What its text may be, in a phrase. */
  readonly accepted: string;
  /** A regular expression that every accepted text matches; the parser may be stricter. */
  readonly pattern: string;
  /** Problems name what is accepted. */
  parse(text: string): Parsed<T>;
}

const LABEL_PATTERN = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
const PORT_PATTERN = '[0-9]{1,5}';

/** A container's name is a DNS label (RFC 1123), by `ValidateDNS1123Label` in `pkg/apis/core/validation`. */
export const CONTAINER: Kind<string> = matching({
  placeholder: 'CONTAINER',
  accepted: "a container's name (lower-case letters, digits and inner hyphens, at most 63)",
  pattern: LABEL_PATTERN,
  isNot: "a container's name",
});

export const CONTAINERS: Kind<readonly string[]> = listOf(CONTAINER, {
  placeholder: 'CONTAINER,…',
  accepted: 'names of containers, separated by commas',
});

const TRUE_OR_FALSE = oneOf('BOOLEAN', ['true', 'false']);

export const BOOLEAN: Kind<boolean> = {
  ...TRUE_OR_FALSE,
  parse(text: string): Parsed<boolean> {
    const word = TRUE_OR_FALSE.parse(text);
    return word.ok ? parsed(word.value === 'true') : word;
  },
};

export const PORT: Kind<number> = {
  placeholder: 'PORT',
  accepted: 'a port, 1 to 65535',
  pattern: PORT_PATTERN,
  parse(text: string): Parsed<number> {
    const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
    return port >= 1 && port <= 65_535
      ? parsed(port)
      : unparsed(`${quoted(text)} is not a port; accepted: ${PORT.accepted}`);
  },
};

export const PORTS: Kind<readonly number[]> = listOf(PORT, {
  placeholder: 'PORT,…',
  accepted: 'ports, 1 to 65535, separated by commas',
});

export const ADDRESS: Kind<string> = {
  placeholder: 'ADDRESS',
  accepted: 'an IPv4 or IPv6 address',
  pattern: '[0-9a-fA-F:.]+',
  parse(text: string): Parsed<string> {
    return v.is(v.pipe(v.string(), v.ipv4()), text) || isIpv6(text)
      ? parsed(text)
      : unparsed(`${quoted(text)} is not an address; accepted: ${ADDRESS.accepted}`);
  },
};

/** By the URL parser: compiling valibot's regular expression for IPv6 takes 5 ms of each start. */
function isIpv6(text: string): boolean {
  return /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]/`);
}

export const ADDRESSES: Kind<readonly string[]> = listOf(ADDRESS, {
  placeholder: 'ADDRESS,…',
  accepted: 'IPv4 or IPv6 addresses, separated by commas',
});

export const FILE: Kind<string> = matching({
  placeholder: 'FILE',
  accepted: 'the path of a file',
  pattern: '[^\\u0000]+',
  isNot: 'a path',
});

export const FOLDER: Kind<string> = matching({
  placeholder: 'FOLDER',
  accepted: 'the path of a folder',
  pattern: FILE.pattern,
  isNot: 'a path',
});

/** A name of an object is a DNS subdomain (RFC 1123), by `NameIsDNSSubdomain` in `k8s.io/apimachinery`. */
export const OBJECT: Kind<string> = matching({
  placeholder: 'NAME',
  accepted: "an object's name (lower-case letters, digits, inner hyphens and dots, at most 253)",
  pattern: '(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*',
  isNot: "an object's name",
});

/** Its problems never show the text, which is a secret. */
export const TOKEN: Kind<string> = {
  placeholder: 'TOKEN',
  accepted: 'visible ASCII without spaces, at most 4096 characters',
  pattern: '[!-~]{1,4096}',
  parse(text: string): Parsed<string> {
    return /^[!-~]{1,4096}$/.test(text) ? parsed(text) : unparsed(`Not a token; accepted: ${TOKEN.accepted}`);
  },
};

export const PROBE: Kind<Probe> = {
  placeholder: 'PROBE',
  accepted: PROBE_FORMS,
  pattern: '[\\s\\S]+',
  parse: parseProbe,
};

export const IN_FLIGHT: Kind<InFlightSource> = {
  placeholder: 'SOURCE',
  accepted: ACCEPTED_IN_FLIGHT_SOURCES,
  pattern: '(tcp|connections|https?://[^#]+#[\\s\\S]+)',
  parse: parseInFlightSource,
};

export const DRAIN_ACTION: Kind<DrainAction> = {
  placeholder: 'REQUEST',
  accepted: ACCEPTED_DRAIN_ACTIONS,
  pattern: '\\s*(GET|POST|PUT)\\s+https?://[\\s\\S]+',
  parse: parseDrainAction,
};

/** @returns a duration within the bounds. */
export function duration(bounds: Bounds): Kind<number> {
  return {
    placeholder: 'DURATION',
    accepted: acceptedDurations(bounds),
    pattern: DURATION_PATTERN,
    parse: text => parseDuration(text, bounds),
  };
}

/** @returns one of the words. */
export function oneOf<const T extends string>(placeholder: string, words: readonly T[]): Kind<T> {
  const accepted = words.join(', ');
  return {
    placeholder,
    accepted,
    pattern: `(${words.join('|')})`,
    parse(text: string): Parsed<T> {
      const word = words.find(known => known === text);
      return word === undefined
        ? unparsed(`${quoted(text)} is not accepted; accepted: ${accepted}`)
        : parsed(word);
    },
  };
}

function matching(kind: Omit<Kind<string>, 'parse'> & { readonly isNot: string }): Kind<string> {
  const { isNot, ...rest } = kind;
  const pattern = new RegExp(`^${kind.pattern}$`);
  return {
    ...rest,
    parse: text =>
      pattern.test(text)
        ? parsed(text)
        : unparsed(`${quoted(text)} is not ${isNot}; accepted: ${kind.accepted}`),
  };
}

function listOf<T>(item: Kind<T>, words: Pick<Kind<T>, 'placeholder' | 'accepted'>): Kind<readonly T[]> {
  return {
    ...words,
    pattern: `\\s*(${item.pattern}\\s*(,\\s*${item.pattern}\\s*)*)?`,
    parse: text => parseList(text, item, words.accepted),
  };
}
