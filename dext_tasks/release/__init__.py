"""Observe, plan, apply, observe: a release as data, and the steps that carry it out."""
