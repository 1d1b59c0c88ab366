/**
 * Exceptions Python or Django would raise, carried by name, so that a timeline can show them and a
 * caller can tell them apart. They belong to the port: the browsing side reports problems instead.
 */
export class PythonError extends Error {
  /** The Python class name: "ValueError", "TypeError", "OverflowError", "KeyError", ... */
  readonly type: string;
  constructor(type: string, message = "") {
    super(message);
    this.type = type;
    this.name = type;
  }
}

/** django.core.signing.BadSignature. */
export class BadSignature extends PythonError {
  constructor(message: string, type = "BadSignature") {
    super(type, message);
  }
}

/** django.core.signing.SignatureExpired: a good signature, older than max_age. */
export class SignatureExpired extends BadSignature {
  constructor(message: string) {
    super(message, "SignatureExpired");
  }
}

/** `except type, type:` for exceptions without a class here; the names are exact, so name the subclasses too. */
export const isPythonError = (error: unknown, ...types: string[]): error is PythonError =>
  error instanceof PythonError && types.includes(error.type);
