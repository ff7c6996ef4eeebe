/** A bare control plane as `podusher publisher` finds it. */
import type { ApiPlace } from '../../publisher-io/publisher.ts';
import { accountOf } from './account.ts';
import type { ControlPlane } from './control-plane.ts';

/** @param port where it is reached, if that is not its own. */
export function placeOf(plane: ControlPlane, port: number = plane.place.api.port): ApiPlace {
  return {
    environment: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) },
    account: who => accountOf(plane, who),
  };
}
