"""Benchmarks: ``python -m bench NAME [--quick]`` runs one, ``python -m bench report`` runs all and writes RESULTS.md.

Every benchmark starts its own servers and processes on free ports in a temporary folder, and ends them by their pids.
"""
