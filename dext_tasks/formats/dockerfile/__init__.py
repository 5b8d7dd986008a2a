"""A Dockerfile without building it: the file in; labels, stages and steps as BuildKit reads them out."""
