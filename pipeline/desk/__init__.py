"""The intake desk in the browser: who may come in, what is held while it is checked, and the pages.

It holds no rules about waves: `pipeline.intake` reads, checks, answers and stores. Tokens: ``secrets_folder``,
``tokens``. Who is there: ``sessions``, ``attempts``. What is sent: ``upload``, ``drafts``. What is done with it:
``worker`` (a process of its own), ``jobs``. Pages: ``app``, ``views``, ``pages``, ``templates/``, ``static/``.
"""
