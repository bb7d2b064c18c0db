// From a guest's cart to a paid order, and a product made by staff, with the typescript-fetch client of OpenAPI Generator.
import {
  CartApi,
  CatalogApi,
  CatalogManagementApi,
  Configuration,
  type CreateOrderInput,
  OrdersApi,
  type Refusal,
  RefusalFromJSON,
  ResponseError,
  SignInApi,
} from "./shop";

/** Return the settings of a client, as a guest or with an access token. */
function connect(basePath: string, accessToken?: string): Configuration {
  return new Configuration({ basePath, ...(accessToken && { accessToken }) });
}

/** Return the refusal that a call was answered with. */
async function readRefusal(call: Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof ResponseError) return RefusalFromJSON(await error.response.json());
    throw error;
  }
}

export async function journey(url: string, picture: Blob): Promise<void> {
  await buy(url);
  await sell(url, picture);
}

/** Fill a cart as a guest, sign up, and order by Cash on Delivery and by card. */
async function buy(url: string): Promise<void> {
  // A guest fills a cart. Without cookies, the guest key of the first answer goes into a header of the next.
  const guest = connect(url);
  const found = await new CatalogApi(guest).listProducts({ search: "arc" });
  const lamp = found.data[0]!;
  const added = await new CartApi(guest).addToCart({ addItemInput: { productId: lamp.id, quantity: 2 } });
  const xCartToken = added.cartToken!;
  const cart = await new CartApi(guest).getCart({ xCartToken });
  console.log(`guest: ${cart.data.items.map((line) => `${line.quantity} × ${line.name}`)}`);

  // They sign up; their cart comes along.
  const account = { email: "ada@example.com", password: "a lamp on the hill", mode: "token" as const };
  const signedUp = await new SignInApi(guest).register({ xCartToken, registerInput: account });
  console.log(`signed up: ${signedUp.data.user.email}, lines merged: ${signedUp.data.cartMerge?.merged}`);
  const customer = connect(url, signedUp.data.accessToken);
  const orders = new OrdersApi(customer);

  // An outdated total is refused.
  const street = { line1: "12 Hill Road", city: "Pune", postalCode: "411001", country: "IN" };
  const address = { fullName: "Ada Lovelace", phone: "98765 43210", ...street };
  const order: CreateOrderInput = { paymentMethod: "cod", address };
  const refusal = await readRefusal(orders.placeOrder({ createOrderInput: { ...order, expectedTotal: "1.00" } }));
  if (refusal?.code === "cart_changed") {
    console.log(`refused: ${refusal.status} cart_changed, subtotal now ${refusal.details?.subtotal}`);
  }

  // Cash on Delivery. A repeated request with the same key returns the same order.
  const placement = { idempotencyKey: "first-order", createOrderInput: order };
  const placed = await orders.placeOrder(placement);
  const repeated = await orders.placeOrder(placement);
  const isSame = repeated.data.number === placed.data.number;
  console.log(`cash on delivery: ${placed.data.status} ${placed.data.total}, repeated: ${isSame}`);

  // By card: the buyer pays on the payment page, and the shop front verifies.
  await new CartApi(customer).addToCart({ addItemInput: { productId: lamp.id } });
  const pending = await orders.placeOrder({ createOrderInput: { ...order, paymentMethod: "stripe" } });
  await fetch(pending.data.checkoutUrl!, { method: "POST", body: new URLSearchParams({ act: "pay" }), redirect: "manual" });
  const verified = await orders.verifyPayment({ sessionId: pending.data.sessionId! });
  console.log(`by card: ${pending.data.status}, then ${verified.data.orderStatus}, paid: ${verified.data.paymentVerified}`);
  const mine = await orders.listOrders();
  console.log(`my orders: ${mine.data.map((each) => `${each.paymentMethod} ${each.status} ${each.paymentStatus}`).join(", ")}`);
}

/** Make a product with two variants, upload a picture and add to the stock, as staff. */
async function sell(url: string, picture: Blob): Promise<void> {
  const credentials = { email: "staff@example.com", password: "a lamp on the hill", mode: "token" as const };
  const signedIn = await new SignInApi(connect(url)).login({ loginInput: credentials });
  const staff = new CatalogManagementApi(connect(url, signedIn.data.accessToken));
  const variants = [
    { sku: "GLOBE-S", options: { size: "small" }, price: "30.00", stock: 4 },
    { sku: "GLOBE-L", options: { size: "large" }, price: "50.00", stock: 1 },
  ];
  const made = await staff.createProduct({ productInput: { name: "Globe", variants } });
  const product = String(made.data.id);
  const pictured = await staff.addImage({ product, image: picture, alt: "A globe" });
  const image = pictured.data.images[0]!;
  const received = { skuId: made.data.variants[0]!.id, delta: 3, reason: "received" };
  const counted = await staff.adjustStock({ product, stockInput: received });
  const stock = counted.data.variants.map((variant) => `${variant.sku} ${variant.stock}`).join(", ");
  console.log(`staff: ${counted.data.name}, ${image.alt} ${image.width} × ${image.height}, ${stock}`);
}
