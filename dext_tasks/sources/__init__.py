"""The same questions asked of three places: a source tree, an image in an engine, an image in a registry."""
