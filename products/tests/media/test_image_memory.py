"""A picture takes little memory while it is decoded, however well it is compressed"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from products.media import processing
from tests.image_files import encode_image, make_image

pytestmark = pytest.mark.once
# Prints by how many megabytes the process grows while it prepares a picture.
MEASURE = """
import resource, sys
import django
django.setup()
from pathlib import Path
from products.media import processing
content = Path(sys.argv[1]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
processing.prepare_image(content)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize(
    ("kind", "mode", "size"), [("PNG", "RGBA", (4000, 3125)), ("JPEG", "RGB", (5000, 5000)), ("WEBP", "RGBA", (4000, 3125))]
)
def test_a_small_file_takes_little_memory(tmp_path: Path, kind: str, mode: str, size: tuple[int, int]) -> None:
    file = tmp_path / "picture"
    file.write_bytes(encode_image(Image.new(mode, size), kind))

    growth = int(subprocess.run([sys.executable, "-c", MEASURE, file], capture_output=True, check=True, text=True).stdout)

    assert growth < 260  # megabytes; decoding in full size takes 340 (PNG) and 530 (WebP) for 25 megapixels


def test_pictures_are_decoded_one_at_a_time() -> None:
    with ThreadPoolExecutor(1) as pool:
        with processing.decoding:
            upload = pool.submit(processing.prepare_image, make_image())
            with pytest.raises(TimeoutError):
                upload.result(timeout=0.2)

        assert upload.result(timeout=60).width == 60
