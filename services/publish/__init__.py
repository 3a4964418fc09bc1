"""From a trained model to a registered, running version; and the demo, which does that with examples.

Everything goes over the gateway's API and a model service's own, so that it works the same for an
embedded workspace and for a platform, and for services in any language. No training code lives here.
"""
