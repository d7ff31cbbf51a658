"""The answer to what somebody sent: ``shape`` for programs, ``page`` for a browser, ``marked`` for a spreadsheet.

As text it is ``pipeline.intake.messages.answer``. All of them say the same, and only the marked copy holds answers.
"""
