"""The process that carries out what no request waits for: packing, rollups, cleaning, later the rules.

One of any number of supervisors leads, by a lease in the store. What it does for each project is a list
of periodic tasks (`tasks`); a rule gets a module of its own here and its place in that list.
Nothing here answers requests or knows a container runtime's driver.
"""
