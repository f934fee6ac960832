"""Simulated worlds behind kmig's ports, in memory: two clusters, Connect, clients, a disk, a clock.

Whole migrations are played in them with the real planner, stages, executor and journal, one seed each.
"""
