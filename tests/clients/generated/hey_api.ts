// From a guest's cart to a paid order, and a product made by staff, with the client of @hey-api/openapi-ts.
import {
  addImage,
  addToCart,
  adjustStock,
  createProduct,
  getCart,
  listOrders,
  listProducts,
  login,
  placeOrder,
  register,
  type CreateOrderInput,
  verifyPayment,
} from "./shop";
import { createClient, type Client } from "./shop/client";

/** Return a client of the shop, as a guest or with an access token. `throwOnError` makes it throw refusals. */
function connect(baseUrl: string, token?: string): Client {
  // Without the condition, the token would also be sent as a cookie.
  return createClient({ baseUrl, throwOnError: true, auth: (scheme) => (scheme.scheme === "bearer" ? token : undefined) });
}

const throwOnError = true; // each call repeats it, for the types alone: `data` is then never undefined

export async function journey(url: string, picture: Blob): Promise<void> {
  await buy(url);
  await sell(url, picture);
}

/** Fill a cart as a guest, sign up, and order by Cash on Delivery and by card. */
async function buy(url: string): Promise<void> {
  // A guest fills a cart. Without cookies, the guest key of the first answer goes into a header of the next.
  const guest = { client: connect(url), throwOnError } as const;
  const { data: found } = await listProducts({ ...guest, query: { search: "arc" } });
  const lamp = found.data[0]!;
  const { data: added } = await addToCart({ ...guest, body: { product_id: lamp.id, quantity: 2 } });
  const headers = { "X-Cart-Token": added.cart_token! };
  const { data: cart } = await getCart({ ...guest, headers });
  console.log(`guest: ${cart.data.items.map((line) => `${line.quantity} × ${line.name}`)}`);

  // They sign up; their cart comes along.
  const account = { email: "ada@example.com", password: "a lamp on the hill", mode: "token" as const };
  const { data: signedUp } = await register({ ...guest, headers, body: account });
  console.log(`signed up: ${signedUp.data.user.email}, lines merged: ${signedUp.data.cart_merge?.merged}`);
  const customer = { client: connect(url, signedUp.data.access_token), throwOnError } as const;

  // An outdated total is refused. Without `throwOnError`, the refusal is the typed `error`.
  const street = { line1: "12 Hill Road", city: "Pune", postal_code: "411001", country: "IN" };
  const address = { full_name: "Ada Lovelace", phone: "98765 43210", ...street };
  const order: CreateOrderInput = { payment_method: "cod", address };
  const { error } = await placeOrder({ ...customer, throwOnError: false, body: { ...order, expected_total: "1.00" } });
  if (error?.code === "cart_changed") {
    console.log(`refused: ${error.status} cart_changed, subtotal now ${error.details?.subtotal}`);
  }

  // Cash on Delivery. A repeated request with the same key returns the same order.
  const placement = { ...customer, headers: { "Idempotency-Key": "first-order" }, body: order };
  const { data: placed } = await placeOrder(placement);
  const { data: repeated } = await placeOrder(placement);
  const isSame = repeated.data.number === placed.data.number;
  console.log(`cash on delivery: ${placed.data.status} ${placed.data.total}, repeated: ${isSame}`);

  // By card: the buyer pays on the payment page, and the shop front verifies.
  await addToCart({ ...customer, body: { product_id: lamp.id } });
  const { data: pending } = await placeOrder({ ...customer, body: { ...order, payment_method: "stripe" } });
  await fetch(pending.data.checkout_url!, { method: "POST", body: new URLSearchParams({ act: "pay" }), redirect: "manual" });
  const { data: verified } = await verifyPayment({ ...customer, query: { session_id: pending.data.session_id! } });
  console.log(`by card: ${pending.data.status}, then ${verified.data.order_status}, paid: ${verified.data.payment_verified}`);
  const { data: orders } = await listOrders(customer);
  console.log(`my orders: ${orders.data.map((mine) => `${mine.payment_method} ${mine.status} ${mine.payment_status}`).join(", ")}`);
}

/** Make a product with two variants, upload a picture and add to the stock, as staff. */
async function sell(url: string, picture: Blob): Promise<void> {
  const credentials = { email: "staff@example.com", password: "a lamp on the hill", mode: "token" as const };
  const { data: signedIn } = await login({ client: connect(url), throwOnError, body: credentials });
  const staff = { client: connect(url, signedIn.data.access_token), throwOnError } as const;
  const variants = [
    { sku: "GLOBE-S", options: { size: "small" }, price: "30.00", stock: 4 },
    { sku: "GLOBE-L", options: { size: "large" }, price: "50.00", stock: 1 },
  ];
  const { data: made } = await createProduct({ ...staff, body: { name: "Globe", variants } });
  const path = { product: String(made.data.id) };
  const { data: pictured } = await addImage({ ...staff, path, body: { image: picture, alt: "A globe" } });
  const image = pictured.data.images[0]!;
  const received = { sku_id: made.data.variants[0]!.id, delta: 3, reason: "received" };
  const { data: counted } = await adjustStock({ ...staff, path, body: received });
  const stock = counted.data.variants.map((variant) => `${variant.sku} ${variant.stock}`).join(", ");
  console.log(`staff: ${counted.data.name}, ${image.alt} ${image.width} × ${image.height}, ${stock}`);
}
