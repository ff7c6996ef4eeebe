import { quoted } from '../lib/quoted.ts';
import { didYouMean } from '../lib/suggest.ts';
import { agent } from './sidecar/command.ts';
import { VERSION } from './version.ts';

const HELP = `podusher lets traffic into a pod when its critical containers are ready, and sees everybody out in order

  podusher agent [FLAGS]        /ready, /drain, /livez, /status and /metrics for one pod, as a sidecar
  podusher publisher [FLAGS]    publish Services by the critical containers of their pods, once per cluster
  podusher rehearse POD.yaml    run a pod's commands here, by the kubelet's rules, and draw what happened

podusher help COMMAND tells more. podusher --version tells the version
`;

const COMMANDS = ['agent', 'publisher', 'rehearse', 'help'];

/** @returns the exit status: 2 for bad input. */
async function main([command, ...args]: readonly string[]): Promise<number> {
  switch (command) {
    case 'agent':
      return agent(args, process.env);
    case 'rehearse': {
      // Built as a file of its own (deploy/build.ts), so that the agent never reads it.
      const { rehearse } = await import('./rehearse/command.ts');
      return rehearse(args);
    }
    case 'publisher': {
      const { publisher } = await import('./publisher/command.ts');
      return publisher(args, process.env);
    }
    case '--version':
      process.stdout.write(`podusher ${VERSION}\n`);
      return 0;
    case 'help':
    case '--help':
    case '-h': {
      const [about] = args;
      if (about === 'agent' || about === 'publisher' || about === 'rehearse') return main([about, '--help']);
      if (about !== undefined) return refuse(about);
      process.stdout.write(HELP);
      return 0;
    }
    default:
      return refuse(command);
  }
}

function refuse(command: string | undefined): number {
  const unknown = `Unknown command ${quoted(command ?? '')}${didYouMean(command ?? '', COMMANDS)}`;
  process.stderr.write(`${command === undefined ? 'No command given' : unknown}\n\n${HELP}`);
  return 2;
}

void main(process.argv.slice(2))
  .catch((error: unknown) => {
    process.stderr.write(`podusher failed: ${error instanceof Error ? error.stack : String(error)}\n`);
    return 1;
  })
  .then(status => process.exit(status));
