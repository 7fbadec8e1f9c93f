// Errors as Direct Sockets names them. The stack's own error, with its code and its sentence, is the cause.

/** What went wrong on the network. */
export function networkError(cause: unknown): DOMException {
  return domException(cause instanceof Error ? cause.message : `${cause}`, "NetworkError", cause);
}

/** A call that does not fit the state of the socket. */
export function invalidStateError(sentence: string): DOMException {
  return domException(sentence, "InvalidStateError");
}

// Not every platform takes the cause as an option.
function domException(message: string, name: string, cause?: unknown): DOMException {
  const error = new DOMException(message, name);
  return cause === undefined ? error : Object.assign(error, { cause });
}
