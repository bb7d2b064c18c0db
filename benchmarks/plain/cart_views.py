"""The views of the cart."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.plain.carts import LIFETIME, AddInput, Guest, add_item, serialize_cart, serialize_owner
from benchmarks.plain.catalog import envelope

COOKIES = {"cart_token": False, "sessionid": True}  # with the guest key; whether pages cannot read it


def set_guest_key(response: Response, guest: Guest) -> Response:
    """Return the response with the guest key in its headers and cookies."""
    response["X-Session-Key"] = response["X-Cart-Token"] = guest.key
    for cookie, is_http_only in COOKIES.items():
        response.set_cookie(cookie, guest.key, max_age=LIFETIME, httponly=is_http_only, samesite="Lax")
    return response


class CartView(APIView):
    """The guest's cart."""

    def get(self, request: Request) -> Response:
        """Return the cart."""
        guest = Guest.of(request)
        cart = serialize_cart(request, guest, guest.find_cart().first())
        response = envelope(cart, "Cart retrieved successfully", owner=serialize_owner(guest), cart_token=guest.key)
        return set_guest_key(response, guest)


class AddView(APIView):
    """Adding to the cart."""

    def post(self, request: Request) -> Response:
        """Add units of a variant, and return its line and the cart."""
        serializer = AddInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        guest = Guest.of(request)
        cart, item, is_new = add_item(guest, serializer.validated_data["sku_id"], serializer.validated_data["quantity"])
        content = serialize_cart(request, guest, cart)
        line = next(line for line in content["items"] if line["id"] == item.pk)
        message, status = ("Item added to cart successfully", 201) if is_new else ("Cart item quantity updated", 200)
        owner = serialize_owner(guest)
        return set_guest_key(envelope(line, message, status=status, cart=content, owner=owner, cart_token=guest.key), guest)
