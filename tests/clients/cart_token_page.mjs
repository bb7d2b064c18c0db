// A page as a shop front may have it that knows `cart_token`: cookie first, localStorage as its copy, POST for every call of the cart.
const API = globalThis.API;

export const getCartToken = () => {
  const cookies = document.cookie.split(";");
  for (let cookie of cookies) {
    const [name, value] = cookie.trim().split("=");
    if (name === "cart_token") {
      return value;
    }
  }
  return null;
};

export const fetchCart = async () => {
  const response = await fetch(`${API}/cart`, {
    method: "POST",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      Origin: window.location.origin,
    },
    credentials: "include",
    body: JSON.stringify({}),
  });
  const data = await response.json();
  const cartToken = getCartToken();
  if (cartToken) {
    localStorage.setItem("cart_token", cartToken);
  }
  return data.data;
};

export const addToCart = async (productId, variantId, qty) => {
  const cartToken = getCartToken() || localStorage.getItem("cart_token");
  const response = await fetch(`${API}/cart/add`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json",
      Origin: window.location.origin,
    },
    credentials: "include",
    body: JSON.stringify({
      cart_token: cartToken,
      product_id: productId,
      variant_id: variantId,
      qty: qty,
    }),
  });
  return response.json();
};

export const fetchCartByBackup = async () => {
  const backupToken = localStorage.getItem("cart_token");
  const response = await fetch(`${API}/cart`, {
    headers: { "X-Cart-Token": backupToken },
    credentials: "include",
  });
  return (await response.json()).data;
};

export const order = async (details) => {
  const response = await fetch(`${API}/order/create`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    credentials: "include",
    body: JSON.stringify(details),
  });
  return response.json();
};
