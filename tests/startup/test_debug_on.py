"""A shop that was started with DEBUG on: Django's own yellow pages are never seen."""

from pathlib import Path

from tests.processes import run_script

ASK = """
from django.test import Client
client = Client(SERVER_NAME="localhost", raise_request_exception=False)
add = dict(path="/api/cart/add/", data={"product_id": 1}, content_type="application/json")
answers = [
    client.get("/nothing/"), client.post("/api/nothing/"), client.get("/api/cart/", HTTP_HOST="evil.com"),
    client.get("/media/nothing.png"), client.post(**add, HTTP_REFERER="http://["), client.get("/static/nothing.css"),
]
def code(answer):
    return json.loads(answer.content)["code"] if "json" in answer["Content-Type"] else None
print(json.dumps([[answer.status_code, answer["Content-Type"], code(answer)] for answer in answers]))
"""


def test_every_refusal_has_the_one_shape(project: Path, tmp_path: Path) -> None:
    answers = run_script(project, ASK, DEBUG="1", DATABASE_URL=f"sqlite:///{tmp_path / 'shop.sqlite3'}")

    assert answers == [
        [404, "application/json", "not_found"],
        [404, "application/json", "not_found"],
        [400, "application/json", "bad_host"],
        [404, "application/json", "not_found"],
        [403, "application/json", "csrf_failed"],
        [404, "application/json", "not_found"],
    ]


SHOW = """
import pathlib
from django.conf import settings
from django.test import Client
pathlib.Path(settings.MEDIA_ROOT, "a.webp").write_bytes(b"picture")
client = Client(SERVER_NAME="localhost")
response = client.get("/media/a.webp", HTTP_ORIGIN="http://another.example")
headers = ["Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Cross-Origin-Resource-Policy", "Content-Type"]
print(json.dumps([response.status_code, *(response.get(header) for header in headers), b"".join(response).decode()]))
"""


def test_pages_of_every_origin_may_read_pictures(project: Path, tmp_path: Path) -> None:
    shown = run_script(project, SHOW, DEBUG="1", DATABASE_URL="sqlite://:memory:", MEDIA_ROOT=str(tmp_path))

    assert shown == [200, "*", None, "cross-origin", "image/webp", "picture"]
