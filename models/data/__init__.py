"""Labelled music: the one folder layout that training reads, and what turns a data set into it."""
