"""The rules of the model service contract, a module for each concern, with its rules listed as `RULES`.

A rule asks the service and raises `NotMet` where it does not do what the contract says. To add one, write
its check and list it in its module; a new module is listed in `checking.RULES`.
"""
