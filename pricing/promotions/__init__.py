"""Promotions as staff edit them: their codes, their states, and what they do, in words."""
