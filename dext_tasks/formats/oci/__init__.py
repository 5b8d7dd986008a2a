"""References, platforms, manifests and layers of images."""
