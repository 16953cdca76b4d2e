"""Compliance: what the graph, the volumes and the rules in force say about each entity.

An assessment is an aid to a person who decides, and no legal finding.
"""
