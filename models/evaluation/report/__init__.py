"""The report that sets the papers' numbers beside ours: experiments, stored results, tables and figures.

Run `python -m models.evaluation.report --help`. Experiments need labelled folders (`affekt prepare`) and write small
JSON files; the pages in `docs/report` are made from those alone.
"""
