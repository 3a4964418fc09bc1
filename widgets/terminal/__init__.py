"""A terminal: a screen that obeys escape sequences, and a view that types and paints.

Lives here: the screen with what scrolled off it (`screen`, on pyte's emulation, which is imported here
only), what pyte must not see (`sequences`), keys as bytes (`keys`), and the view (`view`).
May not live here: a process or a connection; bytes come in and go out.
"""
