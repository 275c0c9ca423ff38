"""mParticle: what its Firehose and its Events API send, in one normal form, and the records that form becomes.

:mod:`normal` is what both protocols are read into. Everything in here is pure; the receiver does the rest.
"""
