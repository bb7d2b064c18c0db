"""Images in a bucket are a choice at the start: what a shop without one is spared (test_cloudinary.py: how it moves)"""

from pathlib import Path

from tests.processes import PRODUCTION, run, run_script
from tests.startup.test_cloudinary import KEYS
from tests.startup.test_start import get_refusal

BUCKET = {"MEDIA_S3_BUCKET": "shop-images", "MEDIA_S3_REGION": "eu-central-1"}


def test_without_a_bucket_the_packages_are_never_imported(project: Path) -> None:
    ask = "import sys, store.urls; from django.core.files.storage import default_storage as s; s.url('x')\n"
    ask += "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules} & {'boto3', 'botocore', 'storages'})))"

    assert run_script(project, ask, **PRODUCTION) == []
    assert run_script(project, ask, **PRODUCTION, **BUCKET) == ["boto3", "botocore", "storages"]


def test_images_are_in_one_place(project: Path) -> None:
    sentence = get_refusal(project, **PRODUCTION, **KEYS, **BUCKET)

    assert sentence == "Set CLOUDINARY_CLOUD_NAME or MEDIA_S3_BUCKET, not both: images are in one place. See .env.example."


def test_a_command_names_the_variable_that_is_wrong(project: Path) -> None:
    done = run(project, "manage.py", "check", **PRODUCTION, MEDIA_S3_BUCKET="shop-images")

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("Cannot start: MEDIA_S3_REGION must name the region of the bucket")
