"""Exports of survey tools, recognised by their shape and never by the file's name; one module for each tool."""
