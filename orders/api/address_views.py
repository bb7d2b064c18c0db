"""`/api/orders/addresses/`: a signed-in user's address book."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from accounts.api.access import user_of
from core.http.envelope import Reply
from core.http.openapi import api_schema
from core.http.throttles import EveryCaller, Writes
from orders import addresses
from orders.api.inputs import AddressInput
from orders.api.responses import SavedAddressResponse
from orders.models import Address

ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH)


class AddressViewSet(GenericViewSet[Address]):
    """The caller's addresses."""

    permission_classes = [IsAuthenticated]
    throttle_classes = [EveryCaller, Writes]
    write_scope = "cart_write"
    queryset = Address.objects.none()
    serializer_class = SavedAddressResponse
    lookup_value_regex = r"[0-9]{1,18}"

    @api_schema(SavedAddressResponse(many=True))
    def list(self, request: Request) -> Reply:
        """List one's addresses, the default first."""
        return Reply(SavedAddressResponse(addresses.of_user(user_of(request).pk), many=True).data)

    @api_schema(SavedAddressResponse, request=AddressInput, statuses=(201,))
    def create(self, request: Request) -> Reply:
        """Add an address; the first is the default."""
        given = AddressInput(data=request.data)
        given.is_valid(raise_exception=True)
        added = addresses.add(user_of(request).pk, given.validated_data)
        return Reply(SavedAddressResponse(added).data, "Address saved", status=201)

    @api_schema(SavedAddressResponse, parameters=[ID])
    def retrieve(self, request: Request, pk: str) -> Reply:
        """Get an address."""
        return Reply(SavedAddressResponse(addresses.one(user_of(request).pk, int(pk))).data)

    @api_schema(SavedAddressResponse, request=AddressInput, parameters=[ID])
    def update(self, request: Request, pk: str) -> Reply:
        """Write an address anew; what is not named is empty."""
        given = AddressInput(data=request.data)
        given.is_valid(raise_exception=True)
        whole = {**dict.fromkeys(addresses.FIELDS, ""), **given.validated_data}
        return Reply(SavedAddressResponse(addresses.change(user_of(request).pk, int(pk), whole)).data, "Address saved")

    @api_schema(SavedAddressResponse, request=AddressInput(partial=True), parameters=[ID])
    def partial_update(self, request: Request, pk: str) -> Reply:
        """Change parts of an address."""
        given = AddressInput(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        return Reply(
            SavedAddressResponse(addresses.change(user_of(request).pk, int(pk), given.validated_data)).data, "Address saved"
        )

    @api_schema(None, parameters=[ID])
    def destroy(self, request: Request, pk: str) -> Reply:
        """Take an address out of the book."""
        addresses.remove(user_of(request).pk, int(pk))
        return Reply(None, "Address removed")
