"""Warehouse syncs: a source, declared once, and only its differences sent."""
