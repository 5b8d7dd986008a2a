"""Rancher Desktop's test extension, made anew: one build context, nine variants.

What each variant is for: https://github.com/rancher-sandbox/rancher-desktop/tree/main/bats/tests/extensions
"""
