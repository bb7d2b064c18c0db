// A cart service as a shop front may have it that knows `owner.session_key` and the X-Session-Key header: axios, on a bare API host.
import axios from "axios";

export class CartService {
  constructor(baseURL) {
    this.api = axios.create({ baseURL, withCredentials: true, headers: { "Content-Type": "application/json" } });
    this.api.interceptors.request.use((config) => {
      const key = this.getStoredSessionKey();
      if (key) config.headers["X-Session-Key"] = key;
      return config;
    });
    this.api.interceptors.response.use((response) => {
      if (response.data?.owner?.session_key) {
        this.storeSessionKey(response.data.owner.session_key);
      }
      return response;
    });
  }

  storeSessionKey(key) {
    localStorage.setItem("cart_session_key", key);
  }

  getStoredSessionKey() {
    return localStorage.getItem("cart_session_key");
  }

  resetSession() {
    localStorage.removeItem("cart_session_key");
    this.session = null;
  }

  async ensureSession() {
    if (!this.getStoredSessionKey()) await (this.session ??= this.api.get("/cart/current/"));
  }

  async getCurrentCart() {
    await this.ensureSession();
    return (await this.api.get("/cart/current/")).data.data;
  }

  async addItem(item) {
    await this.ensureSession();
    return (await this.api.post("/cart/add/", item)).data.data;
  }
}
