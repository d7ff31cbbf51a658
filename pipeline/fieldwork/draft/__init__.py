"""The beginning of a questionnaire's declaration, from a survey tool's export or from an XLSForm.

What a file says of itself becomes fields; what a person has to decide says so (``TO_FILL_IN``), so that the declaration
is refused until somebody did. Only headings, declared labels and answers that many people gave are written down.
"""
