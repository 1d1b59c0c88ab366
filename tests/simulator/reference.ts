/** The script real Django 5.2 replayed (django_simulation.py beside the page's design), as a scenario. */
import type { SimAction, SimScenario, SimStep } from "../../src/shared/scenario.ts";

const seconds = (text: string): number => {
  const [hours = 0, minutes = 0, rest = 0] = text.split(":").map(Number);
  return hours * 3600 + minutes * 60 + rest;
};

const login: SimAction = { op: "login", user: "1042", hash: '"h"' };
const required: SimAction = { op: "loginRequired" };
const add: SimAction = { op: "increment", key: '"cart_count"' };

const get = (at: string, path: string): SimStep => ({
  at: seconds(at),
  request: { path, actions: [required] },
});
const post = (at: string): SimStep => ({
  at: seconds(at),
  request: { method: "POST", path: "/cart/add/", status: 302, actions: [required, add] },
});
const signIn = (at: string): SimStep => ({
  at: seconds(at),
  request: {
    method: "POST",
    path: "/accounts/login/",
    status: 302,
    unlessSignedIn: true,
    actions: [login],
  },
});

export const reference: SimScenario = {
  title: "Checkout with a pause",
  django: "5.2",
  start: "2026-11-20T10:00:00Z",
  steps: [
    signIn("00:00:00"),
    post("00:01:05"),
    get("00:09:40", "/products/"),
    get("00:18:12", "/products/teapot-31/"),
    get("00:29:50", "/cart/"),
    post("00:32:40"),
    signIn("00:34:12"),
    get("00:37:00", "/cart/"),
    post("00:43:20"),
    { at: seconds("00:52:00"), closeBrowser: true },
    get("00:58:20", "/cart/"),
  ],
};

export const referencePolicies = [
  { name: "A fixed 30 minutes", settings: { SESSION_COOKIE_AGE: 1800 } },
  {
    name: "B sliding 30 minutes",
    settings: { SESSION_COOKIE_AGE: 1800, SESSION_SAVE_EVERY_REQUEST: true },
  },
  { name: "C close with browser", settings: { SESSION_EXPIRE_AT_BROWSER_CLOSE: true } },
];
