"""Settings: what is declared in `app.settings`, and the profiles. Every change takes effect at once."""
