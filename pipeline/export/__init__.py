"""The rendered report in one piece: a self-contained HTML file to mail, and a PDF to print."""
