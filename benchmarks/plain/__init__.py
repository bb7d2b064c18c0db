"""The benchmarked part of the shop as plain Django with the REST framework: ORM, serializers, generic views.

It answers the same requests in the same form, from the same tables and indexes and over the same kind of connection, for guests of
one market. What the shop does besides is left out, which favours it: see docs/performance.md.
"""
