"""The HTTP doors: what is posted here becomes records on live lanes, and is answered 2xx once Redis holds it."""
