/**
 * The hash that ties a session to a password (AbstractBaseUser.get_session_auth_hash):
 *
 *     lowercase hex of HMAC( key = H(salt + SECRET_KEY), message = the whole encoded password )
 *
 * Password `pbkdf2_sha256$1$salt$aaaa` under the golden secret gives
 * 02f1a33b2a15103eeef1de031304f4dbf62f434d3ef24a29013080a80094574d.
 */
import { type SecretKey, saltedHmac } from "./hmac.ts";

const SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash";

/** `_auth_user_hash` of a user: sha256 since 3.1, sha1 from 1.7 to 3.0 (3.1 and 3.2 still accept it). */
export const sessionAuthHash = (
  password: string,
  secret: SecretKey,
  algorithm: "sha1" | "sha256" = "sha256",
): string => saltedHmac(SALT, password, secret, algorithm);
