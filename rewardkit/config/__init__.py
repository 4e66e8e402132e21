"""YAML that keeps the place of every node, errors reported at their place, and JSON Schema from models."""
