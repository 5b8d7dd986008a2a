"""A Dockerfile without building it: the file in; labels, stages and steps as BuildKit reads them out."""

from __future__ import annotations

from typing import Final

SCRATCH: Final = "scratch"
"""The base that is empty: https://docs.docker.com/build/building/base-images/#create-a-minimal-base-image-using-scratch"""
