"""`/api/orders/webhook/`: receives events of the payment provider."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from core.exceptions import TooLarge
from core.http.content_length import get_content_length
from core.http.envelope import Refusal, Reply, failure
from core.http.openapi import api_schema
from core.http.openapi.refusals import EVENT_FAILED
from core.limits import MAX_BODY
from orders.api.inputs import StripeEventInput
from orders.exceptions import BadSignature, WebhookNotConfigured
from orders.payments import webhook_events

STRIPE_SIGNATURE = OpenApiParameter(
    "Stripe-Signature", str, OpenApiParameter.HEADER, required=True, description="timestamp and signature of the raw body"
)


class StripeWebhook(APIView):
    """Accepts events signed by Stripe. Responds with 2xx only when an event is stored and processed."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()
    schema_tag = "Webhooks"

    @api_schema(
        None,
        operation_id="receive_stripe_event",
        request=StripeEventInput,
        parameters=[STRIPE_SIGNATURE],
        refusals=(BadSignature, TooLarge, WebhookNotConfigured, EVENT_FAILED),
    )
    def post(self, request: Request) -> Reply | Refusal:
        """Receive an event of the payment provider. A 500 makes Stripe send it again."""
        raw = request._request
        length = get_content_length(raw)
        if length is None or length > MAX_BODY:
            raise TooLarge
        try:
            webhook_events.receive_event(raw.body, raw.META.get("HTTP_STRIPE_SIGNATURE", ""))
        except webhook_events.EventFailed:
            return Refusal(failure(500, "event_failed", "The event could not be processed. Send it again"), status=500)
        return Reply(None, "Received")
