"""nginx with deploy/nginx.conf in front of processes of the shop, without root, on a port of its own."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.processes import ROOT
from tests.services import free_port, require_program, wait_for_port

HOST = "shop.example"
CERTIFICATE = "fullchain.pem"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Create a certificate for HOST and this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    names = [x509.DNSName(HOST), x509.IPAddress(ip_address("127.0.0.1"))]
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    certificate, private = folder / CERTIFICATE, folder / "privkey.pem"
    certificate.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private


def write_configuration(folder: Path, processes: Sequence[int], port: int) -> Path:
    """Write deploy/nginx.conf with the places of this machine, within a configuration that needs no root."""
    certificate, key = make_certificate(folder)
    site = (ROOT / "deploy" / "nginx.conf").read_text()
    servers = "\n".join(f"server 127.0.0.1:{process} max_fails=3 fail_timeout=5s;" for process in processes)
    for old, new in (
        ("server 127.0.0.1:8000 max_fails=3 fail_timeout=5s;", servers),
        ("/var/cache/nginx/shop", f"{folder}/cache"),
        ("/etc/ssl/shop/fullchain.pem", str(certificate)),
        ("/etc/ssl/shop/privkey.pem", str(key)),
        ("/srv/shop/media/", f"{folder}/media/"),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
    ):
        assert site.count(old) == 1, old
        site = site.replace(old, new)
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    path = folder / "nginx.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""  # the folder is private
    path.write_text(f"{user}pid {folder}/pid;\ndaemon off;\nevents {{}}\nhttp {{\n{temporary}access_log off;\n{site}\n}}\n")
    return path


@contextmanager
def nginx(folder: Path, processes: Sequence[int]) -> Iterator[int]:
    """Start nginx in front of these ports, with all its files in a private folder; yields its port."""
    port = free_port()
    configuration = write_configuration(folder, processes, port)
    command = [require_program("nginx"), "-e", f"{folder}/error.log", "-p", str(folder), "-c", str(configuration)]
    running = subprocess.Popen(command)
    try:
        wait_for_port(port)
        yield port
    finally:
        running.terminate()
        running.wait(timeout=20)
