"""The way to one platform: opening it off the GUI thread, watching it, coming back after a loss.

`platform` is what pages work with once it is open; `connection` is its life: opening, open, lost, retried.
Dialogs for profiles and passwords are in `app.dialogs`; what a profile is, in `services.profiles`.
"""
