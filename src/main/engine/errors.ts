/**
 * Python's and Django's exceptions, raised where Django raises them. They are behaviour of the ported engine
 * (the simulator shows their names), not failures of this program: those are problems.
 */

export type PythonErrorType =
  | "AttributeError"
  | "CommandError"
  | "ConnectionError"
  | "CreateError"
  | "DatabaseError"
  | "ImproperlyConfigured"
  | "IntegrityError"
  | "InvalidCacheKey"
  | "InvalidSessionKey"
  | "KeyError"
  | "NotImplementedError"
  | "OSError"
  | "OverflowError"
  | "RuntimeError"
  | "SessionInterrupted"
  | "TypeError"
  | "UnicodeDecodeError"
  | "UnicodeEncodeError"
  | "UpdateError"
  | "ValueError"
  | "ZeroDivisionError"
  | "binascii.Error";

/** One exception of Python: `type` is the class's name as a traceback prints it, `message` what str() gives. */
export class PythonError extends Error {
  readonly type: string;
  constructor(type: PythonErrorType, message = "") {
    super(message);
    this.name = type;
    this.type = type;
  }
}

/** The name Python would print for anything thrown by the engine, else undefined (a bug of this program). */
export const pythonType = (error: unknown): string | undefined =>
  error instanceof PythonError ? error.type : undefined;

/** True where `error` is one of these exceptions; IntegrityError is a DatabaseError as in Django. */
export const isPythonError = (error: unknown, ...types: PythonErrorType[]): boolean =>
  error instanceof PythonError &&
  types.some(
    (type) =>
      error.type === type || (type === "DatabaseError" && error.type === "IntegrityError"),
  );
