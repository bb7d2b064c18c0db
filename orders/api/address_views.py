"""`/api/orders/addresses/`: a signed-in user's address book."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from accounts.api.access import get_user
from core.http.envelope import Reply
from core.http.openapi import api_schema
from core.http.throttles import CallThrottle, WriteThrottle
from core.markets import get_request_market
from orders import addresses
from orders.api.address_inputs import AddressInput
from orders.api.responses import SavedAddressResponse
from orders.exceptions import AddressBookFull, AddressNotFound, ContactNeeded
from orders.models import Address

ADDRESS_ID = OpenApiParameter("address_id", OpenApiTypes.INT, OpenApiParameter.PATH)


class AddressViewSet(GenericViewSet[Address]):
    """The caller's addresses."""

    permission_classes = [IsAuthenticated]
    throttle_classes = [CallThrottle, WriteThrottle]
    write_scope = "cart_write"
    queryset = Address.objects.none()
    serializer_class = SavedAddressResponse
    lookup_url_kwarg = "address_id"
    lookup_value_regex = r"[0-9]{1,18}"
    schema_tag = "Address book"

    @api_schema(SavedAddressResponse(many=True), operation_id="list_addresses")
    def list(self, request: Request) -> Reply:
        """List the caller's addresses, default first."""
        return Reply(SavedAddressResponse(addresses.list_addresses(get_user(request).pk), many=True).data)

    @api_schema(
        SavedAddressResponse,
        request=AddressInput,
        statuses=(201,),
        operation_id="create_address",
        refusals=(AddressBookFull, ContactNeeded),
    )
    def create(self, request: Request) -> Reply:
        """Add an address. The first is the default."""
        serializer = AddressInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        market = get_request_market(request._request)
        address = addresses.add_address(get_user(request).pk, serializer.validated_data, market)
        return _reply_saved(address, serializer, status=201)

    @api_schema(SavedAddressResponse, parameters=[ADDRESS_ID], operation_id="get_address", refusals=(AddressNotFound,))
    def retrieve(self, request: Request, address_id: str) -> Reply:
        """Get an address."""
        return Reply(SavedAddressResponse(addresses.get_address(get_user(request).pk, int(address_id))).data)

    @api_schema(
        SavedAddressResponse,
        request=AddressInput,
        parameters=[ADDRESS_ID],
        operation_id="replace_address",
        refusals=(AddressNotFound, ContactNeeded),
    )
    def update(self, request: Request, address_id: str) -> Reply:
        """Replace an address. Omitted fields become empty."""
        return self._update(request, address_id, AddressInput(data=request.data))

    @api_schema(
        SavedAddressResponse,
        request=AddressInput(partial=True),
        parameters=[ADDRESS_ID],
        operation_id="update_address",
        refusals=(AddressNotFound, ContactNeeded),
    )
    def partial_update(self, request: Request, address_id: str) -> Reply:
        """Update some fields of an address."""
        return self._update(request, address_id, AddressInput(data=request.data, partial=True))

    @api_schema(None, parameters=[ADDRESS_ID], operation_id="delete_address", refusals=(AddressNotFound,))
    def destroy(self, request: Request, address_id: str) -> Reply:
        """Remove an address."""
        addresses.remove_address(get_user(request).pk, int(address_id))
        return Reply(None, "Address removed")

    def _update(self, request: Request, address_id: str, serializer: AddressInput) -> Reply:
        serializer.is_valid(raise_exception=True)
        market = get_request_market(request._request)
        address = addresses.update_address(get_user(request).pk, int(address_id), serializer.validated_data, market)
        return _reply_saved(address, serializer)


def _reply_saved(address: Address, serializer: AddressInput, status: int = 200) -> Reply:
    warnings = serializer.find_warnings(serializer.initial_data)
    return Reply(SavedAddressResponse(address).data, "Address saved", status=status, warnings=warnings)
