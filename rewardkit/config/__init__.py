"""YAML that knows the place of every node, faults reported at their place, and JSON Schema from models."""
