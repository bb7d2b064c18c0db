"""Tests of a shop with images in a bucket, by the real packages, beside a stand-in."""
