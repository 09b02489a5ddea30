/** What the server has answered, or the error that says what to do. */

import type { Reply } from "../core/host";
import { HostError } from "../core/host";
import type { Fields } from "../core/parse";
import { isFields, text } from "../core/parse";
import { trans } from "../core/translate";
import { unpackFrame } from "./frames";

export const SIGNED_OUT = "SignedOut";
export const NOT_INSTALLED = "NotInstalled";

export function errorOf({ kind, message }: Fields): HostError {
  return new HostError(text(kind, "Error"), text(message, trans.__("The server gave no reason.")));
}

export function readReply(response: Response, data: ArrayBuffer): Reply {
  if (response.status === 401 || response.status === 403) {
    throw new HostError(
      SIGNED_OUT,
      trans.__(
        "Jupyter does not let you in: the sign-in has expired or lacks the right. Reload the page to sign in again.",
      ),
    );
  }
  let content: unknown = null;
  let buffers: DataView[] = [];
  try {
    if (response.headers.get("Content-Type")?.startsWith("application/octet-stream") === true) {
      ({ content, buffers } = unpackFrame(data));
    } else {
      content = JSON.parse(new TextDecoder().decode(data));
    }
  } catch {
    content = null; // a page of a proxy, say
  }
  if (isFields(content) && isFields(content.error)) {
    throw errorOf(content.error);
  }
  if (response.status === 404) {
    throw new HostError(
      NOT_INSTALLED,
      trans.__(
        "The server part of jupyter_tracker is not running. Run `jupyter server extension enable jupyter_tracker` and restart Jupyter.",
      ),
    );
  }
  if (!response.ok || !isFields(content)) {
    throw new HostError("Error", trans.__("Jupyter's server answered with HTTP %1.", response.status));
  }
  return { result: content.result, buffers };
}
