"""The only code that talks to docker: python-on-whales behind one adapter."""
