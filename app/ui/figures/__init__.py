"""Figures and reports for print: the dialog with its preview, and what writes them."""
