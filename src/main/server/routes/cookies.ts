/** cookies.*: pasted cookies of the signed_cookies engine. Keys stay in the host; what is typed is not kept. */
import type { CookieSite } from "../../../shared/cookies.ts";
import { type CookieRules, readCookies, signCookie } from "../../jobs/cookies.ts";
import { filledSettings } from "../../workspace/settings.ts";
import { os } from "../implementer.ts";
import type { Services } from "../services.ts";

export const cookieRoutes = ({ stores }: Services) => {
  function rulesOf({ connection, secretKey, fallbacks, settings }: CookieSite): CookieRules {
    const recipe = connection === undefined ? null : stores.reading(connection).recipe;
    const typed = secretKey !== undefined && secretKey !== "";
    return {
      keys: typed
        ? { secretKey, fallbacks: fallbacks ?? [] }
        : {
            ...(recipe?.keys.secretKey !== undefined && { secretKey: recipe.keys.secretKey }),
            fallbacks: fallbacks ?? recipe?.keys.fallbacks ?? [],
          },
      settings: filledSettings({ ...recipe?.settings, ...settings }),
      now: BigInt(Date.now()) * 1000n,
    };
  }
  return {
    cookies: {
      read: os.cookies.read.handler(({ input }) => ({
        cookies: readCookies(input.text, rulesOf(input.site)),
      })),
      sign: os.cookies.sign.handler(({ input }) =>
        signCookie(input.text, input.original, input.resign, rulesOf(input.site)),
      ),
    },
  };
};
