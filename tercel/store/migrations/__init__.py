"""The steps that make the tables what ``tercel.store.models`` says, one module each under ``versions``.

They are written by hand, named ``vNNNN_subject``, and never changed once released; a test upgrades an empty database
and compares it with the models.
"""

HEAD = "0001"  # the newest of them; a test compares
