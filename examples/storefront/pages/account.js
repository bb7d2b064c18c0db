// Sign-up, sign-in by password or phone code, sign-out, sessions, and the two pages linked from e-mails.
import { addRememberedToWishlist, refreshCart, shop, state, update } from "../state.js";
import { button, field, form, formatTime, h, input, notify, render, runOnce, title } from "../view.js";

const PASSWORD = { type: "password", required: true };

/** Return the path to continue to; only paths on this origin are allowed, to prevent open redirects. */
function getNextPath(query) {
  const next = query.get("next") ?? "/";
  const url = new URL(next, location.origin);
  return url.origin === location.origin ? url.pathname + url.search : "/";
}

async function finishSignIn({ user, cart_merge: merge }, next, goIfStillHere) {
  update({ user });
  await refreshCart();
  if (merge?.merged || merge?.skipped.length) notify(mergeText(merge));
  const wishlistMessage = await addRememberedToWishlist();
  if (wishlistMessage) notify(`${wishlistMessage}.`);
  await goIfStillHere(next, { replace: true });
}

function mergeText({ merged, capped, skipped }) {
  const list = (lines, describe) => lines.map((line) => ` ${line.name}: ${describe(line)}.`).join("");
  return (
    `Your guest cart has been added to your cart (${merged} ${merged === 1 ? "line" : "lines"}).` +
    list(capped, ({ quantity, wanted }) => `${quantity} instead of ${wanted}, because no more are available`) +
    list(skipped, ({ reason }) => `not added, ${reason.replaceAll("_", " ")}`)
  );
}

export function signIn({ query, goIfStillHere }) {
  const next = getNextPath(query);
  const fields = {
    email: field("E-mail", input("email", { type: "email", autocomplete: "username", required: true })),
    password: field("Password", input("password", { ...PASSWORD, autocomplete: "current-password" })),
  };
  const passwordForm = form(fields, "Sign in", async (values) => finishSignIn((await shop("POST", "/auth/login/", values)).data, next, goIfStillHere));
  const signUpPath = `/sign-up?next=${encodeURIComponent(next)}`;
  return [
    title("Sign in"),
    h(
      "div",
      { class: "columns" },
      h("section", {}, h("h2", {}, "By e-mail"), passwordForm, h("p", { class: "row" }, resetButton(fields.email), h("a", { href: signUpPath }, "Create an account"))),
      state.config.phone_sign_in && h("section", {}, h("h2", {}, "By phone"), phoneForm(next, goIfStillHere)),
    ),
  ];
}

function resetButton(email) {
  return button("Forgot your password?", async () => {
    const { message } = await shop("POST", "/auth/password/reset/", { email: email.control.value });
    notify(`${message}.`);
  }, { class: "plain" });
}

function phoneForm(next, goIfStillHere) {
  const container = h("div", { class: "stack" });
  const askForPhone = (number = "") => {
    const attributes = { type: "tel", autocomplete: "tel", required: true, value: number };
    const phone = field("Phone number", input("phone", attributes), "Include the country code, for example +91 98765 43210");
    render(container, form({ phone }, "Send me a code", async (values) => askForCode(values.phone)));
    if (number) phone.control.focus();
  };
  const askForCode = async (phone) => {
    const { data } = await shop("POST", "/auth/send-code/", { phone });
    const code = field("Code", input("verification_code", { inputmode: "numeric", autocomplete: "one-time-code", required: true }));
    const verify = form({ verification_code: code }, "Sign in", async ({ verification_code }) => {
      const { data: signedIn } = await shop("POST", "/auth/verify-code/", { phone, verification_code, mode: "cookie" });
      await finishSignIn(signedIn, next, goIfStillHere);
    });
    const alternatives = h("p", { class: "row" }, button("Send another code", () => askForCode(phone)), button("Use another number", async () => askForPhone(phone)));
    render(container, h("p", {}, `We have sent a code to ${phone}. It is valid for ${data.expires_in / 60} minutes.`), verify, alternatives);
    code.control.focus();
  };
  askForPhone();
  return container;
}

export function signUp({ query, goIfStillHere }) {
  const next = getNextPath(query);
  const fields = {
    first_name: field("First name", input("first_name", { autocomplete: "given-name" })),
    last_name: field("Last name", input("last_name", { autocomplete: "family-name" })),
    email: field("E-mail", input("email", { type: "email", autocomplete: "username", required: true })),
    password: field("Password", input("password", { ...PASSWORD, autocomplete: "new-password" }), "At least 8 characters"),
  };
  const signUpForm = form(fields, "Create an account", async (values) => finishSignIn((await shop("POST", "/auth/register/", values)).data, next, goIfStillHere));
  return [title("Create an account"), signUpForm, h("p", {}, h("a", { href: `/sign-in?next=${encodeURIComponent(next)}` }, "I already have an account"))];
}

export async function account({ go, goIfStillHere, reload }) {
  if (!state.user) return go("/sign-in?next=/account", { replace: true });
  const [{ data: user }, { data: sessions }] = await Promise.all([shop("GET", "/auth/me/"), shop("GET", "/auth/sessions/")]);
  update({ user });
  const signOut = (body) => async () => {
    await shop("POST", "/auth/logout/", body);
    update({ user: null });
    await refreshCart();
    notify("You are signed out.");
    await goIfStillHere("/", { replace: true });
  };
  const rows = sessions.map((session) => sessionRow(session, reload));
  return [
    title(user.first_name ? `Hello ${user.first_name}` : "Account"),
    h("p", {}, [user.email, user.phone].filter(Boolean).join(" · ")),
    user.email && !user.email_verified && unverified(),
    h("div", { class: "row" }, button("Sign out", signOut({})), button("Sign out everywhere", signOut({ all: true }))),
    h("h2", {}, "Where you are signed in"),
    h("ul", { class: "lines" }, rows),
  ].filter(Boolean);
}

function unverified() {
  const send = button("Resend the e-mail", async () => notify(`${(await shop("POST", "/auth/email/resend/", {})).message}.`));
  return h("p", { class: "notice" }, "Your e-mail address is not confirmed yet. ", send);
}

function sessionRow({ id, is_current: isCurrent, user_agent: agent, ip, last_seen_at: seen }, reload) {
  const end = button("End session", async () => {
    await shop("DELETE", `/auth/sessions/${id}/`);
    await reload();
  }, { "aria-label": `End session of ${formatTime(seen)}` });
  const details = [ip, `last seen ${formatTime(seen)}`].filter(Boolean).join(", ");
  return h("li", { class: "line" }, h("p", {}, describeDevice(agent), h("br"), h("span", { class: "soft" }, details)), isCurrent ? h("p", {}, "This device") : end);
}

const BROWSERS = { Edg: "Edge", OPR: "Opera", Firefox: "Firefox", Chrom: "Chrome", Safari: "Safari" };
const SYSTEMS = { Android: "Android", iPhone: "iPhone", iPad: "iPad", Windows: "Windows", Macintosh: "Mac", Linux: "Linux" };

/** Return a short name of a user agent, such as "Firefox on Linux", or the user agent itself if it is unknown. */
function describeDevice(agent) {
  const [browser, system] = [BROWSERS, SYSTEMS].map((names) => names[Object.keys(names).find((token) => agent.includes(token))]);
  return browser && system ? `${browser} on ${system}` : agent || "Unknown device";
}

export function resetPassword({ fragment, go }) {
  const fields = { new_password: field("New password", input("new_password", { ...PASSWORD, autocomplete: "new-password" })) };
  const resetForm = form(fields, "Save", async ({ new_password }) => {
    const { message } = await shop("POST", "/auth/password/reset/confirm/", {
      uid: fragment.get("uid") ?? "",
      token: fragment.get("token") ?? "",
      new_password,
    });
    notify(`${message}.`);
    await go("/sign-in", { replace: true });
  });
  return [title("Set a new password"), resetForm];
}

/** Confirmation takes a click, because mail scanners open links too. */
export function verifyEmail({ fragment, go }) {
  const confirm = h("button", { type: "button", class: "main" }, "Confirm my address");
  confirm.addEventListener("click", () =>
    runOnce(confirm, async () => {
      notify(`${(await shop("POST", "/auth/email/verify/", { token: fragment.get("token") ?? "" })).message}.`);
      await go("/", { replace: true });
    }),
  );
  return [title("Your e-mail address"), confirm];
}
