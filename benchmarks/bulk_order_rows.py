"""The statements that generate orders for `benchmarks.bulk_orders`.

Each batch of orders is computed in the temporary tables `bulk_draw` (what happened to each order), `bulk_line` and `bulk_order`
(with its totals), from which the rows of every table are inserted.
"""

from dataclasses import dataclass
from decimal import Decimal

DAYS = 730  # over which the orders are spread
FIRST_NAMES = ("Asha", "Ravi", "Meera", "Arjun", "Priya", "Kabir", "Lakshmi", "Rohan", "Sara", "Vikram", "Nisha", "Dev")
LAST_NAMES = ("Sharma", "Iyer", "Khan", "Patel", "Das", "Reddy", "Nair", "Singh", "Mehta", "Rao", "Bose", "Gupta", "Joshi")
CITIES = ("Mumbai", "Delhi", "Bengaluru", "Hyderabad", "Ahmedabad", "Chennai", "Kolkata", "Pune", "Jaipur", "Lucknow")
CARRIERS = ("Blue Post", "City Express", "Hill Couriers")
LINES = (1, 1, 2, 2, 2, 3, 3, 3, 4, 4)  # 2.5 on average
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # of order numbers

VARIANTS = """
    CREATE TEMP TABLE bulk_variant ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY variant.id) - 1 AS rank, variant.id AS variant, product.id AS product, sku,
        product.name, price
    FROM products_variant AS variant JOIN products_product AS product ON product.id = product_id
    WHERE variant.name = '' AND price > 0 AND variant.deleted_at IS NULL AND product.deleted_at IS NULL"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many orders there are to be, which ids they and their buyers get, and the rules of their amounts."""

    count: int
    first_order: int
    users: int
    first_user: int
    first_cart: int
    staff: int
    variants: int
    market: str
    currency: str
    now: str
    time_zone: str
    shipping: Decimal
    free_from: Decimal | None
    tax_rate: Decimal
    digits: int
    provider_digits: int

    @property
    def scale(self) -> int:
        """The number of minor units in a major one, where cash is collected."""
        return int(10**self.digits)

    @property
    def tax_share(self) -> str:
        """SQL for the part of a price that is tax."""
        return f"({self.tax_rate} / (100 + {self.tax_rate}::numeric))"

    @property
    def pending(self) -> int:
        """How many of the newest orders await payment, if they are paid by card."""
        return max(self.count // 50_000, 10)


def draw(number: str, seed: int, outcomes: int) -> str:
    """Return SQL that draws a whole number below `outcomes`, the same each time."""
    return f"((hashint8extended({number}, {seed}) & 1073741823) % {outcomes})"


def choose(words: tuple[object, ...], number: str, seed: int) -> str:
    """Return SQL that draws one of the words."""
    return f"(ARRAY{list(words)})[1 + {draw(number, seed, len(words))}]"


def buyer_statements(plan: Plan) -> list[str]:
    """Return the statements that insert the customers and their carts. One in two hundred has closed their account since."""
    first_name, last_name = choose(FIRST_NAMES, "k", 21), choose(LAST_NAMES, "k", 22)
    since = f"timestamptz '{plan.now}' - interval '{DAYS + 30} days'"
    return [
        f"""
        INSERT INTO accounts_user (id, password, is_superuser, email, phone, first_name, last_name, market, is_active, is_staff,
            is_seller, date_joined)
        SELECT {plan.first_user} + k, '!' || md5(k::text), false, 'buyer-' || {plan.first_user} + k || '@bulk.example',
            '+91' || 8000000000 + {plan.first_user} + k, {first_name}, {last_name}, '{plan.market}', true, false, false, {since}
        FROM generate_series(0, {plan.users - 1}) AS k WHERE k % 200 <> 7""",
        f"""
        INSERT INTO carts_cart (id, created_at, updated_at, market, user_id)
        SELECT {plan.first_cart} + k, {since}, {since}, '{plan.market}', {plan.first_user} + k
        FROM generate_series(0, {plan.users - 1}) AS k WHERE k % 200 <> 7""",
    ]


def order_statements(plan: Plan, first: int, last: int) -> list[str]:
    """Return the statements that insert the orders from number `first` to number `last`, counted from 1, the oldest."""
    return [
        draw_sql(plan, first, last),
        lines_sql(plan),
        orders_sql(plan),
        INSERT_ORDERS.format(plan=plan, city=choose(CITIES, "buyer", 23)),
        INSERT_LINES.format(plan=plan),
        INSERT_TAXES.format(plan=plan),
        INSERT_PAYMENTS.format(plan=plan),
        INSERT_REFUNDS.format(plan=plan),
        INSERT_PARCELS.format(plan=plan, carrier=choose(CARRIERS, "id", 24)),
        INSERT_PARCEL_LINES.format(plan=plan),
        INSERT_EVENTS.format(plan=plan),
        INSERT_MOVEMENTS.format(plan=plan),
        "DROP TABLE bulk_draw, bulk_line, bulk_order",
    ]


def draw_sql(plan: Plan, first: int, last: int) -> str:
    """Return the statement that draws who ordered when, and how it ended."""
    x = f"(({plan.first_order} + n) * 387420489 & 1073741823)"  # a permutation of 30 bits, so that no number comes twice
    token = " || ".join(f"substr('{ALPHABET}', (({x} >> {shift}) & 31)::int + 1, 1)" for shift in range(25, -1, -5))
    placed = f"timestamptz '{plan.now}' - interval '{DAYS} days' * power(({plan.count} - n + 0.5) / {plan.count}, 1.3)"
    return f"""
        CREATE TEMP TABLE bulk_draw ON COMMIT DROP AS
        SELECT *, CASE WHEN is_card AND n > {plan.count - plan.pending} THEN 'pending' WHEN is_card AND fate < 120 THEN 'expired'
                WHEN fate BETWEEN 120 AND 159 THEN 'cancelled' WHEN age < interval '1 day' THEN 'processing'
                WHEN age < interval '4 days' THEN 'shipped'
                WHEN NOT is_card AND fate BETWEEN 175 AND 224 AND age > interval '6 days' THEN 'returned'
                ELSE 'delivered' END AS status,
            CASE WHEN NOT is_account THEN {draw("n", 2, max(plan.count // 2, 1))}
                WHEN age < interval '10 days' AND account % 200 = 7 THEN account - 1 ELSE account END AS buyer
        FROM (
            SELECT n, {plan.first_order} + n - 1 AS id, {placed} AS placed_at, timestamptz '{plan.now}' - ({placed}) AS age,
                to_char(({placed}) AT TIME ZONE '{plan.time_zone}', 'YYMMDD') || '-' || {token} AS number,
                {draw("n", 3, 100)} < 30 AND n <= {plan.count - plan.pending} AS is_account, {draw("n", 4, 2)} = 0 AS is_card,
                {draw("n", 5, 1000)} AS fate, {choose(LINES, "n", 6)} AS lines,
                floor({plan.users} * power({draw("n", 1, 1_000_000)} / 1e6, 2))::bigint AS account
            FROM generate_series({first}::bigint, {last}) AS n
        ) AS drawn"""


def lines_sql(plan: Plan) -> str:
    """Return the statement that draws the lines: a few variants sell far more often than the others."""
    popular = f"floor({plan.variants} * power({draw('n', 7, 1_000_000)} / 1e6, 3))::bigint"
    return f"""
        CREATE TEMP TABLE bulk_line ON COMMIT DROP AS
        SELECT nextval(pg_get_serial_sequence('orders_orderitem', 'id')) AS id, line.*, price * quantity AS line_total,
            variant, product, sku, name, price
        FROM (
            SELECT id AS order_id, line, ({popular} + line * 7919) % {plan.variants} AS rank,
                CASE WHEN {draw("n * 10 + line", 8, 10)} < 8 THEN 1 ELSE 2 END AS quantity
            FROM bulk_draw, generate_series(1, lines) AS line
        ) AS line JOIN bulk_variant USING (rank)"""


def orders_sql(plan: Plan) -> str:
    """Return the statement that computes each order's buyer, times and totals."""
    now, name = f"timestamptz '{plan.now}'", f"{choose(FIRST_NAMES, 'buyer', 21)} || ' ' || {choose(LAST_NAMES, 'buyer', 22)}"
    return f"""
        CREATE TEMP TABLE bulk_order ON COMMIT DROP AS
        SELECT priced.*, round(total * {plan.tax_share}, {plan.digits}) AS tax,
            (total * CASE WHEN is_card THEN {10**plan.provider_digits} ELSE {10**plan.digits} END)::bigint AS minor,
            (first_price * CASE WHEN is_card THEN {10**plan.provider_digits} ELSE {10**plan.digits} END)::bigint AS first_minor,
            CASE WHEN is_card AND status NOT IN ('pending', 'expired') THEN least(placed_at + interval '3 minutes', {now})
                WHEN status = 'delivered' THEN delivered_at END AS paid_at,
            CASE WHEN is_erased THEN '' ELSE {name} END AS name,
            CASE WHEN is_erased OR NOT is_account AND buyer % 5 = 0 THEN ''
                WHEN is_account THEN 'buyer-' || {plan.first_user} + buyer
                ELSE 'guest-' || {plan.first_order} + buyer END AS mailbox,
            CASE WHEN is_erased THEN ''
                WHEN is_account THEN '+91' || 8000000000 + {plan.first_user} + buyer
                ELSE '+91' || 9000000000 + ({plan.first_order} + buyer) % 999999999 END AS phone,
            CASE WHEN is_account AND NOT is_erased THEN {plan.first_user} + buyer END AS user_id,
            CASE WHEN is_account AND NOT is_erased THEN {plan.first_cart} + buyer END AS cart_id,
            gen_random_uuid() AS payment, gen_random_uuid() AS refund, md5('session' || id) || md5('s' || id) AS secret
        FROM ({priced_sql(plan)}) AS priced"""


def priced_sql(plan: Plan) -> str:
    """Return the query of what happened to each order of the batch, with its total and its times."""
    now, free_from = f"timestamptz '{plan.now}'", "NULL::numeric" if plan.free_from is None else str(plan.free_from)
    return f"""
            SELECT *, subtotal + shipping AS total FROM (
                SELECT bulk_draw.*, subtotal, first_price, first_line,
                    CASE WHEN subtotal >= {free_from} THEN 0 ELSE {plan.shipping} END AS shipping,
                    is_account AND buyer % 200 = 7 AS is_erased,
                    CASE WHEN status IN ('shipped', 'delivered', 'returned') THEN placed_at + interval '20 hours' END AS shipped_at,
                    CASE WHEN status = 'delivered' THEN placed_at + interval '80 hours' END AS delivered_at,
                    CASE WHEN status = 'returned' THEN placed_at + interval '130 hours' END AS returned_at,
                    CASE WHEN status = 'cancelled' THEN least(placed_at + interval '5 hours', {now}) END AS cancelled_at,
                    CASE WHEN status = 'expired' THEN least(placed_at + interval '41 minutes', {now}) END AS expired_at,
                    CASE WHEN status = 'delivered' AND age > interval '6 days' AND fate BETWEEN 160 AND 174
                        THEN CASE WHEN fate = 174 AND is_card THEN 'external' ELSE 'staff' END
                        WHEN status = 'cancelled' AND is_card THEN 'all' END AS refunded
                FROM bulk_draw JOIN (
                    SELECT order_id, sum(line_total) AS subtotal, min(price) FILTER (WHERE line = 1) AS first_price,
                        min(id) FILTER (WHERE line = 1) AS first_line
                    FROM bulk_line GROUP BY order_id
                ) AS totals ON order_id = id
            ) AS summed"""


INSERT_ORDERS = """
    INSERT INTO orders_order (id, created_at, updated_at, number, user_id, cart_id, cart_fingerprint, status, payment_method,
        market, currency, subtotal, discount_total, shipping_total, fee_total, tax_total, prices_include_tax, total, codes,
        name, email, phone, phone_e164, note, address,
        stock_state, reserved_until, attention, cancel_reason, placed_at, paid_at, cancelled_at, expired_at, shipped_at,
        delivered_at, returned_at, erased_at, version, idempotency_scope, idempotency_key, request_hash)
    SELECT id, placed_at, coalesce(delivered_at, returned_at, shipped_at, cancelled_at, expired_at, paid_at, placed_at), number,
        user_id, cart_id, md5(number) || md5(id::text), status, CASE WHEN is_card THEN 'stripe' ELSE 'cod' END, '{plan.market}',
        '{plan.currency}', subtotal, 0, shipping, 0, tax, true, total, '[]', name,
        CASE WHEN mailbox = '' THEN '' ELSE mailbox || '@bulk.example' END, phone, phone,
        CASE WHEN is_erased OR fate % 10 > 0 THEN '' ELSE 'Please ring twice' END,
        CASE WHEN is_erased THEN '{{}}' ELSE jsonb_build_object('full_name', name, 'phone', phone, 'line1',
            buyer % 300 || ' Station Road', 'line2', 'Flat ' || buyer % 40, 'city', {city}, 'state', '', 'postal_code',
            (400000 + buyer % 99999)::text, 'country', 'IN') END,
        CASE status WHEN 'pending' THEN 'reserved' WHEN 'expired' THEN 'released' WHEN 'cancelled' THEN 'released'
            ELSE 'committed' END,
        CASE WHEN status = 'pending' THEN placed_at + interval '41 minutes' END,
        CASE WHEN refunded = 'external' AND age < interval '30 days' THEN 'external_refund' ELSE '' END,
        CASE WHEN status = 'cancelled' AND NOT is_erased THEN 'ordered by mistake' ELSE '' END,
        placed_at, paid_at, cancelled_at, expired_at, shipped_at, delivered_at, returned_at,
        CASE WHEN is_erased THEN placed_at + interval '10 days' END, 2,
        CASE WHEN age > interval '48 hours' OR is_erased THEN ''
            WHEN is_account THEN 'user:' || user_id
            ELSE 'guest:' || secret END,
        CASE WHEN age > interval '48 hours' OR is_erased THEN '' ELSE refund::text END,
        CASE WHEN age > interval '48 hours' OR is_erased THEN '' ELSE secret END
    FROM bulk_order"""
INSERT_LINES = """
    INSERT INTO orders_orderitem (id, order_id, product_id, variant_id, is_simple, name, sku, image_url, unit_price, quantity,
        line_total, discount_total, tax_total, refunded_quantity, restocked_quantity)
    SELECT bulk_line.id, order_id, product, variant, true, bulk_line.name, sku,
        CASE WHEN variant % 3 = 0 THEN '/media/products/none.webp' ELSE '' END, price, quantity, line_total, 0,
        round(sum(line_total) OVER lines * {plan.tax_share}, {plan.digits})
            - round((sum(line_total) OVER lines - line_total) * {plan.tax_share}, {plan.digits}),
        CASE WHEN status = 'returned' THEN quantity WHEN line = 1 AND refunded = 'staff' THEN 1 ELSE 0 END,
        CASE WHEN status = 'returned' THEN quantity ELSE 0 END
    FROM bulk_line JOIN bulk_order ON bulk_order.id = order_id
    WINDOW lines AS (PARTITION BY order_id ORDER BY line)"""
INSERT_TAXES = """
    INSERT INTO orders_orderadjustment (order_id, kind, "on", label, code, rate, amount, position)
    SELECT id, 'tax', part, 'Tax', '', {plan.tax_rate}, amount, position
    FROM bulk_order, LATERAL (SELECT round(subtotal * {plan.tax_share}, {plan.digits}) AS on_items) AS taxes,
        LATERAL (VALUES ('items', on_items, 0), ('shipping', tax - on_items, 1)) AS parts (part, amount, position)
    WHERE amount > 0"""
INSERT_PAYMENTS = """
    INSERT INTO orders_payment (id, created_at, updated_at, order_id, provider, state, amount, currency, amount_minor,
        captured_minor, refunded_minor, expires_at, session_format, session_id, checkout_url, payment_intent, failure_code, raw)
    SELECT payment, placed_at, coalesce(paid_at, cancelled_at, returned_at, expired_at, placed_at), id,
        CASE WHEN is_card THEN 'stripe' ELSE 'cod' END,
        CASE WHEN paid_at IS NOT NULL THEN 'succeeded' WHEN status = 'pending' THEN 'open' WHEN status = 'returned' THEN 'cancelled'
            WHEN status IN ('expired', 'cancelled') THEN status ELSE 'created' END,
        total, '{plan.currency}', minor, CASE WHEN paid_at IS NULL THEN 0 ELSE minor END,
        CASE refunded WHEN 'all' THEN minor WHEN 'staff' THEN first_minor WHEN 'external' THEN first_minor ELSE 0 END,
        CASE WHEN is_card THEN placed_at + interval '41 minutes' END, 2, CASE WHEN is_card THEN 'cs_live_' || secret END,
        CASE WHEN is_card THEN 'https://checkout.stripe.com/c/pay/cs_live_' || secret || '#' || repeat(secret, 4) ELSE '' END,
        CASE WHEN is_card AND paid_at IS NOT NULL THEN 'pi_' || left(secret, 24) END, '',
        CASE WHEN is_card THEN jsonb_build_object('status', CASE WHEN paid_at IS NOT NULL THEN 'complete' WHEN status = 'pending'
            THEN 'open' ELSE 'expired' END, 'payment_status', CASE WHEN paid_at IS NULL THEN 'unpaid' ELSE 'paid' END,
            'amount', minor, 'currency', '{plan.currency}', 'intent', CASE WHEN paid_at IS NOT NULL THEN 'pi_' || left(secret, 24)
            END) ELSE '{{}}' END
    FROM bulk_order"""
INSERT_REFUNDS = """
    INSERT INTO orders_refund (id, created_at, updated_at, payment_id, provider_id, amount, amount_minor, state, source, reason,
        lines, failure_code, refusals, created_by_id)
    SELECT refund, at, at, payment, CASE WHEN is_card THEN 're_' || right(secret, 24) END,
        CASE refunded WHEN 'all' THEN total ELSE first_price END, CASE refunded WHEN 'all' THEN minor ELSE first_minor END,
        'succeeded', CASE refunded WHEN 'external' THEN 'external' ELSE 'staff' END,
        CASE WHEN refunded = 'external' OR is_erased THEN '' ELSE 'arrived damaged' END,
        CASE refunded WHEN 'staff' THEN jsonb_build_object(first_line::text,
            jsonb_build_object('quantity', 1, 'amount_minor', first_minor, 'restocked', 0)) ELSE '{{}}' END, '', 0,
        CASE refunded WHEN 'external' THEN NULL ELSE {plan.staff} END
    FROM bulk_order, LATERAL (SELECT coalesce(cancelled_at, delivered_at + interval '30 hours') AS at) AS times
    WHERE refunded IS NOT NULL"""
INSERT_PARCELS = """
    INSERT INTO orders_shipment (created_at, updated_at, order_id, number, carrier, tracking_number, state, carrier_status,
        charges_minor, cod_due_minor, cod_collected_minor, short_at_door_minor, remitted_minor, short_by_carrier_minor,
        settled_before, packed_at, shipped_at, delivered_at, returned_at, counted_at)
    SELECT packed_at, coalesce(delivered_at, returned_at, shipped_at), id, 1, {carrier}, 'BULK' || id, status,
        CASE status WHEN 'shipped' THEN '' ELSE status END,
        CASE WHEN is_due THEN (shipping * {plan.scale})::bigint ELSE 0 END, CASE WHEN is_due THEN minor ELSE 0 END,
        CASE WHEN is_due AND status = 'delivered' THEN minor ELSE 0 END, 0, 0, 0, false, packed_at, shipped_at, delivered_at,
        returned_at, returned_at
    FROM bulk_order, LATERAL (SELECT placed_at + interval '18 hours' AS packed_at,
        NOT is_card AND status <> 'returned' AS is_due) AS parcel
    WHERE shipped_at IS NOT NULL"""
INSERT_PARCEL_LINES = """
    INSERT INTO orders_shipmentline (shipment_id, item_id, quantity, due_minor, undelivered_quantity, undelivered_minor,
        restocked_quantity)
    SELECT parcel.id, bulk_line.id, quantity, due, units, CASE WHEN units > 0 THEN due ELSE 0 END, units
    FROM bulk_line JOIN bulk_order ON bulk_order.id = order_id JOIN orders_shipment AS parcel USING (order_id),
        LATERAL (SELECT CASE WHEN is_card THEN 0 ELSE (line_total * {plan.scale})::bigint END AS due,
            CASE status WHEN 'returned' THEN quantity ELSE 0 END AS units) AS line"""
INSERT_EVENTS = """
    INSERT INTO orders_orderevent (order_id, kind, actor_kind, user_id, from_status, to_status, data, at, request_id)
    SELECT id, kind, actor_kind, event_user, from_status, to_status, CASE WHEN is_erased THEN data - 'reason' ELSE data END, at,
        CASE WHEN is_erased OR actor_kind = 'system' THEN '' ELSE md5(id || kind) END
    FROM bulk_order, LATERAL (VALUES
        ('placed', 'customer', user_id, '', CASE WHEN is_card THEN 'pending' ELSE 'processing' END, '{{}}'::jsonb, placed_at),
        ('paid', 'stripe', NULL, 'pending', 'processing', jsonb_build_object('payment', payment),
            CASE WHEN is_card THEN paid_at END),
        ('expired', 'system', NULL, 'pending', 'expired', '{{}}', expired_at),
        ('shipped', 'staff', {plan.staff}, 'processing', 'shipped', '{{}}', shipped_at),
        ('delivered', 'staff', {plan.staff}, 'shipped', 'delivered', '{{}}', delivered_at),
        ('returned', 'staff', {plan.staff}, 'shipped', 'returned', '{{}}', returned_at),
        ('cancelled', 'staff', {plan.staff}, 'processing', 'cancelled', '{{"reason": "ordered by mistake"}}', cancelled_at),
        ('refund_requested', 'staff', {plan.staff}, status, status,
            jsonb_build_object('amount', first_price::text, 'reason', 'arrived damaged'),
            CASE WHEN refunded = 'staff' THEN delivered_at + interval '30 hours' END),
        ('external_refund', 'stripe', NULL, status, status, jsonb_build_object('refund', 're_' || right(secret, 24)),
            CASE WHEN refunded = 'external' THEN delivered_at + interval '30 hours' END),
        ('refund_succeeded', CASE WHEN is_card THEN 'stripe' ELSE 'system' END, NULL, status, status,
            jsonb_build_object('refund', refund, 'amount', first_price::text, 'source', 'staff'),
            CASE WHEN refunded IS NOT NULL THEN coalesce(cancelled_at, delivered_at + interval '30 hours') END),
        ('attention_settled', 'staff', {plan.staff}, status, status, '{{"code": "external_refund"}}',
            CASE WHEN refunded = 'external' AND age >= interval '30 days' THEN delivered_at + interval '50 hours' END)
    ) AS event (kind, actor_kind, event_user, from_status, to_status, data, at)
    WHERE at IS NOT NULL"""
INSERT_MOVEMENTS = """
    INSERT INTO products_stockmovement (variant_id, delta, reason, reference, note, user_id, created_at)
    SELECT variant, delta, reason, number, '', mover, at
    FROM bulk_line JOIN bulk_order ON bulk_order.id = order_id, LATERAL (VALUES
        (-quantity, 'sale', CASE WHEN is_card THEN NULL ELSE user_id END, CASE WHEN is_card THEN paid_at ELSE placed_at END),
        (quantity, 'return', {plan.staff}, coalesce(cancelled_at, returned_at))
    ) AS movement (delta, reason, mover, at)
    WHERE status NOT IN ('pending', 'expired') AND at IS NOT NULL"""


def stock_statements(plan: Plan, first_movement: int) -> list[str]:
    """Return the statements that receive what was sold and reserved, before the first order, and reserve what is pending."""
    return [
        f"""
        CREATE TEMP TABLE bulk_received ON COMMIT DROP AS
        SELECT variant, sum(sold)::int AS sold, sum(reserved)::int AS reserved FROM (
            SELECT variant_id AS variant, -delta AS sold, 0 AS reserved FROM products_stockmovement
            WHERE id > {first_movement + plan.variants}
            UNION ALL
            SELECT variant_id, 0, quantity FROM orders_orderitem JOIN orders_order ON orders_order.id = order_id
            WHERE order_id >= {plan.first_order} AND status = 'pending'
        ) AS moved GROUP BY variant HAVING sum(sold) + sum(reserved) > 0""",
        f"""
        INSERT INTO products_stockmovement (id, variant_id, delta, reason, reference, note, created_at)
        SELECT {first_movement} + rank, variant, sold + reserved, 'received', '', '',
            timestamptz '{plan.now}' - interval '{DAYS + 1} days'
        FROM bulk_received JOIN bulk_variant USING (variant)""",
        """
        UPDATE products_variant AS target SET stock = stock + received.reserved, reserved = target.reserved + received.reserved
        FROM bulk_received AS received WHERE target.id = variant AND received.reserved > 0""",
    ]
