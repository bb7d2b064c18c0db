// Sign-up, sign-in by password or phone code, and the two pages linked from e-mails.
import { consentField } from "../consent.js";
import { addRememberedToWishlist, refreshCart, shop, state, update } from "../state.js";
import { button, field, form, h, input, notify, render, runOnce, title } from "../view.js";

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
  if (merge?.merged || merge?.skipped.length) notify(mergeText(merge), "good", { isForNextPage: true });
  const wishlistMessage = await addRememberedToWishlist();
  if (wishlistMessage) notify(`${wishlistMessage}.`, "good", { isForNextPage: true });
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
    accepts_marketing: consentField(),
  };
  const signUpForm = form(fields, "Create an account", async (values) => {
    const body = { ...values, accepts_marketing: fields.accepts_marketing.control.checked };
    await finishSignIn((await shop("POST", "/auth/register/", body)).data, next, goIfStillHere);
  });
  return [title("Create an account"), signUpForm, h("p", {}, h("a", { href: `/sign-in?next=${encodeURIComponent(next)}` }, "I already have an account"))];
}

export function resetPassword({ fragment, go }) {
  const fields = { new_password: field("New password", input("new_password", { ...PASSWORD, autocomplete: "new-password" })) };
  const resetForm = form(fields, "Save", async ({ new_password }) => {
    const { message } = await shop("POST", "/auth/password/reset/confirm/", {
      uid: fragment.get("uid") ?? "",
      token: fragment.get("token") ?? "",
      new_password,
    });
    notify(`${message}.`, "good", { isForNextPage: true });
    await go("/sign-in", { replace: true });
  });
  return [title("Set a new password"), resetForm];
}

/** Confirmation takes a click, because mail scanners open links too. */
export function verifyEmail({ fragment, go }) {
  const confirm = h("button", { type: "button", class: "main" }, "Confirm my address");
  confirm.addEventListener("click", () =>
    runOnce(confirm, async () => {
      const { message } = await shop("POST", "/auth/email/verify/", { token: fragment.get("token") ?? "" });
      notify(`${message}.`, "good", { isForNextPage: true });
      await go("/", { replace: true });
    }),
  );
  return [title("Your e-mail address"), confirm];
}
