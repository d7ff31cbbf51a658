"""Report pages to HTML: by Quarto where it is installed, else by the embedded renderer (pandoc and Lua filters)."""
