"""Tests of a shop whose pictures are on Cloudinary; `tests/startup/test_cloudinary.py` runs them, in a process with its keys."""
