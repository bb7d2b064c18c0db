// From a guest's cart to a paid order, and a product made by staff, with the types of openapi-typescript and with openapi-fetch.
import createClient from "openapi-fetch";
import type { components, paths } from "./shop";

type Refusal = components["schemas"]["Refusal"];

class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

/** Return the body of a success, or throw the refusal. */
async function ask<T>(call: Promise<{ data?: T; error?: Refusal }>): Promise<T> {
  const { data, error } = await call;
  if (data === undefined) throw new Refused(error!);
  return data;
}

export async function journey(url: string, picture: Blob): Promise<void> {
  await buy(url);
  await sell(url, picture);
}

/** Fill a cart as a guest, sign up, and order by Cash on Delivery and by card. */
async function buy(url: string): Promise<void> {
  const shop = createClient<paths>({ baseUrl: url });

  // A guest fills a cart. Without cookies, the guest key of the first answer goes into a header of the next.
  const found = await ask(shop.GET("/api/products/", { params: { query: { search: "arc" } } }));
  const lamp = found.data[0]!;
  const added = await ask(shop.POST("/api/cart/add/", { body: { product_id: lamp.id, quantity: 2 } }));
  const guest = { "X-Cart-Token": added.cart_token! };
  const cart = await ask(shop.GET("/api/cart/", { params: { header: guest } }));
  console.log(`guest: ${cart.data.items.map((line) => `${line.quantity} × ${line.name}`)}`);

  // They sign up; their cart comes along.
  const account = { email: "ada@example.com", password: "a lamp on the hill", mode: "token" as const };
  const signedUp = await ask(shop.POST("/api/auth/register/", { params: { header: guest }, body: account }));
  console.log(`signed up: ${signedUp.data.user.email}, lines merged: ${signedUp.data.cart_merge?.merged}`);
  const customer = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${signedUp.data.access_token}` } });

  // An outdated total is refused.
  const street = { line1: "12 Hill Road", city: "Pune", postal_code: "411001", country: "IN" };
  const address = { full_name: "Ada Lovelace", phone: "98765 43210", ...street };
  const order = { payment_method: "cod" as const, address };
  try {
    await ask(customer.POST("/api/orders/create/", { body: { ...order, expected_total: "1.00" } }));
  } catch (error) {
    if (!(error instanceof Refused) || error.refusal.code !== "cart_changed") throw error;
    console.log(`refused: ${error.refusal.status} cart_changed, subtotal now ${error.refusal.details?.subtotal}`);
  }

  // Cash on Delivery. A repeated request with the same key returns the same order.
  const placement = { params: { header: { "Idempotency-Key": "first-order" } }, body: order };
  const placed = await ask(customer.POST("/api/orders/create/", placement));
  const repeated = await ask(customer.POST("/api/orders/create/", placement));
  const isSame = repeated.data.number === placed.data.number;
  console.log(`cash on delivery: ${placed.data.status} ${placed.data.total}, repeated: ${isSame}`);

  // By card: the buyer pays on the payment page, and the shop front verifies.
  await ask(customer.POST("/api/cart/add/", { body: { product_id: lamp.id } }));
  const pending = await ask(customer.POST("/api/orders/create/", { body: { ...order, payment_method: "stripe" } }));
  await fetch(pending.data.checkout_url!, { method: "POST", body: new URLSearchParams({ act: "pay" }), redirect: "manual" });
  const query = { session_id: pending.data.session_id! };
  const verified = await ask(customer.GET("/api/orders/verify-payment/", { params: { query } }));
  console.log(`by card: ${pending.data.status}, then ${verified.data.order_status}, paid: ${verified.data.payment_verified}`);
  const orders = await ask(customer.GET("/api/orders/my/"));
  console.log(`my orders: ${orders.data.map((mine) => `${mine.payment_method} ${mine.status} ${mine.payment_status}`).join(", ")}`);
}

/** Make a product with two variants, upload a picture and add to the stock, as staff. */
async function sell(url: string, picture: Blob): Promise<void> {
  const guest = createClient<paths>({ baseUrl: url });
  const credentials = { email: "staff@example.com", password: "a lamp on the hill", mode: "token" as const };
  const signedIn = await ask(guest.POST("/api/auth/login/", { body: credentials }));
  const staff = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${signedIn.data.access_token}` } });
  const variants = [
    { sku: "GLOBE-S", options: { size: "small" }, price: "30.00", stock: 4 },
    { sku: "GLOBE-L", options: { size: "large" }, price: "50.00", stock: 1 },
  ];
  const made = await ask(staff.POST("/api/products/", { body: { name: "Globe", variants } }));
  const path = { product: String(made.data.id) };
  const pictured = await ask(
    staff.POST("/api/products/{product}/images/", {
      params: { path },
      body: { image: picture as unknown as string, alt: "A globe" }, // the types say `string` for a file
      bodySerializer: (fields) => {
        const form = new FormData();
        for (const [name, value] of Object.entries(fields)) form.append(name, value as string | Blob);
        return form;
      },
    }),
  );
  const image = pictured.data.images[0]!;
  const body = { sku_id: made.data.variants[0]!.id, delta: 3, reason: "received" };
  const counted = await ask(staff.POST("/api/products/{product}/stock/", { params: { path }, body }));
  const stock = counted.data.variants.map((variant) => `${variant.sku} ${variant.stock}`).join(", ");
  console.log(`staff: ${counted.data.name}, ${image.alt} ${image.width} × ${image.height}, ${stock}`);
}
