"""Addresses beside the pages: health, and signing in without an identity provider."""
