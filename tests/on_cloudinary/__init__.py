"""Tests of a shop with images on Cloudinary; `tests/startup/test_cloudinary.py` runs them in a process with Cloudinary's keys."""
