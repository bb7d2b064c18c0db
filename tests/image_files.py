"""Image files for tests, sent to the API as a browser sends them."""

from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from PIL import Image

from accounts.tests.factories import make_access_token, make_user
from carts.tests.factories import signed_in_client
from products.models import Product, ProductImage
from tests.schema_client import SchemaClient

BOUNDARY = "a-boundary-of-the-tests"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
ORIENTATION, GPS = 0x0112, 0x8825
COLOUR_TOLERANCE = 12  # how far a colour may be off after JPEG or WebP


def make_image(kind: str = "PNG", size: tuple[int, int] = (60, 40), colour: Any = "red", mode: str = "RGB", **how: Any) -> bytes:
    """Return an image file in one colour."""
    return encode_image(Image.new(mode, size, colour), kind, **how)


def encode_image(image: Image.Image, kind: str, **how: Any) -> bytes:
    """Return an image as file content."""
    buffer = BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def make_multipart_body(*parts: tuple[str, bytes | str, str | None]) -> bytes:
    """Return a multipart body; a part is field, value and, for a file, the file name."""
    body = b""
    for field, value, name in parts:
        file = "" if name is None else f'; filename="{name}"\r\nContent-Type: application/octet-stream'
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"{file}\r\n\r\n'.encode()
        body += (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def post_images(client: SchemaClient, product: Product, *parts: tuple[str, bytes | str, str | None]) -> Any:
    """Post a form of these parts to a product's images and return the response."""
    return client.generic("POST", f"/api/products/{product.pk}/images/", make_multipart_body(*parts), content_type=MULTIPART)


def post_image(client: SchemaClient, product: Product, content: bytes, name: str = "lamp.png", **fields: object) -> Any:
    """Post an image with these fields and return the response."""
    return post_images(client, product, ("image", content, name), *((field, str(value), None) for field, value in fields.items()))


def upload_image(client: SchemaClient, product: Product, content: bytes | None = None, **fields: object) -> ProductImage:
    """Post an image and return its row."""
    response = post_image(client, product, make_image() if content is None else content, "lamp.png", **fields)
    assert response.status_code == 201, response.json()
    return ProductImage.objects.latest("id")


def make_staff_client() -> SchemaClient:
    """Return the client of a new member of staff."""
    return signed_in_client(make_user("staff@example.com", is_staff=True, is_superuser=True))


def make_token(**fields: object) -> str:
    """Return the access token of a new user."""
    return make_access_token(make_user("owner@example.com", **fields))


def make_customer_client() -> SchemaClient:
    """Return the client of a new customer."""
    return signed_in_client(make_user())


def make_seller_client(email: str = "seller@example.com") -> tuple[SchemaClient, int]:
    """Return the client and the id of a new seller."""
    user = make_user(email, is_seller=True)
    return signed_in_client(user), user.pk


def list_stored_files() -> list[str]:
    """Return the names of all files in the media folder."""
    root = Path(settings.MEDIA_ROOT)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()) if root.is_dir() else []


def list_referenced_files() -> list[str]:
    """Return the names of all files that image rows refer to."""
    return sorted(str(name) for row in ProductImage.objects.all() for name in (row.image.name, row.thumbnail) if name)


def read_stored_file(name: str | None) -> bytes:
    """Return the content stored under a name."""
    return (Path(settings.MEDIA_ROOT) / (name or "")).read_bytes()


def open_stored_image(name: str | None) -> Image.Image:
    """Return a stored image, decoded."""
    image = Image.open(BytesIO(read_stored_file(name)))
    image.load()
    return image


def get_positions(product: Product) -> list[tuple[str, int]]:
    """Return alternative text and position of a product's images, in order."""
    return list(ProductImage.objects.filter(product=product).values_list("alt", "position"))


def is_similar_colour(seen: Any, expected: tuple[int, ...]) -> bool:
    """Return whether a pixel has this colour, within the losses of JPEG and WebP."""
    return len(seen) == len(expected) and all(
        abs(channel - other) <= COLOUR_TOLERANCE for channel, other in zip(seen, expected, strict=True)
    )


def run_move_media(from_url: str = "") -> tuple[int, str, str]:
    """Run `manage.py move_media`; return its exit code, output and errors."""
    output, errors, code = StringIO(), StringIO(), 0
    try:
        call_command("move_media", from_url=from_url, stdout=output, stderr=errors)
    except CommandError as error:
        code = error.returncode
        errors.write(str(error))
    return code, output.getvalue().strip(), errors.getvalue()
